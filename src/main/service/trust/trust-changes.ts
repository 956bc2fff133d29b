import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { buckets, isBucketName, type BucketName } from '../../model/bucket.ts'
import type { CborMap } from '../../model/cbor.ts'
import { keyOfPeerId } from '../../model/peer-key.ts'
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
import { lostUnder } from '../../model/trust-resting.ts'
import type { RootState, TrustState } from '../../model/trust.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { HeldTrust } from './held-trust.ts'
import { peerName, rolesWords, withNames, type NameOf } from './trust-words.ts'

/** A year and a day: a role outlives the break between two courses, and is renewed long before. */
export const roleValidMs = 366 * 24 * 60 * 60_000
/** What is revoked stays so for as long as the bucket takes. */
export const longestMs = buckets.trust.maxValidityMs

/** What waits is signed instead of said again only when it lasts as long as what was to be said, give or take this. */
const shorterByMs = 24 * 60 * 60_000

export interface TrustChangesDeps {
  readonly self: PeerId
  readonly clock: Pick<Clock, 'now'>
  readonly book: Pick<RecordBook, 'author' | 'attest' | 'trust'>
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

  /** @throws SwarmError NOT_TRUSTED, LIMIT_REACHED, DISK_FULL */
  admit(subject: PeerId, roles: readonly TrustRole[]): void {
    mustBePeers([subject])
    const wanted = [...new Set(roles)]
    this.#sayRole(
      subject,
      { roles: wanted, revoked: false, note: null },
      `admit ${this.#name(subject)} as ${rolesWords(wanted)}`,
    )
  }

  /**
   * Nothing that the key signs counts any more. A root key is taken out of the root besides.
   * @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL
   */
  revoke(subject: PeerId, note: string | null): void {
    const { book, self } = this.#deps
    mustBePeers([subject])
    if (subject === self) {
      throw new SwarmError('INVALID_INPUT', 'A peer cannot revoke its own key: another one of the swarm must do that.')
    }
    const { root } = book.trust()
    const what = `revoke the key of ${this.#name(subject)}`
    this.#mustBeAllowed(neededFor(book.trust(), { subject, roles: [] }), what)
    if (root?.keys.includes(subject) === true) {
      const keys = root.keys.filter((key) => key !== subject)
      this.#sayRoot(root, { ...valueOf(root), keys, threshold: Math.min(root.threshold, keys.length) }, what)
    }
    this.#sayRole(subject, { roles: [], revoked: true, note }, what)
  }

  /** @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL */
  setRoot(next: {
    readonly keys: readonly PeerId[]
    readonly threshold: number
    readonly name?: string | undefined
  }): void {
    const root = this.#root('change the root keys')
    const keys = [...new Set(next.keys)]
    mustBePeers(keys)
    if (next.threshold > keys.length) {
      throw new SwarmError(
        'INVALID_INPUT',
        `${next.threshold} of ${keys.length} root keys cannot sign: the threshold is at most the number of keys.`,
      )
    }
    const value = { ...valueOf(root), keys, threshold: next.threshold, name: next.name ?? root.name }
    const same = value.threshold === root.threshold && value.name === root.name && sameSet(keys, root.keys)
    if (same) throw nothingChanges('These are the root keys and the threshold in force already')
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
    const latest = state.versionOf(subject)
    const inForce = anew ? 0 : this.#versionInForce(state, subject)
    const waiting = anew
      ? undefined
      : this.#waiting(state, needed, validForMs, (record) => {
          const statement = decodeTrust(record.body)
          return (
            statement.kind === 'role' &&
            statement.role.subject === subject &&
            statement.role.version > inForce &&
            // What waits and counts for something is itself the latest word.
            statement.role.version === latest &&
            statement.role.revoked === value.revoked &&
            sameSet(statement.role.roles, value.roles)
          )
        })
    if (waiting !== undefined) return this.#sign(waiting.id, waiting.body.author === self)
    const version = nextVersionFor(state, subject)
    this.#author(roleKey(subject), encodeRole({ ...value, version }), validForMs, what)
  }

  #sayRoot(root: RootState, next: RootValue, what: string): void {
    const { book, self } = this.#deps
    const state = book.trust()
    const following = { ...next, version: Math.min(maxTrustVersion, root.version + 1), previous: root.record.id }
    const keeps = lostUnder(state, { ...following, keeps: [] }).map(({ record }) => record.id)
    const value: RootValue = { ...following, keeps }
    const needed = neededForRoot(state, value)
    this.#mustBeAllowed(needed, what)
    if (!root.keys.includes(self)) {
      throw new SwarmError('NOT_TRUSTED', `Only a root key of this swarm can ${what}, and this peer's is none.`)
    }
    const encoded = JSON.stringify(encodeRoot(value))
    const waiting = this.#waiting(state, needed, longestMs, (record) => {
      const statement = decodeTrust(record.body)
      return statement.kind === 'root' && JSON.stringify(encodeRoot(statement.root)) === encoded
    })
    if (waiting !== undefined) return this.#sign(waiting.id, waiting.body.author === self)
    this.#author(rootKey, encodeRoot(value), longestMs, what)
  }

  /**
   * A record that says the same and lacks signatures. Of those who have a say in it alone, and for as long: somebody else
   * could have it lie ready, made to end or to be outranked soon, for this peer to sign instead of what it means.
   */
  #waiting(
    state: TrustState,
    needed: Needed,
    validForMs: number,
    isSame: (record: ReturnType<HeldTrust['get']> & object) => boolean,
  ) {
    const { held, clock } = this.#deps
    const mustLastUntil = clock.now() + validForMs - shorterByMs
    // The keys that only the next root names have no say before it counts.
    const by: Needed = needed.kind === 'next-root' ? { ...needed, kind: 'root' } : needed
    for (const record of held.all()) {
      const { author, validUntil } = record.body
      if (validUntil < mustLastUntil || !maySign(state, by, author) || state.of(author).standing === 'revoked') continue
      if (state.verdictOf(record.id)?.state === 'proposed' && isSame(record)) return record
    }
    return undefined
  }

  #versionInForce(state: TrustState, subject: PeerId): number {
    let version = 0
    for (const { id, body } of this.#deps.held.all()) {
      if (body.key !== roleKey(subject) || state.verdictOf(id)?.state !== 'accepted') continue
      const statement = decodeTrust(body)
      if (statement.kind === 'role') version = Math.max(version, statement.role.version)
    }
    return version
  }

  #sign(id: RecordId, mine: boolean): void {
    if (!mine) this.#deps.book.attest(id, 'endorse')
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
    const { root } = book.trust()
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

/** An id may have the form of one and hold no key. */
function mustBePeers(peers: readonly PeerId[]): void {
  const wrong = peers.find((peer) => keyOfPeerId(peer) === undefined)
  if (wrong !== undefined) throw new SwarmError('INVALID_INPUT', `"${wrong}" is not the id of a peer.`)
}

function valueOf({ version, name, keys, threshold, rules, previous, keeps }: RootState): RootValue {
  return { version, name, keys, threshold, rules, previous, keeps }
}

function sameSet<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item))
}

function nothingChanges(what: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `${what}: nothing changes.`)
}
