import { createORPCClient, type ClientContext } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { takenWord } from '../../shared/port-words.ts'
import type { CheckpointImportView } from '../../shared/checkpoint-views.ts'
import type { ApiClient } from '../../shared/contract/contract.ts'
import type { Bridge, ShareResult } from './bridge.ts'
import { frameUrl, imageUrl } from './pictures.ts'
import { ProblemError, type Problem } from './problem.ts'
import { createConnectionStore } from './connection.ts'
import { SwitchLink } from './switch-link.ts'

/** What the preload script puts on the window, frozen. */
export interface DesktopWindow {
  /** Asks main for a fresh port; it arrives as a `dt-swarm:port` message. */
  connect(): void
  /** @param channel the file channel they are for; null: the whole swarm */
  shareFiles(files: File[], channel: string | null): Promise<ShareResult>
  /** Main reads the file: it is far larger than what the port carries. */
  importCheckpoint(file: File): Promise<{ readonly result: CheckpointImportView } | { readonly problem: Problem }>
}

/** The window of the desktop app: calls travel over a MessagePort that main handed to our own page. */
export function connectDesktop(desktop: DesktopWindow): Bridge {
  const connection = createConnectionStore()
  const link = new SwitchLink()
  let port: MessagePort | null = null

  const receive = (event: MessageEvent): void => {
    const fresh = event.ports[0]
    if (event.source !== window || event.data !== 'dt-swarm:port' || fresh === undefined) return
    port?.close()
    port = fresh
    fresh.addEventListener('close', () => {
      if (port !== fresh) return
      port = null
      link.use(null)
      connection.setState({ phase: 'lost', sinceMs: Date.now(), nextTryAtMs: null }, true)
    })
    link.use(new RPCLink<ClientContext>({ port: fresh }))
    // Main goes on with a long answer when this window has taken what came of it.
    fresh.addEventListener('message', () => fresh.postMessage(takenWord))
    fresh.start()
    connection.setState({ phase: 'open', sinceMs: Date.now() }, true)
  }

  window.addEventListener('message', receive)
  desktop.connect()

  return {
    kind: 'desktop',
    api: createORPCClient<ApiClient>(link),
    connection,
    shareFiles: async (files, options = {}) => await desktop.shareFiles([...files], options.channel ?? null),
    contentUrl: () => null,
    imageUrl,
    frameUrl,
    importCheckpoint: async (file) => {
      const answer = await desktop.importCheckpoint(file)
      if ('problem' in answer) throw new ProblemError(answer.problem)
      return answer.result
    },
    checkpointUrl: () => null,
    reconnect: () => desktop.connect(),
    stop: () => {
      window.removeEventListener('message', receive)
      port?.close()
      port = null
      link.use(null)
    },
  }
}
