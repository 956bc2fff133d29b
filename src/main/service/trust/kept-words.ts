import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { maxKeptWords, type RootValue } from '../../model/trust-records.ts'
import { keepsFor, restingOn } from '../../model/trust-resting.ts'
import { maySign, neededFor } from '../../model/trust-needs.ts'
import { trustSigners } from '../../model/trust-words.ts'
import type { RoleEntry, TrustState } from '../../model/trust.ts'
import type { RecordBook } from '../../store/record-book.ts'

export interface KeptWordsDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'attestAll' | 'trust'>
}

/**
 * Signs what hangs on a signature that is about to weigh nothing: else revoking an operator would silently end the
 * revocations that it has signed, and with the peers that it has admitted a whole fleet could fall out.
 * @param dropGrants let go what it has granted: revocations are kept all the same
 * @returns what still hangs on it, because this peer has no say in it, or more must sign
 */
export function keepWithout(
  deps: KeptWordsDeps,
  peer: PeerId,
  { dropGrants }: { readonly dropGrants: boolean },
): readonly RoleEntry[] {
  const wanted = ({ role }: RoleEntry): boolean => role.revoked || !dropGrants
  signEach(deps, restingOn(deps.book.trust(), peer).filter(wanted))
  return restingOn(deps.book.trust(), peer).filter(wanted)
}

/** The same for the keys that go with the next root, as far as that does not keep it. */
export function keepUnder(deps: KeptWordsDeps, next: RootValue): void {
  signEach(deps, keepsFor(deps.book.trust(), next))
}

/**
 * What the next root must keep, since it would lose its weight with the keys that go. Only when that is too much this peer
 * signs what it may itself.
 * @param dropped let go
 * @throws SwarmError LIMIT_REACHED
 */
export function keptBy(deps: KeptWordsDeps, next: RootValue, dropped: readonly RoleEntry[]): readonly RecordId[] {
  const isDropped = new Set(dropped.map(({ record }) => record.id))
  const needed = (): readonly RecordId[] =>
    keepsFor(deps.book.trust(), next)
      .map(({ record }) => record.id)
      .filter((id) => !isDropped.has(id))
  let keeps = needed()
  if (keeps.length > maxKeptWords) {
    keepUnder(deps, next)
    keeps = needed()
  }
  if (keeps.length <= maxKeptWords) return keeps
  throw new SwarmError(
    'LIMIT_REACHED',
    `With these keys ${keeps.length} role records would stop counting, and a root can keep ${maxKeptWords}. Let a key ` +
      'that stays sign them first, or make who goes an operator, so that what it has granted goes on counting.',
    { detail: { records: keeps.length, max: maxKeptWords } },
  )
}

/** Whether a change of roles takes weight from a peer's signatures: it is revoked, or an operator no more. */
export function takesWeight(
  state: TrustState,
  subject: PeerId,
  { roles, revoked }: { readonly roles: readonly string[]; readonly revoked: boolean },
): boolean {
  if (revoked) return true
  const isRootKey = (state.root ?? state.expiredRoot)?.keys.includes(subject) === true
  return !isRootKey && state.of(subject).roles.has('operator') && !roles.includes('operator')
}

function signEach({ self, book }: KeptWordsDeps, words: readonly RoleEntry[]): void {
  const state = book.trust()
  const mine = words.filter(
    ({ record, role }) => !trustSigners(record).has(self) && maySign(state, neededFor(state, role), self),
  )
  book.attestAll(
    mine.map(({ record }) => record.id),
    'endorse',
  )
}
