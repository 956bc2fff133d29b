import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { bucketNames, maxFutureMs, type BucketName } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import type { PeerStanding, TrustState } from '../model/trust.ts'
import { evaluateTrust, withAsks } from '../model/trust-evaluate.ts'
import { decodeTrust } from '../model/trust-records.ts'
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

/** When something begins, by the clock, and when something ends, by the time that is sure to be over. */
interface Due {
  readonly nowMs: number
  readonly overMs: number
}

/**
 * Holds the trust state: evaluates the bucket `trust` anew when its roots and roles came, went or were attested, and when
 * one of its records begins or ends; of asks, on which nothing rests, only what becomes of each. Keeps the newest root
 * believed, so that no older one is ever believed again.
 */
export class TrustKeeper {
  readonly #deps: { readonly swarm: BookSwarm; readonly log: Log; readonly counters: Counters }
  readonly #records = new Map<RecordId, SignedRecord>()
  #state: TrustState
  #dirty = false
  /** Asks that came, were attested, or went (null), since the last `refresh`. */
  readonly #asks = new Map<RecordId, SignedRecord | null>()
  #due: Due

  /** @param records all that is held in the bucket `trust` */
  constructor(
    deps: { readonly swarm: BookSwarm; readonly log: Log; readonly counters: Counters },
    init: { readonly records: Iterable<SignedRecord>; readonly time: TrustTime },
  ) {
    this.#deps = deps
    for (const record of init.records) this.#records.set(record.id, record)
    this.#state = this.#evaluate(init.time)
    this.#due = this.#dueOf(this.#records.values(), init.time)
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
    if (isAsk(record)) this.#asks.set(record.id, record)
    else this.#dirty = true
  }

  delete(id: RecordId): void {
    const record = this.#records.get(id)
    if (record === undefined) return
    this.#records.delete(id)
    if (isAsk(record)) this.#asks.set(id, null)
    else this.#dirty = true
  }

  /** Brings the state up to date. @returns what differs, if anything does */
  refresh(time: TrustTime): TrustChange | undefined {
    if (!this.#dirty && !this.#isDue(time)) return this.#asks.size === 0 ? undefined : this.#refreshAsks(time)
    const before = this.#state
    this.#dirty = false
    this.#asks.clear()
    this.#state = this.#evaluate(time)
    this.#due = this.#dueOf(this.#records.values(), time)
    return differences(before, this.#state, this.#records.keys())
  }

  #refreshAsks(time: TrustTime): TrustChange | undefined {
    const before = this.#state
    const came = [...this.#asks.values()].filter((ask) => ask !== null)
    this.#state = withAsks(before, this.#asks, time)
    this.#asks.clear()
    const next = this.#dueOf(came, time)
    this.#due = { nowMs: Math.min(this.#due.nowMs, next.nowMs), overMs: Math.min(this.#due.overMs, next.overMs) }
    const verdicts = came.map(({ id }) => id).filter((id) => isAccepted(before, id) !== isAccepted(this.#state, id))
    return verdicts.length === 0 ? undefined : { before, state: this.#state, peers: [], buckets: [], verdicts }
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

  #dueOf(records: Iterable<SignedRecord>, { now, overMs }: TrustTime): Due {
    let beginsMs = now + lookAgainMs
    let endsMs = overMs + lookAgainMs
    for (const { body } of records) {
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
  for (const id of ids) if (isAccepted(before, id) !== isAccepted(state, id)) verdicts.push(id)
  const same =
    peers.size === 0 &&
    buckets.length === 0 &&
    verdicts.length === 0 &&
    before.fingerprint === state.fingerprint &&
    before.problems.length === state.problems.length &&
    before.problems.every(({ message }, i) => message === state.problems[i]?.message)
  return same ? undefined : { before, state, peers: [...peers], buckets, verdicts }
}

function isAccepted(state: TrustState, id: RecordId): boolean {
  return state.verdictOf(id)?.state === 'accepted'
}

function isAsk({ body }: SignedRecord): boolean {
  return decodeTrust(body).kind === 'ask'
}

function sameStanding(a: PeerStanding, b: PeerStanding): boolean {
  return a.standing === b.standing && a.roles.size === b.roles.size && [...a.roles].every((role) => b.roles.has(role))
}

function sameRule(a: TrustState, b: TrustState, bucket: BucketName): boolean {
  const [one, other] = [a.ruleOf(bucket), b.ruleOf(bucket)]
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
