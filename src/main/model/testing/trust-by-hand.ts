import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { trustRoles, type TrustRole } from '../../../shared/trust-views.ts'
import { buckets } from '../bucket.ts'
import type { SignedRecord } from '../record.ts'
import { decodeTrust, type RoleValue, type RootValue } from '../trust-records.ts'

/**
 * What the rules say, written down a second time as plainly as possible - no order of evaluation, no tables, every
 * question asked anew - to check the real one against.
 */
export interface Facts {
  readonly records: readonly SignedRecord[]
  /** The root that is believed. */
  readonly root: RecordId | null
  readonly now: number
  /** The time is borne out, so that words that begin later do not count yet. Default false. */
  readonly sure?: boolean
}

export function isAcceptedByHand(record: SignedRecord, facts: Facts): boolean {
  const { author, bucket, validFrom, validUntil } = record.body
  const root = rootOf(facts)
  if (root === null) return false
  const rule = root.rules.get(bucket) ?? buckets[bucket].rule
  if (validUntil <= facts.now || validFrom > facts.now + 600_000) return false
  if (isRevoked(author, facts)) return false
  const has = (peer: PeerId, roles: readonly TrustRole[]): boolean =>
    !isRevoked(peer, facts) && roles.some((role) => hasRole(peer, role, facts))
  if (rule.authors.length > 0 && !has(author, rule.authors)) return false
  const said = (verdict: string) =>
    record.attestations.filter((one) => one.verdict === verdict).map((one) => one.author)
  if (said('dismiss').includes(author)) return false
  const against = new Set(said('dismiss').filter((peer) => has(peer, rule.dismiss.roles)))
  if (rule.dismiss.count > 0 && against.size >= rule.dismiss.count) return false
  const inFavour = new Set([author, ...said('endorse')].filter((peer) => has(peer, rule.endorse.roles)))
  return inFavour.size >= rule.endorse.count
}

/** What a peer may do, sorted; `revoked` alone for one whose key counts for nothing. */
export function rolesByHand(peer: PeerId, facts: Facts): readonly string[] {
  if (isRevoked(peer, facts)) return ['revoked']
  return trustRoles.filter((role) => hasRole(peer, role, facts)).toSorted()
}

function rootOf({ records, root }: Facts): RootValue | null {
  const record = records.find(({ id }) => id === root)
  const decoded = record === undefined ? undefined : decodeTrust(record.body)
  return decoded?.kind === 'root' ? decoded.root : null
}

function isRevoked(peer: PeerId, facts: Facts): boolean {
  return wordOn(peer, facts)?.revoked === true
}

function hasRole(peer: PeerId, role: TrustRole, facts: Facts): boolean {
  if ((role === 'operator' || role === 'release') && rootOf(facts)?.keys.includes(peer) === true) return true
  return wordOn(peer, facts)?.roles.includes(role) === true
}

/** The one role record about a peer that is in force. */
function wordOn(peer: PeerId, facts: Facts): RoleValue | undefined {
  const byRoot = rootWordOn(peer, facts)
  const isRootKey = rootOf(facts)?.keys.includes(peer) === true
  if (isRootKey || byRoot?.revoked === true || byRoot?.roles.some(isPrivileged) === true) return byRoot
  const byOperators = wordsOn(peer, facts).filter(
    ({ role, signers }) =>
      !role.roles.some(isPrivileged) &&
      role.version > (byRoot?.version ?? 0) &&
      signers.some((signer) => isOperator(signer, facts)),
  )
  return newest(byOperators) ?? byRoot
}

function rootWordOn(peer: PeerId, facts: Facts): RoleValue | undefined {
  const root = rootOf(facts)
  if (root === null) return undefined
  // Of root keys every root key may speak; of others those that are not revoked.
  const isRootKey = root.keys.includes(peer)
  const keys = root.keys.filter((key) => isRootKey || rootWordOn(key, facts)?.revoked !== true)
  return newest(
    wordsOn(peer, facts).filter(
      ({ id, signers }) =>
        root.keeps.includes(id) || signers.filter((one) => keys.includes(one)).length >= root.threshold,
    ),
  )
}

/** Operators by the root's word alone: no operator is made, or unmade, by another. */
function isOperator(peer: PeerId, facts: Facts): boolean {
  const word = rootWordOn(peer, facts)
  if (word?.revoked === true) return false
  return rootOf(facts)?.keys.includes(peer) === true || word?.roles.includes('operator') === true
}

function isPrivileged(role: TrustRole): boolean {
  return role === 'operator' || role === 'release'
}

interface Word {
  readonly id: RecordId
  readonly role: RoleValue
  readonly signers: readonly PeerId[]
}

function wordsOn(peer: PeerId, { records, now, sure = false }: Facts): Word[] {
  return records.flatMap((record) => {
    const { body, attestations, id } = record
    if (body.key !== `role/${peer}` || body.validUntil <= now) return []
    if (sure && body.validFrom > now + 600_000) return []
    const decoded = decodeTrust(body)
    if (decoded.kind !== 'role') return []
    const endorsers = attestations.filter(({ verdict }) => verdict === 'endorse').map(({ author }) => author)
    return [{ id, role: decoded.role, signers: [...new Set([body.author, ...endorsers])] }]
  })
}

function newest(words: readonly Word[]): RoleValue | undefined {
  const [first] = words.toSorted(
    (a, b) =>
      b.role.version - a.role.version || Number(b.role.revoked) - Number(a.role.revoked) || (a.id < b.id ? -1 : 1),
  )
  return first?.role
}
