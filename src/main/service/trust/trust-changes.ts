import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Verdict } from '../../model/attestation.ts'
import { buckets, isBucketName, type BucketName } from '../../model/bucket.ts'
import type { CborMap } from '../../model/cbor.ts'
import type { BucketRule } from '../../model/policy.ts'
import {
  decodeTrust,
  encodeRole,
  encodeRoot,
  maxTrustVersion,
  roleKey,
  rootKey,
  type RoleValue,
  type RootValue,
} from '../../model/trust-records.ts'
import { maySign, neededFor, neededForRoot, nextVersionFor, type Needed } from '../../model/trust-needs.ts'
import { restingOn } from '../../model/trust-resting.ts'
import type { RoleEntry, RootState, TrustState } from '../../model/trust.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { HeldTrust } from './held-trust.ts'
import { keepUnder, keepWithout, keptBy, takesWeight } from './kept-words.ts'
import { mustBePeers, nothingChanges, valueOf, withoutKey } from './root-value.ts'
import { sameSet, waitingRole, waitingRoot, type Waiting } from './trust-proposals.ts'
import { peerName, rolesWords, withNames, type NameOf } from './trust-words.ts'

/** A year and a day: a role outlives the break between two courses, and is renewed long before. */
const roleValidMs = 366 * 24 * 60 * 60_000
/** What is revoked stays so for as long as the bucket takes. */
export const longestMs = buckets.trust.maxValidityMs

/** The clocks of those who proposed and of those who sign differ, and people take their time. */
const shorterByMs = 24 * 60 * 60_000

/** What becomes of that which hangs on a signature whose weight is taken away. */
export interface Keep {
  /** Let go whom it has admitted; its revocations are kept all the same. */
  readonly dropGrants: boolean
}
const keepAll: Keep = { dropGrants: false }

export interface TrustChangesDeps {
  readonly self: PeerId
  readonly clock: Pick<Clock, 'now'>
  readonly book: Pick<RecordBook, 'author' | 'attest' | 'attestAll' | 'trust'>
  readonly held: HeldTrust
  readonly nameOf: NameOf
  readonly log: Log
}

/**
 * Changes of trust that this peer makes: records that it signs. One that needs others' signatures too is a proposal until
 * they have signed; where the same waits already, this peer signs that instead.
 */
export class TrustChanges {
  readonly #deps: TrustChangesDeps

  constructor(deps: TrustChangesDeps) {
    this.#deps = deps
  }

