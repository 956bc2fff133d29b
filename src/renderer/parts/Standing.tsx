import { IconKey, IconShieldCheck, IconShieldX, IconUserQuestion } from '@tabler/icons-react'
import type { Standing, TrustRole } from '../../shared/trust-views.ts'

const marks = {
  root: { Icon: IconKey, word: 'root key', level: 'ok' },
  member: { Icon: IconShieldCheck, word: 'member', level: 'ok' },
  stranger: { Icon: IconUserQuestion, word: 'stranger', level: 'look' },
  revoked: { Icon: IconShieldX, word: 'revoked', level: 'act' },
} as const

interface StandingProps {
  readonly standing: Standing
  readonly reason?: string
}

/** What the trust records make of a peer: a shape and a word. */
export function StandingWord({ standing, reason }: StandingProps) {
  const { Icon, word, level } = marks[standing]
  return (
    <span className={`status level-${level}`} title={reason}>
      <Icon className="icon" stroke={1.7} aria-hidden /> {word}
    </span>
  )
}

/** As a chip, only where it must be said: of those whose words change nothing. */
export function StandingChip({ standing, reason }: StandingProps) {
  if (standing === 'root' || standing === 'member') return null
  const { Icon, word, level } = marks[standing]
  return (
    <span className={`chip level-${level}`} title={reason}>
      <Icon className="icon" stroke={1.7} aria-hidden /> {word}
    </span>
  )
}

export function rolesWords(roles: readonly TrustRole[]): string {
  return roles.length === 0 ? 'no role' : roles.join(', ')
}
