import type { PeerId } from '../../shared/ids.ts'
import type { Attestation } from './attestation.ts'
import { buckets, type BucketName, type BucketPolicy } from './bucket.ts'
import { countOf, hasRoleOf, oneOf, type BucketRule } from './policy.ts'
import type { SignedRecord } from './record.ts'
import { trustKindOf } from './trust-records.ts'
import { hasWeight, weighingKeys } from './trust-weight.ts'
import { peerList } from './trust-words.ts'
import type { TrustState } from './trust.ts'
import { checkValidity } from './validity.ts'

export type RecordState = 'proposed' | 'accepted' | 'dismissed' | 'expired'

export interface StateVerdict {
  readonly state: RecordState
  /** One sentence that names the rule. Peers are named by their ids: the shell puts names in. */
  readonly reason: string
  /**
   * What may become of it once the time to look at it is over; absent: it stays until it expires.
   * mark: it was dismissed. Its body may go; its attestations stay as a mark against its return, and the mark counts
   * as long as `dismissalOf` still says so - who dismissed it may be revoked.
   * drop: its author was revoked, or has lost its role. It may go without a mark, for it counts again when its author
   * does. Never absent the author's standing alone: roots and roles stay, because whole chains of belief hang on them.
   */
  readonly burial?: 'mark' | 'drop'
}

const outOfTrust: StateVerdict = { state: 'proposed', reason: 'it is not among the trust records in force here' }

/**
 * The state of a record: a pure function of what is signed, the trust records, the policy and the time, so all peers
 * that hold the same agree.
 */
export function recordState(input: {
  readonly record: SignedRecord
  readonly trust: TrustState
  readonly policy: BucketPolicy
  readonly now: number
}): StateVerdict {
  const { record, trust, policy, now } = input
  const { author, bucket } = record.body
  const invalid = checkValidity(record.body, policy, now)
  // What is over among those, and what has begun, is told by the trust state, which does not take each clock's word.
  const isKnownTrust = bucket === 'trust' && trust.verdictOf(record.id) !== undefined
  if (isKnownTrust && invalid !== 'bad-validity') return stateOfTrust(record, trust)
  if (invalid === 'expired') return { state: 'expired', reason: 'its validity is over' }
  if (invalid === 'future') return { state: 'proposed', reason: 'it starts later than clocks may differ' }
  if (invalid === 'bad-validity') {
    return { state: 'dismissed', reason: 'its validity is empty or longer than the bucket allows' }
  }
  if (bucket === 'trust') return stateOfTrust(record, trust)
  const rule = trust.ruleOf(bucket)
  const dismissed = dismissalOf({ author, bucket, attestations: record.attestations }, trust, rule)
  if (dismissed !== undefined) return { state: 'dismissed', reason: dismissed, burial: 'mark' }
  const { standing, roles, reason } = trust.of(author)
  if (standing === 'revoked') {
    return { state: 'dismissed', reason: `the key of its author was revoked: ${reason}`, burial: 'drop' }
  }
  if (rule.authors.length > 0 && !hasRoleOf(roles, rule.authors)) {
    if (roles.size > 0) return { state: 'proposed', reason: `its author is not ${oneOf(rule.authors)}` }
    const unwanted = policy.strangers.maxRecords === 0 && trust.root !== null
    const state = { state: 'proposed', reason: 'its author has no role in this swarm' } as const
    return unwanted ? { ...state, burial: 'drop' } : state
  }
  const { endorse } = rule
  if (endorse.count > 0) {
    const signed = countSigned(record, trust, endorse.roles)
    if (signed < endorse.count) {
      return { state: 'proposed', reason: `needs ${moreOf(endorse.count - signed, endorse.roles)}` }
    }
  }
  return { state: 'accepted', reason: acceptedWords(rule) }
}

/**
 * Why a record outside of `trust` is dismissed; undefined: it is not. Needs no body, so it also tells whether the
 * mark of a buried record still holds.
 */
export function dismissalOf(
  mark: { readonly author: PeerId; readonly bucket: BucketName; readonly attestations: readonly Attestation[] },
  trust: TrustState,
  rule: BucketRule = trust.ruleOf(mark.bucket),
): string | undefined {
  const { author, attestations } = mark
  if (attestations.length === 0) return undefined
  const by: PeerId[] = []
  for (const one of attestations) {
    if (one.verdict !== 'dismiss') continue
    if (one.author === author) return 'its author took it back'
    if (hasRoleOf(trust.of(one.author).roles, rule.dismiss.roles)) by.push(one.author)
  }
  if (rule.dismiss.count === 0 || by.length < rule.dismiss.count) return undefined
  const roles = rule.dismiss.roles.filter((role) => by.some((peer) => trust.of(peer).roles.has(role)))
  return `dismissed by ${peerList(by)} (${roles.join(', ')})`
}

