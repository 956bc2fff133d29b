import type { PeerId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import type { SignedRecord } from '../model/record.ts'
import type { TrustState } from '../model/trust.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { RecordBookInit } from './record-book-init.ts'
import type { DoorView } from './record-door.ts'
import { SteadyTime } from './steady-time.ts'
import { TrustKeeper, type BookSwarm, type TrustChange } from './trust-keeper.ts'
import { TrustRoom } from './trust-room.ts'

export interface BookTrustDeps {
  readonly swarm: BookSwarm
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly self: PeerId
  readonly tally: BucketTally
}

/** After the last change of trust, roots and roles that nobody vouches for yet are let in for so long. */
const learningMs = 60_000

/** Who may say what, as the book's door must know it: kept up to date with the trust records that the book holds. */
export class BookTrust {
  readonly #deps: BookTrustDeps
  readonly #keeper: TrustKeeper
  readonly #room: TrustRoom
  readonly #steady: SteadyTime
  readonly #isTimeKnown: () => boolean
  #learnedAtMs: number

  /** @param held all trust records that are held */
  constructor(
    deps: BookTrustDeps,
    held: Iterable<SignedRecord>,
    init: Pick<RecordBookInit, 'timeBasis' | 'isTimeKnown' | 'isInvited'>,
  ) {
    const { clock, tally } = deps
    this.#deps = deps
    this.#isTimeKnown = init.isTimeKnown ?? (() => true)
    this.#learnedAtMs = clock.monotonic()
    const basis = init.timeBasis ?? (() => 'own')
    this.#steady = new SteadyTime(clock, () => (this.#isTimeKnown() ? basis() : 'told'))
    this.#keeper = new TrustKeeper(deps, { records: held, time: this.#steady.at() })
    this.#room = new TrustRoom({
      records: () => this.#keeper.records,
      trust: () => this.#keeper.state,
      isInvited: init.isInvited ?? (() => false),
    })
    tally.setStrangers((author) => this.#isStranger(author))
  }

  /** As of the last `refresh`. */
  get state(): TrustState {
    return this.#keeper.state
  }

  get records(): readonly SignedRecord[] {
    return this.#keeper.records
  }

  /** By what a record that comes now is judged. */
  view(nowMs: number): DoorView {
    const { state } = this.#keeper
    const { clock, self } = this.#deps
    const learning = state.root === null || clock.monotonic() - this.#learnedAtMs < learningMs
    const time = this.#steady.at(nowMs)
    const { isSettled } = this.#steady
    return { trust: state, self, nowMs, time, isSettled, timeKnown: this.#isTimeKnown(), learning, room: this.#room }
  }

  /** Whether neighbours bear out the time, or our own clock has run evenly for so long. */
  isTimeEven(forMs: number): boolean {
    return this.#steady.isEven(forMs)
  }

  /** These are held, or no longer; others than trust records are passed over. */
  noted(here: readonly SignedRecord[], gone: readonly SignedRecord[]): void {
    for (const record of here) if (record.body.bucket === 'trust') this.#keeper.put(record)
    for (const record of gone) if (record.body.bucket === 'trust') this.#keeper.delete(record.id)
  }

  /** Brings it up to date. @returns what differs, if anything does */
  refresh(): TrustChange | undefined {
    const { clock, tally } = this.#deps
    const change = this.#keeper.refresh(this.#steady.at())
    if (change === undefined) return undefined
    if (change.before.fingerprint !== change.state.fingerprint) this.#learnedAtMs = clock.monotonic()
    tally.setStrangers((author) => this.#isStranger(author))
    this.#room.reset()
    return change
  }

  #isStranger(author: PeerId): boolean {
    const { standing } = this.#keeper.state.of(author)
    return author !== this.#deps.self && (standing === 'stranger' || standing === 'revoked')
  }
}
