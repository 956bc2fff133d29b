import type { PeerId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import { maxTrustVersion, type RootValue } from './trust-records.ts'
import { privilegedRoles } from './trust-roles.ts'
import { countIn } from './trust-words.ts'
import type { TrustState } from './trust.ts'

/** Who must sign a change of trust before it counts. */
export type Needed =
  /** So many of these root keys. */
  | { readonly kind: 'root'; readonly threshold: number; readonly keys: readonly PeerId[] }
  /** One operator; a root key is one. */
  | { readonly kind: 'operator' }
  /** The next root: the threshold of the keys in force, and the threshold of its own. */
  | {
      readonly kind: 'next-root'
      readonly threshold: number
      readonly keys: readonly PeerId[]
      readonly ownThreshold: number
      readonly ownKeys: readonly PeerId[]
    }
  /** No root is known, so nobody can decide anything. */
  | { readonly kind: 'nobody' }

/** What is to be said about a peer. Revoking grants no roles. */
export interface RoleChange {
  readonly subject: PeerId
  readonly roles: readonly TrustRole[]
}

/** The version that the next role record about a peer must have. */
export function nextVersionFor(state: TrustState, subject: PeerId): number {
  return Math.min(maxTrustVersion, state.versionOf(subject) + 1)
}

/** Who must sign a role record about a peer: an operator for robots and servers, else the root's threshold. */
export function neededFor(state: TrustState, change: RoleChange): Needed {
  if (state.root === null) return { kind: 'nobody' }
  const word = state.rootWordOn(change.subject)
  const privileged = change.roles.some((role) => privilegedRoles.includes(role))
  if (!privileged && word !== 'privileged' && word !== 'revoked') return { kind: 'operator' }
  const { keys, threshold } = state.root
  // What root keys say about each other counts even from one that was revoked: see `evaluateRoles`.
  const sound = keys.includes(change.subject) ? keys : keys.filter((key) => state.of(key).standing !== 'revoked')
  return { kind: 'root', threshold, keys: sound }
}

/** Who must sign the root after the one in force, or after that which has ended. Nobody: it follows another one. */
export function neededForRoot(
  state: TrustState,
  next: Pick<RootValue, 'keys' | 'threshold'> & Partial<Pick<RootValue, 'previous'>>,
): Needed {
  const current = state.root ?? state.expiredRoot
  if (current === null) return { kind: 'nobody' }
  if (next.previous !== undefined && next.previous !== current.record.id) return { kind: 'nobody' }
  const { keys, threshold } = current
  return { kind: 'next-root', threshold, keys, ownThreshold: next.threshold, ownKeys: next.keys }
}

/** Whether these signatures are enough: then the change counts at once, and is no proposal. */
export function isEnough(state: TrustState, needed: Needed, signers: ReadonlySet<PeerId>): boolean {
  switch (needed.kind) {
    case 'nobody':
      return false
    case 'operator':
      return [...signers].some((peer) => state.of(peer).roles.has('operator'))
    case 'root':
      return countIn(signers, needed.keys) >= needed.threshold
    case 'next-root':
      return (
        countIn(signers, needed.keys) >= needed.threshold && countIn(signers, needed.ownKeys) >= needed.ownThreshold
      )
  }
}

/** Whether a peer's signature has weight in this change. */
export function maySign(state: TrustState, needed: Needed, peer: PeerId): boolean {
  switch (needed.kind) {
    case 'nobody':
      return false
    case 'operator':
      return state.of(peer).roles.has('operator')
    case 'root':
      return needed.keys.includes(peer)
    case 'next-root':
      return needed.keys.includes(peer) || needed.ownKeys.includes(peer)
  }
}
