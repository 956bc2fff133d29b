import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { bucketNames, maxFutureMs, type BucketName } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import type { PeerStanding, TrustState } from '../model/trust.ts'
import { evaluateTrust } from '../model/trust-evaluate.ts'
import type { TrustTime } from '../model/validity.ts'
import type { RecordStore } from './record-store.ts'
import type { SwarmStore } from './swarm-store.ts'

/** What the book needs to know about its swarm, and to have kept. */
export type BookSwarm = Pick<SwarmStore, 'get' | 'raiseAnchor'>

/** What differs between two trust states, as far as it changes what others see. */
export interface TrustChange {
  readonly before: TrustState
  readonly state: TrustState
  /** Their standing or roles differ. */
  readonly peers: readonly PeerId[]
  /** Their rule differs. */
  readonly buckets: readonly BucketName[]
  /** Trust records that count now and did not, or the other way round. */
  readonly verdicts: readonly RecordId[]
}

/** Problems that come with time alone (a root that ends soon) are noticed within this. */
const lookAgainMs = 60 * 60_000
/** A clock that was set back by more, or what is over by more, makes another state. */
const backMs = 60_000

/**
 * Holds the trust state: evaluates the bucket `trust` anew when its records came, went or were attested, and when one
 * of them begins or ends; keeps the newest root believed, so that no older one is ever believed again.
 */
export class TrustKeeper {
  readonly #deps: { readonly swarm: BookSwarm; readonly log: Log; readonly counters: Counters }
  readonly #records = new Map<RecordId, SignedRecord>()
  #state: TrustState
  #dirty = false
  #due: { readonly nowMs: number; readonly overMs: number }

  /** @param records all that is held in the bucket `trust` */
  constructor(
    deps: { readonly swarm: BookSwarm; readonly log: Log; readonly counters: Counters },
    init: { readonly records: Iterable<SignedRecord>; readonly time: TrustTime },
  ) {
    this.#deps = deps
    for (const record of init.records) this.#records.set(record.id, record)
    this.#state = this.#evaluate(init.time)
    this.#due = this.#nextDue(init.time)
  }

  /** As of the last `refresh`. */
  get state(): TrustState {
    return this.#state
  }

  get records(): readonly SignedRecord[] {
    return [...this.#records.values()]
  }

  /** A trust record came, or has other attestations. */
  put(record: SignedRecord): void {
    this.#records.set(record.id, record)
    this.#dirty = true
  }

  delete(id: RecordId): void {
    if (this.#records.delete(id)) this.#dirty = true
  }

  /** Brings the state up to date. @returns what differs, if anything does */
  refresh(time: TrustTime): TrustChange | undefined {
    if (!this.#dirty && !this.#isDue(time)) return undefined
    const before = this.#state
    this.#dirty = false
    this.#state = this.#evaluate(time)
    this.#due = this.#nextDue(time)
    return differences(before, this.#state, this.#records.keys())
  }

  #isDue({ now, overMs, sure }: TrustTime): boolean {
    const { time } = this.#state
    if (now >= this.#due.nowMs || overMs >= this.#due.overMs || sure !== time.sure) return true
    return now < time.now - backMs || overMs < time.overMs - backMs
  }

  #evaluate(time: TrustTime): TrustState {
    const { swarm } = this.#deps
    const state = evaluateTrust({ anchor: swarm.get().anchor, records: this.#all(), ...time })
    // One that has ended is kept too: else a lost database would bring an older one back.
    const newest = state.root ?? state.expiredRoot
    if (newest === null) return state
    try {
      const { root } = swarm.get().anchor
      const raised = swarm.raiseAnchor(newest.record, newest.version)
      if (raised.root === root) return state
    } catch (err) {
      this.#deps.counters.add('trust.failed:anchor')
      this.#deps.log.error({ err }, 'the newest trust root could not be kept; it is tried again')
      return state
    }
    return evaluateTrust({ anchor: swarm.get().anchor, records: this.#all(), ...time })
  }

  /** With the root that was kept beside the database: also when it was lost there, or has ended. */
  #all(): SignedRecord[] {
    const kept = this.#deps.swarm.get().rootRecord
    const records = [...this.#records.values()]
    return kept === null || this.#records.has(kept.id) ? records : [...records, kept]
  }

  #nextDue({ now, overMs }: TrustTime): { readonly nowMs: number; readonly overMs: number } {
    let beginsMs = now + lookAgainMs
    let endsMs = overMs + lookAgainMs
    for (const { body } of this.#records.values()) {
      if (body.validUntil > overMs && body.validUntil < endsMs) endsMs = body.validUntil
      const begins = body.validFrom - maxFutureMs
      if (begins > now && begins < beginsMs) beginsMs = begins
    }
    return { nowMs: beginsMs, overMs: endsMs }
  }
}

/** All that is held in the bucket `trust`, also what has ended. */
export function* heldTrust(store: RecordStore): Generator<SignedRecord> {
  let after: Uint8Array | undefined = new Uint8Array(0)
  while (after !== undefined) {
    const step = store.rows('trust', after)
    for (const { record } of store.ofRows(Float64Array.from(step.rows), -1)) yield record
    after = step.last
  }
}

function differences(before: TrustState, state: TrustState, ids: Iterable<RecordId>): TrustChange | undefined {
  const peers = new Set<PeerId>()
  for (const { peer } of [...before.members(), ...state.members()]) {
    if (!peers.has(peer) && !sameStanding(before.of(peer), state.of(peer))) peers.add(peer)
  }
  const buckets = bucketNames.filter((bucket) => !sameRule(before, state, bucket))
  const verdicts: RecordId[] = []
  for (const id of ids) {
    if ((before.verdictOf(id)?.state === 'accepted') !== (state.verdictOf(id)?.state === 'accepted')) verdicts.push(id)
  }
  const same =
    peers.size === 0 &&
    buckets.length === 0 &&
    verdicts.length === 0 &&
    before.fingerprint === state.fingerprint &&
    before.problems.length === state.problems.length &&
    before.problems.every(({ message }, i) => message === state.problems[i]?.message)
  return same ? undefined : { before, state, peers: [...peers], buckets, verdicts }
}

function sameStanding(a: PeerStanding, b: PeerStanding): boolean {
  return a.standing === b.standing && a.roles.size === b.roles.size && [...a.roles].every((role) => b.roles.has(role))
}

function sameRule(a: TrustState, b: TrustState, bucket: BucketName): boolean {
  const [one, other] = [a.ruleOf(bucket), b.ruleOf(bucket)]
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
