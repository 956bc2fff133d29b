import type { PeerId } from '../../../shared/ids.ts'
import type { TrustState } from '../../model/trust.ts'
import type { Machine } from './machine-table.ts'

/** Words take seconds, catching up a minute: who says the same again after this has not heard what this peer has. */
const settledMs = 2 * 60_000

interface Said {
  readonly fingerprint: string
  /** When it announced it first, by swarm time. */
  readonly sinceMs: number
}

/**
 * Finds machines that follow the same root and go by other trust records: the one way to notice a revocation that somebody
 * withholds. A machine does not announce each change at once, so what it said before the last change here, or
 * said only once, means nothing.
 */
export class FingerprintWatch {
  readonly #maxMachines: number
  /** What machines said last; the first to come goes first. */
  readonly #said = new Map<PeerId, Said>()
  #own = ''
  #ownSinceMs = 0

  /** @param init.maxMachines default 5,000: as many as are shown */
  constructor(init: { readonly maxMachines?: number } = {}) {
    this.#maxMachines = init.maxMachines ?? 5_000
  }

  /** A machine announced itself. @param saidMs when, by swarm time */
  heard(peer: PeerId, fingerprint: string | null, saidMs: number): void {
    const before = this.#said.get(peer)
    // Catching up brings old words too.
    if (before !== undefined && saidMs < before.sinceMs) return
    if (fingerprint === null) this.#said.delete(peer)
    else if (before?.fingerprint !== fingerprint) {
      this.#said.delete(peer)
      this.#said.set(peer, { fingerprint, sinceMs: saidMs })
    }
    const oldest = this.#said.keys().next()
    if (this.#said.size > this.#maxMachines && oldest.done !== true) this.#said.delete(oldest.value)
  }

  /** What this peer goes by, now. */
  own(fingerprint: string, nowMs: number): void {
    if (fingerprint === this.#own) return
    this.#own = fingerprint
    this.#ownSinceMs = nowMs
  }

  /** Members that still go by something else, though both have had the time to hear of it. */
  differing(machines: Iterable<Machine>, trust: TrustState): readonly PeerId[] {
    const { root } = trust
    if (root === null || trust.fingerprint !== this.#own) return []
    const found: PeerId[] = []
    for (const { peer, facts, presence, status } of machines) {
      const said = this.#said.get(peer)
      if (said === undefined || status !== 'alive' || facts?.rootVersion !== root.version) continue
      const { standing } = trust.of(peer)
      if (said.fingerprint === this.#own || (standing !== 'root' && standing !== 'member')) continue
      const saidMs = presence?.stored.record.body.validFrom ?? 0
      if (saidMs >= Math.max(said.sinceMs, this.#ownSinceMs) + settledMs) found.push(peer)
    }
    return found
  }
}
