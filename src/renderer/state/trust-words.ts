import type { MemberView, TrustRole, TrustView } from '../../shared/trust-views.ts'

export const roleWords: readonly { readonly value: TrustRole; readonly label: string; readonly about: string }[] = [
  { value: 'robot', label: 'robot', about: 'reports its health, shares its logs, takes approved updates' },
  { value: 'server', label: 'server', about: 'always up: keeps copies, passes records on' },
  { value: 'operator', label: 'operator', about: 'admits and revokes robots and servers, approves updates' },
  { value: 'release', label: 'release', about: 'signs software releases' },
]

/** Roles that only the root keys grant. */
const rootOnly: readonly TrustRole[] = ['operator', 'release']

/** Whether this peer may admit and revoke at all. */
export function maySteer(trust: TrustView): boolean {
  return trust.self.standing === 'root' || trust.self.roles.includes('operator')
}

/** What becomes of admitting with these roles: done at once, or a proposal that others must sign; null: done at once. */
export function othersMustSign(trust: TrustView, roles: readonly TrustRole[], was?: MemberView): string | null {
  const rooted =
    roles.some((role) => rootOnly.includes(role)) ||
    was?.standing === 'root' ||
    was?.roles.some((role) => rootOnly.includes(role)) === true
  if (!rooted) return null
  const threshold = trust.root?.threshold ?? 1
  if (trust.self.standing !== 'root')
    return 'Only root keys decide about operators and release keys: this becomes a proposal that they must sign.'
  return threshold > 1
    ? `${threshold} root keys must sign this: it becomes a proposal, with your signature on it.`
    : null
}

/** A peer's name, or enough of its id to tell it from others. */
export function memberName(member: { readonly name: string | null; readonly peer: string }): string {
  return member.name ?? `${member.peer.slice(0, 8)}…${member.peer.slice(-6)}`
}
