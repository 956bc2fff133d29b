import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import type { RoleValue } from './trust-records.ts'
import { countIn, dateWords, peerList, rootKeyWords, trustSigners, tookBack } from './trust-words.ts'
import type { PeerStanding, RoleEntry, RootState, TrustVerdict } from './trust.ts'
import { checkTrustTime, type TrustTime } from './validity.ts'

export interface Roles {
  readonly standings: ReadonlyMap<PeerId, PeerStanding>
  readonly verdicts: ReadonlyMap<RecordId, TrustVerdict>
  /** The records in force. Where an operator has changed a word of the root's, both: the root's is what counts below it. */
  readonly inForce: readonly RoleEntry[]
  /** The one that decides about a peer. */
  readonly words: ReadonlyMap<PeerId, RoleEntry>
  readonly versions: ReadonlyMap<PeerId, number>
  readonly rootWords: ReadonlyMap<PeerId, 'privileged' | 'revoked' | 'member'>
}

/** Roles that only the root's threshold grants. */
export const privilegedRoles: readonly TrustRole[] = ['operator', 'release']
/** What a root key may do by itself. */
const rootRoles: ReadonlySet<TrustRole> = new Set(privilegedRoles)

/**
 * What waits is said above what counts, and what is said later above both. Not further: else one proposal that nobody
 * ever signs could use all versions up.
 */
const maxVersionsAhead = 1_000

interface Signed extends RoleEntry {
  readonly signers: ReadonlySet<PeerId>
}

/**
 * Who has which role under a root, in two strata, so that nobody's word about a peer can be used against itself:
 * 1. what the root's threshold has signed; per peer the highest version.
 * 2. what one operator has signed: only robots and servers, only peers that the root has neither revoked nor given a
 *    privileged role, and only with a version above the root's.
 * Root keys that are revoked count nowhere but in words about root keys: two that revoke each other are both out,
 * whichever is looked at first. What the root keeps counts as signed by its threshold.
 * @param options.without as if this peer's signatures weighed nothing
 */
export function evaluateRoles(
  root: RootState,
  entries: readonly RoleEntry[],
  time: TrustTime,
  { without }: { readonly without?: PeerId } = {},
): Roles {
  const live: Signed[] = []
  for (const { record, role } of entries) {
    if (checkTrustTime(record.body, time) !== undefined) continue
    live.push({ record, role, signers: trustSigners(record) })
  }
  const rootKeys = new Set(root.keys)
  const kept = new Set(root.keeps)
  const keys = root.keys.filter((key) => key !== without)
  const byRoot = new Map<PeerId, Signed>()
  const counted = new Set<RecordId>()
  const take = (best: Map<PeerId, Signed>, entry: Signed): void => {
    counted.add(entry.record.id)
    const other = best.get(entry.role.subject)
    if (other === undefined || outranks(entry, other)) best.set(entry.role.subject, entry)
  }
  const isSigned = ({ record, signers }: Signed, by: readonly PeerId[]): boolean =>
    kept.has(record.id) || countIn(signers, by) >= root.threshold
  for (const entry of live) if (rootKeys.has(entry.role.subject) && isSigned(entry, keys)) take(byRoot, entry)
  const soundKeys = keys.filter((key) => byRoot.get(key)?.role.revoked !== true)
  for (const entry of live) if (!rootKeys.has(entry.role.subject) && isSigned(entry, soundKeys)) take(byRoot, entry)
  const operators = new Set(soundKeys)
  for (const [peer, { role }] of byRoot) {
    if (!role.revoked && role.roles.includes('operator') && peer !== without) operators.add(peer)
  }
  const rootWords = new Map<PeerId, 'privileged' | 'revoked' | 'member'>()
  for (const key of root.keys) rootWords.set(key, 'privileged')
  for (const [peer, { role }] of byRoot) {
    if (role.revoked) rootWords.set(peer, 'revoked')
    else if (!rootKeys.has(peer)) rootWords.set(peer, isPrivileged(role) ? 'privileged' : 'member')
  }

  const byOperator = new Map<PeerId, Signed>()
  for (const entry of live) {
    const { subject, version } = entry.role
    const word = rootWords.get(subject)
    if (counted.has(entry.record.id) || word === 'privileged' || word === 'revoked' || isPrivileged(entry.role))
      continue
    if (version <= (byRoot.get(subject)?.role.version ?? 0)) continue
    if (countIn(operators, entry.signers) > 0) take(byOperator, entry)
  }

  const frame: Frame = { root, kept, soundKeys, operators, byRoot, byOperator, counted, rootWords }
  const standings = standingsOf(frame, rootKeys)
  const isRevoked = (peer: PeerId): boolean => standings.get(peer)?.standing === 'revoked'
  const verdicts = new Map<RecordId, TrustVerdict>()
  for (const { record, role } of entries) {
    const invalid = checkTrustTime(record.body, time)
    if (invalid === 'expired') verdicts.set(record.id, { state: 'expired', reason: 'its validity is over' })
    else if (invalid !== undefined) {
      verdicts.set(record.id, { state: 'proposed', reason: 'it has not begun, or is valid for too long' })
    } else verdicts.set(record.id, verdictOf({ record, role, signers: trustSigners(record) }, frame, isRevoked))
  }
  const inForce = [...byRoot.values(), ...byOperator.values()]
  const words = new Map([...byRoot, ...byOperator])
  return { standings, verdicts, inForce, words, versions: versionsOf(live, counted, operators), rootWords }
}

