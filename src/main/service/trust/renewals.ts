import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { maySign, neededFor } from '../../model/trust-needs.ts'
import { decodeTrust, roleKey, rootKey, type RoleValue } from '../../model/trust-records.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { SwarmStore } from '../../store/swarm-store.ts'
import type { SignedRecord } from '../../model/record.ts'
import { tookBack } from '../../model/trust-words.ts'
import type { HeldTrust } from './held-trust.ts'
import { sameSet } from './trust-proposals.ts'
import { longestMs, type TrustChanges } from './trust-changes.ts'

const dayMs = 24 * 60 * 60_000
/** Two months: a lab that is closed for a summer comes back in time. */
const renewAheadMs = 60 * dayMs
/** A root or word of ours that begins later was signed while a clock was ahead: others take it only then. */
const aheadMs = dayMs
/** A clock that ran on evenly for so long is believed though nobody is there to bear it out. */
const evenMs = dayMs
/** So close to the last time on which neighbours agreed a clock does no harm by being ahead. */
const nearMs = 30 * dayMs
/** From when on others renew what its author did not: only revocations, which must never end by themselves. */
const othersAheadMs = 30 * dayMs

export interface RenewalsDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'trust' | 'isTimeEven'>
  readonly swarm: Pick<SwarmStore, 'get'>
  readonly held: HeldTrust
  readonly changes: TrustChanges
  readonly clock: Clock
  readonly log: Log
}

/**
 * Says again, before it ends, what this peer has granted; proposes the root anew, also when it has ended. The same of what was
 * signed while a clock was ahead, so that others take it. Not by a clock that may be wrong itself: a root that is renewed
 * two years ahead is taken by nobody for two years.
 */
export class Renewals {
  readonly #deps: RenewalsDeps

  constructor(deps: RenewalsDeps) {
    this.#deps = deps
  }

  check(): void {
    const { log } = this.#deps
    if (!this.#isTimeGood()) return
    try {
      this.#roles()
      this.#root()
    } catch (err) {
      log.warn({ err }, 'trust records that end soon could not be renewed; it is tried again')
    }
  }

  #roles(): void {
    const { self, book, held, changes } = this.#deps
    // A copy: what is renewed joins those that are gone through.
    for (const record of Array.from(held.all())) {
      const state = book.trust()
      if (this.#isAhead(record)) {
        this.#sayNow(record)
        continue
      }
      const leftMs = this.#leftMs(record.body.validUntil)
      if (leftMs > renewAheadMs || state.verdictOf(record.id)?.state !== 'accepted') continue
      const statement = decodeTrust(record.body)
      if (statement.kind !== 'role') continue
      const { role } = statement
      const mine = record.body.author === self
      // Who was an operator when it admitted a robot may be none by now: its words are kept, and somebody must renew them.
      const orphan = !state.of(record.body.author).roles.has('operator')
      if (!mine && !((role.revoked || orphan) && leftMs < othersAheadMs)) continue
      if (this.#isOnItsWay(role)) continue
      if (maySign(state, neededFor(state, { subject: role.subject, roles: role.roles }), self)) changes.renewRole(role)
    }
  }

  /** Says now what this peer has said of somebody while its clock was ahead, if nobody has decided otherwise since. */
  #sayNow(record: SignedRecord): void {
    const { self, book, changes } = this.#deps
    const state = book.trust()
    if (record.body.author !== self || state.verdictOf(record.id)?.state !== 'proposed' || tookBack(record)) return
    const statement = decodeTrust(record.body)
    if (statement.kind !== 'role') return
    const { role } = statement
    if ((state.wordOn(role.subject)?.role.version ?? 0) >= role.version || this.#isOnItsWay(role)) return
    if (maySign(state, neededFor(state, { subject: role.subject, roles: role.roles }), self)) changes.renewRole(role)
  }

  /** Root keys take turns, a day apart, so that one proposal is there to be signed and not one of each. */
  #root(): void {
    const { self, book, held, changes } = this.#deps
    const state = book.trust()
    const root = state.root ?? state.expiredRoot
    if (root === null) return
    const turn = root.keys.indexOf(self)
    // Whose clock was ahead may be the only one who holds it.
    const isDue = this.#isAhead(root.record)
      ? turn === 0 || root.record.body.author === self
      : this.#leftMs(root.record.body.validUntil) <= renewAheadMs - turn * dayMs
    if (turn < 0 || !isDue) return
    for (const { id, body } of held.all()) {
      if (body.key !== rootKey || state.verdictOf(id)?.state !== 'proposed') continue
      // Neither somebody else's nor one that was left lying may keep the root from being renewed until it has ended.
      if (!root.keys.includes(body.author) || state.wasOf(body.author).standing === 'revoked') continue
      const statement = decodeTrust(body)
      if (statement.kind !== 'root' || statement.root.previous !== root.record.id) continue
      if (this.#leftMs(body.validUntil) >= longestMs - renewAheadMs / 2) return
    }
    changes.renewRoot(root)
  }

  /**
   * The same is proposed already, by somebody with a say, and lasts: else it would be proposed again at each look. Another
   * word, which nobody may ever sign, does not keep this one from being renewed.
   */
  #isOnItsWay(role: RoleValue): boolean {
    const { book, held } = this.#deps
    const state = book.trust()
    const needed = neededFor(state, { subject: role.subject, roles: role.roles })
    for (const { id, body } of held.all()) {
      if (body.key !== roleKey(role.subject) || state.verdictOf(id)?.state !== 'proposed') continue
      if (!maySign(state, needed, body.author) || this.#leftMs(body.validUntil) <= renewAheadMs) continue
      const statement = decodeTrust(body)
      if (statement.kind !== 'role' || statement.role.version <= role.version) continue
      if (statement.role.revoked === role.revoked && sameSet(statement.role.roles, role.roles)) return true
    }
    return false
  }

  #isTimeGood(): boolean {
    const { book, swarm, clock } = this.#deps
    const { lastTimeMs } = swarm.get()
    return book.isTimeEven(evenMs) || Math.abs(clock.now() - lastTimeMs) < nearMs
  }

  #isAhead({ body }: SignedRecord): boolean {
    return body.validFrom - this.#deps.clock.now() > aheadMs
  }

  #leftMs(validUntil: number): number {
    return validUntil - this.#deps.clock.now()
  }
}
