import type { PeerId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import { hasRoleOf } from './policy.ts'
import type { RecordBody, SignedRecord } from './record.ts'
import { follows, type RootEntry } from './trust-chain.ts'
import { decodeTrust, trustKindOf, type RootValue } from './trust-records.ts'
import { countIn, trustSigners } from './trust-words.ts'
import type { TrustState } from './trust.ts'

/** As much of a record as says who may sign it. */
export interface Signable {
  readonly body: Pick<RecordBody, 'author' | 'bucket' | 'key' | 'value'>
}

/**
 * Whose signatures under a record can have weight, be it as its author or by an attestation. Never a revoked key's, but for
 * root keys where they decide about each other.
 *
 * - a root: the keys of the root before it, and its own. Everybody's while the one before it is not here: who had to sign
 *   cannot be told then.
 * - a role: operators', and those of the keys of the roots that are believed or led there.
 * - an ask: operators'.
 * - elsewhere: of who has one of the roles that the bucket's rule counts.
 * While no root is known, under trust records everybody's.
 */
export function weighingKeys(trust: TrustState, record: Signable): (peer: PeerId) => boolean {
  const { bucket, key } = record.body
  if (bucket !== 'trust') {
    const { endorse, dismiss } = trust.ruleOf(bucket)
    const roles: readonly TrustRole[] = [
      ...(endorse.count > 0 ? endorse.roles : []),
      ...(dismiss.count > 0 ? dismiss.roles : []),
    ]
    return (peer) => hasRoleOf(trust.wasOf(peer).roles, roles)
  }
  const current = trust.root ?? trust.expiredRoot
  if (current === null) return () => true
  const isOperator = (peer: PeerId): boolean => trust.wasOf(peer).roles.has('operator')
  const kind = trustKindOf(key)
  if (kind === 'root') {
    const root = rootOf(record)
    if (root === undefined) return () => false
    const parent = root.previous === null ? undefined : trust.roots.held.get(root.previous)?.root
    if (root.previous !== null && parent === undefined) return () => true
    return (peer) => root.keys.includes(peer) || parent?.keys.includes(peer) === true
  }
  if (kind !== 'role') return isOperator
  const statement = decodeTrust(record.body)
  const isAboutRootKey = statement.kind === 'role' && current.keys.includes(statement.role.subject)
  return (peer) => {
    if (isOperator(peer) || (isAboutRootKey && current.keys.includes(peer))) return true
    return trust.rootKeys.has(peer) && trust.wasOf(peer).standing !== 'revoked'
  }
}

/**
 * Whose attestations under a record are kept, so that others cannot crowd them out: those with weight, and the author's, who
 * may take it back.
 */
export function attestationFilter(trust: TrustState, record: Signable): (peer: PeerId) => boolean {
  const weighs = weighingKeys(trust, record)
  return (peer) => peer === record.body.author || weighs(peer)
}

/** The record without the attestations that can have no weight. */
export function withWeighingAttestations(record: SignedRecord, trust: TrustState): SignedRecord {
  if (record.attestations.length === 0) return record
  const isKept = attestationFilter(trust, record)
  const attestations = record.attestations.filter(({ author }) => isKept(author))
  return attestations.length === record.attestations.length ? record : { ...record, attestations }
}

/**
 * Whether the signatures on a root or role record have weight now: those always find room, and all others together little.
 */
export function hasWeight(trust: TrustState, record: SignedRecord): boolean {
  const { anchor, roots } = trust
  if (record.id === anchor.swarm || record.id === anchor.root) return true
  const current = trust.root ?? trust.expiredRoot
  if (current === null) return false
  const kind = trustKindOf(record.body.key)
  if (kind === 'role') {
    const signers = trustSigners(record)
    if (countIn(signers, current.keys) > 0) return true
    return [...signers].some((peer) => trust.wasOf(peer).roles.has('operator')) || current.keeps.includes(record.id)
  }
  const root = rootOf(record)
  if (root === undefined) return false
  if (roots.line.has(record.id) || roots.reached.has(record.id) || isOnTheWay(trust, record)) return true
  return root.previous === current.record.id && countIn(trustSigners(record), current.keys) > 0
}

/**
 * Whether a root belongs to the chain of belief: who was away needs it to climb to the newest one, also when it has ended.
 * It is named by one on that chain, or follows one with enough signatures.
 */
export function isOnTheWay(trust: TrustState, record: SignedRecord): boolean {
  const { anchor, roots } = trust
  if (record.id === anchor.swarm || record.id === anchor.root || roots.line.has(record.id)) return true
  const root = rootOf(record)
  if (root === undefined) return false
  for (const { root: child } of roots.line.values()) if (child.previous === record.id) return true
  const believed = roots.held.get(anchor.root)?.root.previous ?? null
  const parent =
    root.previous === null
      ? undefined
      : (roots.reached.get(root.previous) ?? (root.previous === believed ? roots.held.get(believed) : undefined))
  return parent !== undefined && follows(parent.root, { record, root } satisfies RootEntry)
}

function rootOf(record: Signable): RootValue | undefined {
  if (record.body.bucket !== 'trust' || trustKindOf(record.body.key) !== 'root') return undefined
  const statement = decodeTrust(record.body)
  return statement.kind === 'root' ? statement.root : undefined
}
