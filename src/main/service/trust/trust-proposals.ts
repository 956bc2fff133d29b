import type { PeerId } from '../../../shared/ids.ts'
import { addedBy } from '../../model/attest-rights.ts'
import { maySign, type Needed } from '../../model/trust-needs.ts'
import { decodeTrust, encodeRoot, type RoleValue, type RootValue } from '../../model/trust-records.ts'
import { tookBack } from '../../model/trust-words.ts'
import type { TrustState } from '../../model/trust.ts'
import type { SignedRecord } from '../../model/record.ts'

/** Whom one asks for what waits for signatures already. */
export interface Waiting {
  readonly state: TrustState
  readonly held: Iterable<SignedRecord>
  readonly needed: Needed
  /** What waits is signed instead of said again only when it lasts as long as what was to be said, give or take a day. */
  readonly mustLastUntilMs: number
}

/** The role record that says this about a peer, and waits for signatures. */
export function waitingRole(
  waiting: Waiting,
  subject: PeerId,
  value: Pick<RoleValue, 'roles' | 'revoked'>,
): SignedRecord | undefined {
  const { state } = waiting
  const latest = state.versionOf(subject)
  const inForce = state.wordOn(subject)?.role.version ?? 0
  return find(waiting, (record) => {
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
}

/** The root that says this, and waits for signatures. What it keeps may differ, but must count already. */
export function waitingRoot(waiting: Waiting, value: RootValue): SignedRecord | undefined {
  const wordsOf = (root: RootValue): string => JSON.stringify(encodeRoot({ ...root, keeps: [] }))
  const words = wordsOf(value)
  return find(waiting, (record) => {
    const statement = decodeTrust(record.body)
    return (
      statement.kind === 'root' && wordsOf(statement.root) === words && addedBy(statement.root, waiting.state) === 0
    )
  })
}

/**
 * A record that says the same and lacks signatures. Of those who have a say in it alone, and for as long: somebody else
 * could have it lie ready, made to end or to be outranked soon, to be signed instead of what is meant.
 */
function find(
  { state, held, needed, mustLastUntilMs }: Waiting,
  isSame: (record: SignedRecord) => boolean,
): SignedRecord | undefined {
  // The keys that only the next root names have no say before it counts.
  const by: Needed = needed.kind === 'next-root' ? { ...needed, kind: 'root' } : needed
  for (const record of held) {
    const { author, validUntil } = record.body
    if (validUntil < mustLastUntilMs || tookBack(record)) continue
    if (!maySign(state, by, author) || state.wasOf(author).standing === 'revoked') continue
    if (state.verdictOf(record.id)?.state === 'proposed' && isSame(record)) return record
  }
  return undefined
}

export function sameSet<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item))
}
