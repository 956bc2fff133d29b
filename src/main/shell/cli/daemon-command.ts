import { join } from 'node:path'
import type { Settings, SystemStatusView } from '../../../shared/views.ts'
import { createLog, type Log, type LogLevel } from '../../base/log.ts'
import { labAdmission } from '../../lab/lab-admission.ts'
import { LabControl } from '../../lab/lab-control.ts'
import { PeerHost } from '../../peer-host.ts'
import { createPeer, type Peer, type PeerOptions } from '../../peer.ts'
import { createRouter } from '../api/router.ts'
import type { ShellActions } from '../api/shell-actions.ts'
import type { WebAddress } from '../web/listen.ts'
import { tokenFile } from '../web/token.ts'
import { WebServer, type ServedPeer } from '../web/web-server.ts'
import { removeDaemonFile, writeDaemonFile } from './daemon-file.ts'
import type { Io } from './io.ts'
import { logStrayErrors, StopSignal } from './stop-signal.ts'
import { programVersion } from './version.ts'

export interface DaemonOptions {
  readonly home: string
  readonly settings: Partial<Settings>
  /** The Kubo daemon that keeps the files, for this run. */
  readonly kubo?: string | undefined
  /** Keep all that is shared, for this run. */
  readonly archive?: boolean | undefined
  /** Null: no web side. */
  readonly web: WebAddress | null
  readonly logLevel: LogLevel
  /** An invite: where a home without a swarm begins. */
  readonly join?: string | undefined
}

/**
 * `dt-swarm daemon`: a peer and its web side, until a signal. Prints one line of JSON when both are ready.
 * @throws SwarmError when it cannot start
 */
export async function runDaemon(options: DaemonOptions, io: Io): Promise<void> {
  const log = createLog(options.logLevel)
  const signal = new StopSignal(log)
  io.outliveReaders()
  const daemon = await Daemon.open(options, log)
  await daemon.start(io)
  await signal.stopWith(() => daemon.stop())
}

/** A peer, which may come to be another one as it joins another swarm, and what serves it. */
class Daemon {
  readonly #options: DaemonOptions
  readonly #log: Log
  readonly #host: PeerHost<Peer>
  readonly #lab: LabControl
  readonly #shell: ShellActions
  #web: WebServer | null = null

  static async open(options: DaemonOptions, log: Log): Promise<Daemon> {
    const { home, settings, kubo, archive, join: link } = options
    const create = (notes: SystemStatusView['warnings'], more: Partial<PeerOptions> = {}): Promise<Peer> =>
      createPeer({ home, version: programVersion(), log, settings, kubo, archive, notes, ...more })
    return new Daemon(options, log, create, await create([], link === undefined ? {} : { join: link }))
  }

  private constructor(
    options: DaemonOptions,
    log: Log,
    create: (notes: SystemStatusView['warnings']) => Promise<Peer>,
    first: Peer,
  ) {
    this.#options = options
    this.#log = log
    const deps = {
      log,
      create,
      leaving: () => this.#leave(),
      changed: (peer: Peer) => this.#serve(peer),
      // A service manager starts it anew; the home is whole, in the one swarm or the other.
      lost: () => process.exit(1),
    }
    const host = new PeerHost(deps, first)
    this.#host = host
    logStrayErrors(log, (name) => host.peer.counters.add(name))
    this.#lab = new LabControl(
      { log },
      {
        home: join(options.home, 'lab'),
        seed: 1,
        version: programVersion(),
        bootstrap: () => host.peer.node.addresses(),
        admission: (robots) => labAdmission(host.peer, robots),
      },
    )
    this.#shell = {
      can: { openFolder: false, choosePlace: false, lab: true, join: true },
      web: () => this.#web?.url ?? null,
      askSavePlace: async () => null,
      askFolder: async () => null,
      showInFolder: () => {},
      lab: this.#lab,
      join: (link) => host.join(link),
    }
  }

  async start(io: Io): Promise<void> {
    const { home, web: address } = this.#options
    const { peer } = this.#host
    try {
      // First the port: if it is taken, nothing has been said to the swarm yet.
      if (address !== null) {
        this.#web = new WebServer(this.#served(peer), { address, home, version: programVersion() })
        await this.#web.start()
      }
      await this.#host.start()
      this.#writeFile(peer)
      const addresses = [...peer.node.addresses()]
      io.out(JSON.stringify({ event: 'ready', peerId: peer.peerId, addresses, web: this.#web?.link ?? null }))
    } catch (error) {
      await this.stop().catch((err: unknown) => {
        this.#log.error({ err }, 'stopping after the failed start failed too')
      })
      throw error
    }
  }

  async stop(): Promise<void> {
    removeDaemonFile(this.#options.home)
    try {
      await this.#web?.stop()
      await this.#lab.stop()
    } finally {
      await this.#host.stop()
    }
  }

  async #leave(): Promise<void> {
    this.#web?.setPeer(null)
    // Its robots are of the swarm that is left; whoever wants them starts them in the new one.
    await this.#lab.stop()
  }

  async #serve(peer: Peer): Promise<void> {
    this.#web?.setPeer(this.#served(peer))
    this.#writeFile(peer)
  }

  #served(peer: Peer): ServedPeer {
    return { peer, router: createRouter(peer, this.#shell) }
  }

  #writeFile(peer: Peer): void {
    const { home } = this.#options
    writeDaemonFile(home, {
      pid: process.pid,
      peerId: peer.peerId,
      web: this.#web?.url ?? null,
      tokenFile: tokenFile(home),
      addresses: [...peer.node.addresses()],
      startedAtMs: peer.startedAtMs,
    })
  }
}
