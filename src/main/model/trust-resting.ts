import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { RootValue } from './trust-records.ts'
import { evaluateRoles } from './trust-roles.ts'
import type { RoleEntry, RootState, TrustState } from './trust.ts'

/**
 * The role records in force that would stop counting without a peer's signature: what hangs on it, be it as a root key, as
 * an operator, or by way of operators that hang on it. What is in force about the peer itself is not among them.
 */
export function restingOn(state: TrustState, peer: PeerId): readonly RoleEntry[] {
  const root = state.root ?? state.expiredRoot
  if (root === null) return []
  const left = evaluateRoles(root, state.roleEntries, state.time, { without: peer })
  return missingIn(state, root, left.inForce).filter(({ role }) => role.subject !== peer)
}

/** The role records in force that would stop counting under the next root. */
export function lostUnder(state: TrustState, next: RootValue): readonly RoleEntry[] {
  const root = state.root ?? state.expiredRoot
  if (root === null) return []
  // Only its keys and what it keeps are looked at: it need not be signed yet.
  const after = evaluateRoles({ ...next, record: root.record }, state.roleEntries, state.time)
  return missingIn(state, root, after.inForce)
}

/**
 * What the next root has to keep so that nothing stops counting under it. More than `lostUnder` tells at once: a
 * revocation of one of its keys, when that is kept, takes the weight of others.
 * @param next what it keeps already stays so
 */
export function keepsFor(state: TrustState, next: RootValue): readonly RoleEntry[] {
  const keeps = new Map<RecordId, RoleEntry>()
  // Each round adds one at least, of those that are in force.
  for (;;) {
    const lost = lostUnder(state, { ...next, keeps: [...next.keeps, ...keeps.keys()] })
    const added = lost.filter(({ record }) => !keeps.has(record.id))
    if (added.length === 0) return [...keeps.values()]
    for (const entry of added) keeps.set(entry.record.id, entry)
  }
}

function missingIn(state: TrustState, root: RootState, left: readonly RoleEntry[]): readonly RoleEntry[] {
  const kept = new Set(left.map(({ record }) => record.id))
  return evaluateRoles(root, state.roleEntries, state.time).inForce.filter(({ record }) => !kept.has(record.id))
}
