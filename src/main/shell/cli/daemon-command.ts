import { join } from 'node:path'
import type { Settings } from '../../../shared/views.ts'
import { createLog, type LogLevel } from '../../base/log.ts'
import { LabControl } from '../../lab/lab-control.ts'
import { createPeer } from '../../peer.ts'
import { createRouter } from '../api/router.ts'
import type { ShellActions } from '../api/shell-actions.ts'
import type { WebAddress } from '../web/listen.ts'
import { tokenFile } from '../web/token.ts'
import { WebServer } from '../web/web-server.ts'
import { removeDaemonFile, writeDaemonFile } from './daemon-file.ts'
import type { Io } from './io.ts'
import { logStrayErrors, StopSignal } from './stop-signal.ts'
import { programVersion } from './version.ts'

export interface DaemonOptions {
  readonly home: string
  readonly settings: Partial<Settings>
  /** Null: no web side. */
  readonly web: WebAddress | null
  readonly logLevel: LogLevel
}

/**
 * `dt-swarm daemon`: a peer and its web side, until a signal. Prints one line of JSON when both are ready.
 * @throws SwarmError when it cannot start
 */
export async function runDaemon(options: DaemonOptions, io: Io): Promise<void> {
  const { home } = options
  const log = createLog(options.logLevel)
  const signal = new StopSignal(log)
  io.outliveReaders()
  const version = programVersion()
  const peer = await createPeer({ home, version, log, settings: options.settings })
  logStrayErrors(log, (name) => peer.counters.add(name))
  const lab = new LabControl(
    { log },
    { home: join(home, 'lab'), seed: 1, version, bootstrap: () => peer.node.addresses() },
  )
  let web: WebServer | null = null
  const shell: ShellActions = {
    can: { openFolder: false, choosePlace: false, lab: true },
    web: () => web?.url ?? null,
    askSavePlace: async () => null,
    showInFolder: () => {},
    lab,
  }
  const stop = async (): Promise<void> => {
    removeDaemonFile(home)
    try {
      await web?.stop()
      await lab.stop()
    } finally {
      await peer.stop()
    }
  }
  try {
    // First the port: if it is taken, nothing has been said to the swarm yet.
    if (options.web !== null) {
      web = new WebServer({ peer, router: createRouter(peer, shell) }, { address: options.web, home, version })
      await web.start()
    }
    await peer.start()
    const addresses = [...peer.node.addresses()]
    writeDaemonFile(home, {
      pid: process.pid,
      peerId: peer.peerId,
      web: web?.url ?? null,
      tokenFile: tokenFile(home),
      addresses,
      startedAtMs: peer.startedAtMs,
    })
    io.out(JSON.stringify({ event: 'ready', peerId: peer.peerId, addresses, web: web?.link ?? null }))
  } catch (error) {
    await stop().catch((err: unknown) => log.error({ err }, 'stopping after the failed start failed too'))
    throw error
  }
  await signal.stopWith(stop)
}
