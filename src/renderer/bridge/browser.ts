import { createORPCClient, type ClientContext } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ApiClient } from '../../shared/contract/contract.ts'
import type { Bridge, ShareOptions, ShareResult } from './bridge.ts'
import { createConnectionStore } from './connection.ts'
import { frameUrl, imageUrl } from './pictures.ts'
import { problemOf } from './problem.ts'
import { retryDelayMs } from './retry.ts'
import { sharedName } from './shared-name.ts'
import { SwitchLink } from './switch-link.ts'
import { uploadCheckpoint, uploadFile } from './upload.ts'

/** A line that stayed up so long is good: the next loss starts again at the shortest wait. */
const settledAfterMs = 5_000

/** The web console: calls travel over a WebSocket to the server that served the page; the token lives in its cookie. */
export function connectBrowser(): Bridge {
  const connection = createConnectionStore()
  const link = new SwitchLink()
  const url = `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/api/ws`
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempt = 0
  let stopped = false
  let lostSinceMs: number | null = null

  const dial = (): void => {
    clearTimeout(timer)
    if (stopped || socket !== null) return
    const mine = new WebSocket(url)
    mine.binaryType = 'arraybuffer'
    socket = mine
    let openedAtMs: number | null = null
    mine.addEventListener('open', () => {
      openedAtMs = Date.now()
      lostSinceMs = null
      link.use(new RPCLink<ClientContext>({ websocket: mine }))
      connection.setState({ phase: 'open', sinceMs: openedAtMs }, true)
    })
    mine.addEventListener('close', () => {
      if (socket !== mine) return
      socket = null
      link.use(null)
      if (stopped) return
      if (openedAtMs !== null && Date.now() - openedAtMs > settledAfterMs) attempt = 0
      void lost(openedAtMs === null)
    })
  }

  /** A browser hides why a socket failed: one plain request tells a missing token from a missing server. */
  const lost = async (neverOpened: boolean): Promise<void> => {
    lostSinceMs ??= Date.now()
    if (neverOpened && (await isDenied())) {
      connection.setState({ phase: 'denied' }, true)
      return
    }
    if (stopped) return
    const waitMs = retryDelayMs(attempt++)
    connection.setState({ phase: 'lost', sinceMs: lostSinceMs, nextTryAtMs: Date.now() + waitMs }, true)
    timer = setTimeout(dial, waitMs)
  }

  dial()

  return {
    kind: 'browser',
    api: createORPCClient<ApiClient>(link),
    connection,
    shareFiles: (files, options) => uploadAll(files, options),
    contentUrl: (cid, name) => `/api/files/${cid}/content?name=${encodeURIComponent(name)}`,
    imageUrl,
    frameUrl,
    importCheckpoint: (file, options) => uploadCheckpoint(file, options),
    checkpointUrl: (root) => `/api/checkpoints/${root}/car`,
    reconnect: () => {
      attempt = 0
      dial()
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
      socket?.close()
      socket = null
      link.use(null)
    },
  }
}

async function isDenied(): Promise<boolean> {
  try {
    const answer = await fetch('/api/system/info', { credentials: 'same-origin', cache: 'no-store' })
    return answer.status === 401
  } catch {
    return false
  }
}

async function uploadAll(files: readonly File[], options: ShareOptions = {}): Promise<ShareResult> {
  const rejected: { name: string; reason: string }[] = []
  let accepted = 0
  for (const file of files) {
    try {
      await uploadFile(file, options)
      accepted += 1
    } catch (error) {
      if (options.signal?.aborted) throw error
      rejected.push({ name: sharedName(file), reason: problemOf(error).message })
    }
  }
  return { accepted, rejected }
}