/** Of a record in `trust`: what the trust state says. Only asks are ever buried. */
function stateOfTrust(record: SignedRecord, trust: TrustState): StateVerdict {
  const verdict = trust.verdictOf(record.id) ?? outOfTrust
  if (verdict.state !== 'dismissed' || trustKindOf(record.body.key) !== 'ask') return verdict
  const revoked = trust.of(record.body.author).standing === 'revoked'
  return { ...verdict, burial: revoked ? 'drop' : 'mark' }
}

/**
 * Whether a record may be kept at all, by who has signed it: undefined, or why not. How many a stranger may have is
 * for the quotas. Both are honest reasons: who passes it on may know more, or less, than we do.
 *
 * Roots and roles pass when their signatures have weight now, or their author is somebody, or was a root key: chains of
 * belief are made of the words of peers that later lost their key or their role. While no root is known all of them pass.
 */
export function mayEnter(record: SignedRecord, trust: TrustState): 'stranger' | 'revoked' | undefined {
  const { body } = record
  const { standing } = trust.of(body.author)
  const kind = body.bucket === 'trust' ? trustKindOf(body.key) : undefined
  if (kind === 'root' || kind === 'role') {
    if (trust.root === null || standing !== 'stranger' || trust.rootKeys.has(body.author)) return undefined
    return hasWeight(trust, record) ? undefined : 'stranger'
  }
  if (standing === 'revoked') return 'revoked'
  if (standing !== 'stranger' || trust.ruleOf(body.bucket).authors.length === 0) return undefined
  return buckets[body.bucket].strangers.maxRecords > 0 ? undefined : 'stranger'
}

function countSigned(record: SignedRecord, trust: TrustState, roles: BucketRule['endorse']['roles']): number {
  const { author } = record.body
  let count = hasRoleOf(trust.of(author).roles, roles) ? 1 : 0
  for (const one of record.attestations) {
    if (one.verdict === 'endorse' && one.author !== author && hasRoleOf(trust.of(one.author).roles, roles)) count++
  }
  return count
}

/** "1 more operator", "2 more operators or releasers" */
function moreOf(count: number, roles: BucketRule['endorse']['roles']): string {
  return countOf(count, roles).replace(/^\d+/, `${count} more`)
}

/** One sentence a rule: lists of 100,000 records ask for it again and again. */
const acceptedReasons = new WeakMap<BucketRule, string>()

function acceptedWords(rule: BucketRule): string {
  const known = acceptedReasons.get(rule)
  if (known !== undefined) return known
  const author = rule.authors.length === 0 ? 'anybody may author here' : `its author is ${memberWords(rule)}`
  const signed = rule.endorse.count > 1 ? `, and ${countOf(rule.endorse.count, rule.endorse.roles)} have signed` : ''
  const words = author + signed
  acceptedReasons.set(rule, words)
  return words
}

function memberWords(rule: BucketRule): string {
  const words = oneOf(rule.authors)
  return words === 'any member' ? 'a member of this swarm' : words
}

export interface RecordSigner {
  readonly peer: PeerId
  readonly verdict: 'propose' | 'endorse' | 'dismiss'
  readonly at: number
  /** Whether the signature has weight under the rule now. */
  readonly counts: boolean
}

/** Who has signed a record, the author's proposal first, and whose signature has weight. */
export function signersOf(
  record: SignedRecord,
  trust: TrustState,
  rule: BucketRule = trust.ruleOf(record.body.bucket),
): readonly RecordSigner[] {
  const { author, bucket, validFrom } = record.body
  const inTrust = bucket === 'trust' && trustKindOf(record.body.key) !== 'ask'
  const weighsInTrust = inTrust && trust.root !== null ? weighingKeys(trust, record) : () => false
  const weighs = (peer: PeerId, roles: BucketRule['endorse']['roles']): boolean =>
    inTrust ? weighsInTrust(peer) : hasRoleOf(trust.of(peer).roles, roles)
  const proposes: RecordSigner = {
    peer: author,
    verdict: 'propose',
    at: validFrom,
    counts: inTrust ? weighs(author, []) : rule.authors.length === 0 || weighs(author, rule.authors),
  }
  const others = record.attestations.map(({ author: peer, verdict, at }): RecordSigner => {
    const roles = verdict === 'endorse' ? rule.endorse.roles : rule.dismiss.roles
    return { peer, verdict, at, counts: (verdict === 'dismiss' && peer === author) || weighs(peer, roles) }
  })
  return [proposes, ...others]
}
