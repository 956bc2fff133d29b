import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import type { Log } from '../../base/log.ts'
import { RecentMap } from '../../base/recent-map.ts'
import { maxFutureMs } from '../../model/bucket.ts'
import type { RecordBody, SignedRecord } from '../../model/record.ts'

/** A neighbour whose clock is wrong says something every 10 s; one that is silent for so long may have set it right. */
const rememberedMs = 120_000
/** More neighbours than a node has links. */
const maxPeers = 256

export interface NeighbourClockEvents {
  /** A neighbour's clock is wrong, or ours. */
  'clock:refused': { readonly peer: PeerId }
  /** Unverified; of anybody. */
  'astray:heard': { readonly record: SignedRecord; readonly from: PeerId }
}

interface Refusal {
  /** The newest time that a refused record of its own bears: what its clock said then. */
  readonly saidMs: number
  readonly receivedAtMs: number
  readonly atMs: number
}

/**
 * Neighbours that handed us records of their own which are refused for their time: their clock is wrong, or ours. Only
 * what a neighbour says of itself counts: who passes on another's record proves nothing about that other.
 */
export class NeighbourClocks {
  readonly #clock: Clock
  readonly #refusals = new RecentMap<PeerId, Refusal>(maxPeers)
  readonly #events: Emitter<NeighbourClockEvents>

  constructor(deps: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = deps.clock
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener to refused clocks failed'))
  }

  /** Told when a neighbour's own record is refused for the first time in a while. */
  get events(): EventSource<NeighbourClockEvents> {
    return this.#events
  }

  /** A record that was said just now is refused for its time, its signatures not looked at; and who handed it over. */
  astray(record: SignedRecord, from: PeerId): void {
    this.#events.emit('astray:heard', { record, from })
  }

  /** Takes in a record that was refused as expired or as of the future, and by whom it was handed over. */
  refused(from: PeerId, { author, bucket, validFrom, validUntil }: RecordBody): void {
    // Roots that have ended are handed on: they say nothing of a clock.
    if (bucket === 'trust') return
    const receivedAtMs = this.#clock.now()
    // One that ended just now was on its way.
    const isAstray = validFrom > receivedAtMs + maxFutureMs || validUntil < receivedAtMs - maxFutureMs
    if (author !== from || !isAstray) return
    const before = this.#get(from)
    const saidMs = Math.max(validFrom, before?.saidMs ?? 0)
    this.#refusals.set(from, { saidMs, receivedAtMs, atMs: this.#clock.monotonic() })
    if (before === undefined) this.#events.emit('clock:refused', { peer: from })
  }

  /** By how much a neighbour's clock is behind ours (ahead: negative), in ms; undefined while its records are taken. */
  behindMs(peer: PeerId): number | undefined {
    const refusal = this.#get(peer)
    return refusal === undefined ? undefined : refusal.receivedAtMs - refusal.saidMs
  }

  #get(peer: PeerId): Refusal | undefined {
    const refusal = this.#refusals.get(peer)
    if (refusal === undefined || this.#clock.monotonic() - refusal.atMs < rememberedMs) return refusal
    this.#refusals.delete(peer)
    return undefined
  }
}
