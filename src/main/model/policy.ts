import { trustRoles, type TrustRole } from '../../shared/trust-views.ts'

/**
 * Whose signatures make a record of a bucket count. The author's signature is one of them when it has the role; a
 * peer's `endorse` is another. Revoked keys and strangers weigh nothing.
 */
export interface BucketRule {
  /** The author must have one of these roles; empty: anybody may author, strangers too. */
  readonly authors: readonly TrustRole[]
  /** So many peers with one of these roles must have signed (author included). A count of 0 asks for none. */
  readonly endorse: { readonly roles: readonly TrustRole[]; readonly count: number }
  /** So many peers with one of these roles can dismiss another's record; the author alone always can. 0: nobody else. */
  readonly dismiss: { readonly roles: readonly TrustRole[]; readonly count: number }
}

/** As many as root keys: a rule that asks for more could never be met by a small swarm. */
export const maxRuleCount = 16

/** Whoever has any role may author, and an operator may dismiss what is wrong or unwanted. */
export const membersRule: BucketRule = {
  authors: trustRoles,
  endorse: { roles: trustRoles, count: 0 },
  dismiss: { roles: ['operator'], count: 1 },
}

/** As `membersRule`; and whoever has a role may sign beside the author, whose own signature is enough. */
export const witnessedRule: BucketRule = { ...membersRule, endorse: { roles: trustRoles, count: 1 } }

export const operatorsRule: BucketRule = {
  authors: ['operator'],
  endorse: { roles: ['operator'], count: 1 },
  dismiss: { roles: ['operator'], count: 1 },
}

export const releasersRule: BucketRule = {
  authors: ['release'],
  endorse: { roles: ['release'], count: 1 },
  dismiss: { roles: ['release'], count: 1 },
}

const rolePeople: Readonly<Record<TrustRole, string>> = {
  operator: 'operator',
  release: 'releaser',
  robot: 'robot',
  server: 'server',
}

/** The rule as one sentence for people: "any member may author; an operator may dismiss". */
export function ruleWords(rule: BucketRule): string {
  const { authors, endorse, dismiss } = rule
  const parts = [authors.length === 0 ? 'anybody may author, strangers too' : `${oneOf(authors)} may author`]
  // The author's own signature is the first of the count; of one that must have the role anyway it is all of it.
  const authorCounts = authors.length > 0 && authors.every((role) => endorse.roles.includes(role))
  if (endorse.count > (authorCounts ? 1 : 0)) {
    parts.push(
      `${countOf(endorse.count, endorse.roles)} must have signed${authorCounts ? ', the author included' : ''}`,
    )
  }
  parts.push(
    dismiss.count === 0
      ? 'only its author may dismiss'
      : dismiss.count === 1
        ? `${oneOf(dismiss.roles)} may dismiss`
        : `${countOf(dismiss.count, dismiss.roles)} together may dismiss`,
  )
  return parts.join('; ')
}

/** "2 operators", "1 operator or releaser", "3 members" */
export function countOf(count: number, roles: readonly TrustRole[]): string {
  const words = isEveryRole(roles) ? ['member'] : roles.map((role) => rolePeople[role])
  return `${count} ${words.map((word) => (count === 1 ? word : `${word}s`)).join(' or ')}`
}

/** "an operator", "a releaser or an operator", "any member" */
export function oneOf(roles: readonly TrustRole[]): string {
  if (isEveryRole(roles)) return 'any member'
  return roles.map((role) => `${role === 'operator' ? 'an' : 'a'} ${rolePeople[role]}`).join(' or ')
}

function isEveryRole(roles: readonly TrustRole[]): boolean {
  return trustRoles.every((role) => roles.includes(role))
}

export function hasRoleOf(has: ReadonlySet<TrustRole>, wanted: readonly TrustRole[]): boolean {
  for (const role of wanted) if (has.has(role)) return true
  return false
}
