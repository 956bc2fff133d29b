import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { RecentMap } from '../../base/recent-map.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { SwarmNode } from '../swarm-node.ts'

export interface RevokedPeersDeps {
  readonly node: Pick<SwarmNode, 'neighbours' | 'hangUp' | 'deny'>
  readonly book: Pick<RecordBook, 'trust'>
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

export interface RevokedPeersInit {
  /** Default 20 s: long enough that a peer which was away learns that its key is revoked, and says so to its owner. */
  readonly graceMs?: number
  /** For how long it is not let in after that. Default 10 min. */
  readonly restMs?: number
  /** How often the links are looked at. Default 2 s. */
  readonly lookEveryMs?: number
}

/** More than a lab revokes while a peer runs; past this the first is forgotten, and gets another grace. */
const maxPeers = 1_024

/**
 * Peers whose key is revoked are shown the door, whatever they come by: what they say counts for nothing anyway, and
 * they need not hear what others say. Links are proven, so there it holds; on lines a name is only said. Once in a while
 * they are let in for a moment: else one that was away would never learn why nobody listens.
 */
export class RevokedPeers implements Startable {
  readonly #deps: RevokedPeersDeps
  readonly #graceMs: number
  readonly #restMs: number
  readonly #lookEveryMs: number
  /** By peer: when it first came, by the monotonic clock. */
  readonly #cameAtMs = new RecentMap<PeerId, number>(maxPeers)
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: RevokedPeersDeps, init: RevokedPeersInit = {}) {
    this.#deps = deps
    this.#graceMs = init.graceMs ?? 20_000
    this.#restMs = init.restMs ?? 10 * 60_000
    this.#lookEveryMs = init.lookEveryMs ?? 2_000
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#deps.node.deny((peer) => this.#denied(peer))
    this.#loop = this.#watch(run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    this.#deps.node.deny(() => false)
    await this.#loop
  }

  /** Whether what a peer says is listened to at all just now. The first time begins its grace. */
  admits(peer: PeerId): boolean {
    if (!this.#isRevoked(peer)) return true
    const now = this.#deps.clock.monotonic()
    const cameAtMs = this.#cameAtMs.get(peer)
    if (cameAtMs !== undefined && now < cameAtMs + this.#graceMs + this.#restMs) return now < cameAtMs + this.#graceMs
    this.#cameAtMs.set(peer, now)
    if (cameAtMs === undefined) this.#deps.log.warn({ peer }, 'a peer came whose key is revoked; it is not let in')
    return true
  }

  /** The same of a connection that is about to be: it changes nothing. */
  #denied(peer: PeerId): boolean {
    const cameAtMs = this.#cameAtMs.get(peer)
    if (cameAtMs === undefined) return false
    const forMs = this.#deps.clock.monotonic() - cameAtMs
    if (forMs < this.#graceMs || forMs >= this.#graceMs + this.#restMs || !this.#isRevoked(peer)) return false
    this.#deps.counters.add('links.refused:revoked')
    return true
  }

  #isRevoked(peer: PeerId): boolean {
    return this.#deps.book.trust().of(peer).standing === 'revoked'
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log, node } = this.#deps
    try {
      for (;;) {
        for (const peer of node.neighbours()) if (!this.admits(peer)) await this.#part(peer)
        await clock.sleep(this.#lookEveryMs, { signal })
      }
    } catch (err) {
      if (!isAbort(err)) log.error({ err }, 'watching for revoked peers ended')
    }
  }

  async #part(peer: PeerId): Promise<void> {
    const { counters, log, node } = this.#deps
    counters.add('links.cut:revoked')
    await node
      .hangUp(peer)
      .catch((err: unknown) => log.debug({ err, peer }, 'a link with a revoked peer did not close'))
  }
}