  /**
   * @returns what still hangs on the peer's signature, when this takes its weight away
   * @throws SwarmError NOT_TRUSTED, LIMIT_REACHED, DISK_FULL
   */
  admit(subject: PeerId, roles: readonly TrustRole[], keep: Keep = keepAll): readonly RoleEntry[] {
    const { book } = this.#deps
    mustBePeers([subject])
    const wanted = [...new Set(roles)]
    const what = `admit ${this.#name(subject)} as ${rolesWords(wanted)}`
    this.#mustBeAllowed(neededFor(book.trust(), { subject, roles: wanted }), what)
    const value = { roles: wanted, revoked: false, note: null }
    const lost = takesWeight(book.trust(), subject, value) ? keepWithout(this.#deps, subject, keep) : []
    this.#sayRole(subject, value, what)
    return lost
  }

  /**
   * Nothing that the key signs counts any more. A root key is taken out of the root besides. What hangs on its signatures
   * is signed by this peer first.
   * @returns what still hangs on them
   * @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL
   */
  revoke(subject: PeerId, note: string | null, keep: Keep = keepAll): readonly RoleEntry[] {
    const { book, self } = this.#deps
    mustBePeers([subject])
    if (subject === self) {
      throw new SwarmError('INVALID_INPUT', 'A peer cannot revoke its own key: another one of the swarm must do that.')
    }
    const { root } = book.trust()
    const what = `revoke the key of ${this.#name(subject)}`
    this.#mustBeAllowed(neededFor(book.trust(), { subject, roles: [] }), what)
    let lost = keepWithout(this.#deps, subject, keep)
    if (root?.keys.includes(subject) === true) {
      const dropped = keep.dropGrants ? restingOn(book.trust(), subject).filter(({ role }) => !role.revoked) : []
      const kept = this.#sayRoot(root, withoutKey(root, subject), what, dropped)
      lost = lost.filter(({ record }) => !kept.includes(record.id))
    }
    this.#sayRole(subject, { roles: [], revoked: true, note }, what)
    return lost
  }

  /**
   * Signs what somebody else has proposed, or takes back what this peer has; first what hangs on the weight that this takes
   * away. With the revocation of a root key it signs the root without that key, too.
   * @throws SwarmError NOT_FOUND, NOT_TRUSTED, DISK_FULL
   */
  attest(id: RecordId, verdict: Verdict): StoredRecord {
    const { book, held } = this.#deps
    const record = held.get(id)
    const statement = record === undefined || verdict === 'dismiss' ? undefined : decodeTrust(record.body)
    if (statement?.kind === 'root') keepUnder(this.#deps, statement.root)
    if (statement?.kind === 'role' && takesWeight(book.trust(), statement.role.subject, statement.role)) {
      keepWithout(this.#deps, statement.role.subject, keepAll)
    }
    const attested = book.attest(id, verdict)
    if (statement?.kind === 'role' && statement.role.revoked) this.#takeOutOfRoot(statement.role.subject)
    return attested
  }

  /** Else a stolen key would go on counting for the next root. What waits is signed; where nothing does it is proposed. */
  #takeOutOfRoot(subject: PeerId): void {
    const { book, self, log } = this.#deps
    const root = book.trust().root ?? book.trust().expiredRoot
    if (root === null || subject === self || !root.keys.includes(subject) || !root.keys.includes(self)) return
    try {
      this.#sayRoot(root, withoutKey(root, subject), `take the key of ${this.#name(subject)} out of the root`)
    } catch (err) {
      // The revocation is signed all the same, and the view says that the root still has the key.
      if (!(err instanceof SwarmError)) throw err
      log.warn({ err, subject }, 'the root without a revoked key could not be signed')
    }
  }

  /** @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL */
  setRoot(next: {
    readonly keys: readonly PeerId[]
    readonly threshold: number
    readonly name?: string | undefined
  }): void {
    const { book } = this.#deps
    const root = this.#root('change the root keys')
    const keys = [...new Set(next.keys)]
    mustBePeers(keys)
    if (next.threshold > keys.length) {
      throw new SwarmError(
        'INVALID_INPUT',
        `${next.threshold} of ${keys.length} root keys cannot sign: the threshold is at most the number of keys.`,
      )
    }
    const revoked = keys.find((key) => !root.keys.includes(key) && book.trust().of(key).standing === 'revoked')
    if (revoked !== undefined) {
      const name = this.#name(revoked)
      throw new SwarmError(
        'INVALID_INPUT',
        `The key of ${name} was revoked: admit it again before it becomes a root key.`,
      )
    }
    const value = { ...valueOf(root), keys, threshold: next.threshold, name: next.name ?? root.name }
    const same = value.threshold === root.threshold && value.name === root.name && sameSet(keys, root.keys)
    // One that has ended, or begins later by mistake, is signed anew by saying the same again.
    const isAhead = book.trust().problems.some(({ code }) => code === 'ROOT_AHEAD')
    if (same && book.trust().root !== null && !isAhead) {
      throw nothingChanges('These are the root keys and the threshold in force already')
    }
    this.#sayRoot(root, value, 'change the root keys')
  }

  /** @param rule null: the built-in one again @throws as `setRoot` */
  setPolicy(bucket: string, rule: Pick<BucketRule, 'authors' | 'endorse'> | null): void {
    const root = this.#root('change the rule of a bucket')
    if (!isBucketName(bucket)) throw new SwarmError('INVALID_INPUT', `No bucket is called "${bucket}".`)
    if (bucket === 'trust') {
      throw new SwarmError('INVALID_INPUT', 'The rule of the bucket trust is fixed: the root keys decide about trust.')
    }
    const rules = new Map<BucketName, BucketRule>(root.rules)
    const { dismiss } = rules.get(bucket) ?? buckets[bucket].rule
    if (rule === null) rules.delete(bucket)
    else rules.set(bucket, { authors: [...rule.authors], endorse: rule.endorse, dismiss })
    const [before, after] = [root.rules.get(bucket), rules.get(bucket)]
    if (JSON.stringify(before) === JSON.stringify(after)) throw nothingChanges(`That is the rule of ${bucket} already`)
    this.#sayRoot(root, { ...valueOf(root), rules }, `change the rule of ${bucket}`)
  }

  /** Says the same again for longer. @throws SwarmError LIMIT_REACHED, DISK_FULL */
  renewRole(role: RoleValue): void {
    const { subject, roles, revoked, note } = role
    this.#sayRole(subject, { roles, revoked, note }, 'renew a role', { anew: true })
  }

  /** @throws SwarmError LIMIT_REACHED, DISK_FULL */
  renewRoot(root: RootState): void {
    this.#sayRoot(root, valueOf(root), 'renew the root')
  }

  #sayRole(
    subject: PeerId,
    value: Pick<RoleValue, 'roles' | 'revoked' | 'note'>,
    what: string,
    { anew = false }: { readonly anew?: boolean } = {},
  ): void {
    const { book, self } = this.#deps
    const state = book.trust()
    const needed = neededFor(state, { subject, roles: value.roles })
    this.#mustBeAllowed(needed, what)
    const validForMs = value.revoked ? longestMs : roleValidMs
    const waiting = anew ? undefined : waitingRole(this.#waiting(state, needed, validForMs), subject, value)
    if (waiting !== undefined) {
      if (waiting.body.author !== self) book.attest(waiting.id, 'endorse')
      return
    }
    const version = nextVersionFor(state, subject)
    this.#author(roleKey(subject), encodeRole({ ...value, version }), validForMs, what)
  }

  /** @param dropped what it does not keep though it would lose its weight @returns what it keeps */
  #sayRoot(root: RootState, next: RootValue, what: string, dropped: readonly RoleEntry[] = []): readonly RecordId[] {
    const { book, self } = this.#deps
    if (!root.keys.includes(self)) {
      throw new SwarmError('NOT_TRUSTED', `Only a root key of this swarm can ${what}, and this peer's is none.`)
    }
    const version = Math.min(maxTrustVersion, root.version + 1)
    const bare: RootValue = { ...next, version, previous: root.record.id, keeps: [] }
    const keeps = keptBy(this.#deps, bare, dropped)
    const state = book.trust()
    const value: RootValue = { ...bare, keeps }
    const needed = neededForRoot(state, value)
    this.#mustBeAllowed(needed, what)
    const waiting = waitingRoot(this.#waiting(state, needed, longestMs), value)
    if (waiting !== undefined) {
      if (waiting.body.author !== self) this.attest(waiting.id, 'endorse')
      const statement = decodeTrust(waiting.body)
      return statement.kind === 'root' ? statement.root.keeps : []
    }
    this.#author(rootKey, encodeRoot(value), longestMs, what)
    return keeps
  }

  #waiting(state: TrustState, needed: Needed, validForMs: number): Waiting {
    const { held, clock } = this.#deps
    return { state, held: held.all(), needed, mustLastUntilMs: clock.now() + validForMs - shorterByMs }
  }

  #author(key: string, value: CborMap, validForMs: number, what: string): void {
    const { record } = this.#deps.book.author({ bucket: 'trust', key, value, validForMs })
    const verdict = this.#deps.book.trust().verdictOf(record.id)
    this.#deps.log.info(
      { id: record.id, what, state: verdict?.state, reason: verdict?.reason },
      'a trust record was signed',
    )
  }

  #root(what: string): RootState {
    const { book, self } = this.#deps
    const { root: believed, expiredRoot } = book.trust()
    const root = believed ?? expiredRoot
    if (root === null) {
      throw new SwarmError('NOT_TRUSTED', `Nobody can ${what} here yet: this peer has not heard the root of its swarm.`)
    }
    if (root.keys.includes(self)) return root
    throw new SwarmError('NOT_TRUSTED', `Only a root key of this swarm can ${what}, and this peer's is none.`)
  }

  #mustBeAllowed(needed: Needed, what: string): void {
    const { book, self, nameOf } = this.#deps
    if (maySign(book.trust(), needed, self)) return
    const { standing, reason } = book.trust().of(self)
    const who = needed.kind === 'operator' ? 'An operator' : needed.kind === 'nobody' ? 'Nobody yet' : 'A root key'
    throw new SwarmError(
      'NOT_TRUSTED',
      `${who} can ${what}; this peer is ${standing === 'root' ? 'a root key' : `a ${standing}`}: ${withNames(reason, nameOf)}.`,
    )
  }

  #name(peer: PeerId): string {
    return peerName(peer, this.#deps.nameOf)
  }
}