/** Words of those who may not speak about roles must not drive the version up to where nothing can follow. */
function versionsOf(
  live: readonly Signed[],
  counted: ReadonlySet<RecordId>,
  operators: ReadonlySet<PeerId>,
): ReadonlyMap<PeerId, number> {
  const highest = new Map<PeerId, number>()
  const raise = (versions: Map<PeerId, number>, { subject, version }: RoleValue): void => {
    versions.set(subject, Math.max(versions.get(subject) ?? 0, version))
  }
  for (const { record, role } of live) if (counted.has(record.id)) raise(highest, role)
  const versions = new Map(highest)
  for (const { record, role } of live) {
    if (!operators.has(record.body.author)) continue
    if (role.version <= (highest.get(role.subject) ?? 0) + maxVersionsAhead) raise(versions, role)
  }
  return versions
}

interface Frame {
  readonly root: RootState
  readonly kept: ReadonlySet<RecordId>
  readonly soundKeys: readonly PeerId[]
  readonly operators: ReadonlySet<PeerId>
  readonly byRoot: ReadonlyMap<PeerId, Signed>
  readonly byOperator: ReadonlyMap<PeerId, Signed>
  readonly counted: ReadonlySet<RecordId>
  readonly rootWords: ReadonlyMap<PeerId, 'privileged' | 'revoked' | 'member'>
}

/** The higher version; of two the revocation; of two alike the lower id. */
function outranks(a: Signed, b: Signed): boolean {
  if (a.role.version !== b.role.version) return a.role.version > b.role.version
  if (a.role.revoked !== b.role.revoked) return a.role.revoked
  return a.record.id < b.record.id
}

function isPrivileged(role: RoleValue): boolean {
  return role.roles.some((one) => privilegedRoles.includes(one))
}

function standingsOf(frame: Frame, rootKeys: ReadonlySet<PeerId>): ReadonlyMap<PeerId, PeerStanding> {
  const { root, byRoot, byOperator } = frame
  const standings = new Map<PeerId, PeerStanding>()
  for (const key of root.keys) {
    const more = byRoot.get(key)?.role.roles ?? []
    const roles = more.length === 0 ? rootRoles : new Set([...rootRoles, ...more])
    standings.set(key, {
      standing: 'root',
      roles,
      reason: `one of the keys of root ${root.version}`,
      record: root.record,
    })
  }
  for (const [peer, entry] of [...byRoot, ...byOperator]) {
    const { record, role } = entry
    if (rootKeys.has(peer) && !role.revoked) continue
    const by = `by ${signerWords(entry, frame)} on ${dateWords(record.body.validFrom)}`
    if (role.revoked)
      standings.set(peer, { standing: 'revoked', roles: noRoles, reason: `its key was revoked ${by}`, record })
    else if (role.roles.length === 0) {
      standings.set(peer, { standing: 'stranger', roles: noRoles, reason: `its roles were taken away ${by}`, record })
    } else {
      const roles = new Set(role.roles)
      standings.set(peer, { standing: 'member', roles, reason: `granted ${role.roles.join(', ')} ${by}`, record })
    }
  }
  return standings
}

const noRoles: ReadonlySet<TrustRole> = new Set()

/** Those whose signatures give a record its weight: "A (operator)", "A and B (root keys)". */
function signerWords({ record, role, signers }: Signed, { root, kept, soundKeys, operators, byRoot }: Frame): string {
  const isRootWord = byRoot.get(role.subject)?.record.id === record.id
  if (kept.has(record.id)) return `${peerList([record.body.author])}, and root ${root.version} keeps it,`
  const keys = (isRootWord ? root.keys : soundKeys).filter((key) => signers.has(key))
  if (isRootWord) return `${peerList(keys)} (root key${keys.length === 1 ? '' : 's'})`
  const who = [...signers].filter((peer) => operators.has(peer)).sort()
  return `${peerList(who)} (operator${who.length === 1 ? '' : 's'})`
}

function verdictOf(entry: Signed, frame: Frame, isRevoked: (peer: PeerId) => boolean): TrustVerdict {
  const { record, role, signers } = entry
  const { root, soundKeys, operators, byRoot, byOperator, counted, rootWords } = frame
  const winner = byOperator.get(role.subject) ?? byRoot.get(role.subject)
  const isRootWord = byRoot.get(role.subject)?.record.id === record.id
  if (winner?.record.id === record.id) {
    return { state: 'accepted', reason: `signed by ${signerWords(entry, frame)}`.replace(/,$/, '') }
  }
  if (counted.has(record.id) || (isRootWord && winner !== undefined)) {
    const same = winner?.role.version === role.version
    return { state: 'dismissed', reason: same ? 'another record of the same version counts' : 'a newer version counts' }
  }
  if (isRevoked(record.body.author)) {
    return { state: 'dismissed', reason: 'the key of its author was revoked' }
  }
  if (tookBack(record)) return { state: 'dismissed', reason: 'its author took it back' }
  if (winner !== undefined && role.version <= winner.role.version && operators.has(record.body.author)) {
    return { state: 'dismissed', reason: 'a newer version counts' }
  }
  const word = rootWords.get(role.subject)
  if (word === 'privileged' || word === 'revoked' || isPrivileged(role)) {
    const keys = rootWords.get(role.subject) !== undefined && root.keys.includes(role.subject) ? root.keys : soundKeys
    return { state: 'proposed', reason: `needs ${rootKeyWords(countIn(signers, keys), root.threshold, 'root key')}` }
  }
  return { state: 'proposed', reason: 'needs an operator' }
}
