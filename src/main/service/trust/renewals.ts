import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { maySign, neededFor } from '../../model/trust-needs.ts'
import { decodeTrust, roleKey, rootKey, type RoleValue } from '../../model/trust-records.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { HeldTrust } from './held-trust.ts'
import { sameSet } from './trust-proposals.ts'
import { longestMs, type TrustChanges } from './trust-changes.ts'

const dayMs = 24 * 60 * 60_000
/** Two months: a lab that is closed for a summer comes back in time. */
export const renewAheadMs = 60 * dayMs
/** From when on others renew what its author did not: only revocations, which must never end by themselves. */
const othersAheadMs = 30 * dayMs

export interface RenewalsDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'trust'>
  readonly held: HeldTrust
  readonly changes: TrustChanges
  readonly clock: Clock
  readonly log: Log
}

/** Says again, before it ends, what this peer has granted; proposes the root anew, also when it has ended. */
export class Renewals {
  readonly #deps: RenewalsDeps

  constructor(deps: RenewalsDeps) {
    this.#deps = deps
  }

  check(): void {
    const { log } = this.#deps
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

  /** Root keys take turns, a day apart, so that one proposal is there to be signed and not one of each. */
  #root(): void {
    const { self, book, held, changes } = this.#deps
    const state = book.trust()
    const root = state.root ?? state.expiredRoot
    if (root === null) return
    const turn = root.keys.indexOf(self)
    if (turn < 0 || this.#leftMs(root.record.body.validUntil) > renewAheadMs - turn * dayMs) return
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

  #leftMs(validUntil: number): number {
    return validUntil - this.#deps.clock.now()
  }
}
