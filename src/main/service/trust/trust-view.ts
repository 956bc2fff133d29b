import { renderSVG } from 'uqr'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { rootRisk } from '../../../shared/root-risk.ts'
import type {
  AskView,
  InvitePreview,
  InviteView,
  MemberView,
  ProposalView,
  RestingView,
  SignerView,
  SwarmView,
  TrustView,
} from '../../../shared/trust-views.ts'
import { bucketNames } from '../../model/bucket.ts'
import { encodeInvite, type Invite } from '../../model/invite.ts'
import { ruleWords, type BucketRule } from '../../model/policy.ts'
import type { SignedRecord } from '../../model/record.ts'
import { signersOf } from '../../model/state.ts'
import { maySign, neededFor, neededForRoot, type Needed } from '../../model/trust-needs.ts'
import { decodeTrust } from '../../model/trust-records.ts'
import { fingerprintWords } from '../../model/trust-words.ts'
import { restingOn } from '../../model/trust-resting.ts'
import type { TrustState } from '../../model/trust.ts'
import type { SwarmFile } from '../../store/swarm-store.ts'
import type { WaitingAsk } from './admissions.ts'
import { usesLeft, type InviteBook, type MadeInvite } from './invite-book.ts'
import { withNames, wordsOf, type NameOf } from './trust-words.ts'

/** A person reads some; a swarm in which more wait has another problem. */
const maxProposals = 100
/** Strangers' asks are bounded by the bucket; a screen shows so many, oldest first. */
export const maxAsks = 200
/** What hangs on one key: a person sees whom it is about; the rest is counted. */
const maxResting = 200

export interface ViewInit {
  readonly state: TrustState
  readonly file: SwarmFile
  readonly self: PeerId
  readonly nameOf: NameOf
  readonly held: Iterable<SignedRecord>
  readonly waiting: readonly WaitingAsk[]
  readonly invites: Pick<InviteBook, 'provenBy'>
}

export function trustView(init: ViewInit): TrustView {
  const { state, file, self, nameOf } = init
  // One that has ended is shown too: its keys are those who can renew it.
  const root = state.root ?? state.expiredRoot
  const risk = root === null ? null : rootRisk(root.keys.length, root.threshold)
  const own = state.of(self)
  return {
    swarm: swarmView(file, state),
    self: { standing: own.standing, roles: [...own.roles], reason: withNames(own.reason, nameOf) },
    root:
      root === null
        ? null
        : {
            version: root.version,
            threshold: root.threshold,
            keys: root.keys.map((peer) => ({ peer, name: nameOf(peer) })),
            expiresAtMs: root.record.body.validUntil,
            recordId: root.record.id,
            ...(risk === null ? {} : { warning: risk }),
          },
    members: membersView(state, nameOf),
    asks: asksView(init),
    proposals: proposalsView(init),
    policies: bucketNames.map((bucket) => ({
      bucket,
      rule: bucket === 'trust' ? trustRule(state) : ruleWords(state.ruleOf(bucket)),
      own: root?.rules.has(bucket) ?? false,
      ...(bucket === 'trust' ? {} : { is: ruleView(state.ruleOf(bucket)) }),
    })),
    problems: [
      ...state.problems.map(({ code, message }) => ({ code, message: withNames(message, nameOf) })),
      ...(root?.keys ?? [])
        .filter((key) => state.wasOf(key).standing === 'revoked')
        .map((key) => ({ code: 'ROOT_KEY_REVOKED', message: withNames(stillInRoot(key), nameOf) })),
      ...(risk === null ? [] : [{ code: 'ROOT_CAN_FORK', message: `${risk}.` }]),
    ],
  }
}

/** What it signs counts for nothing but this: who may sign the next root is said by this one alone. */
function stillInRoot(key: PeerId): string {
  return (
    `The key of ${key} was revoked, but it is still one of the root keys, so it counts for the next root until there is ` +
    'one without it: sign the one that waits, or make it ("dt-swarm trust root").'
  )
}

export function swarmView(file: SwarmFile, state: TrustState): SwarmView {
  const { swarm } = file.anchor
  const name = (state.root ?? state.expiredRoot)?.name ?? file.name
  return { id: swarm, name, fingerprint: fingerprintWords(swarm), private: file.networkKey !== null }
}

export function previewOf(invite: Invite, current: RecordId): InvitePreview {
  const { swarm, name, networkKey, role, bootstrap, expiresAtMs } = invite
  return {
    swarm: { id: swarm, name, fingerprint: fingerprintWords(swarm), private: networkKey !== null },
    role,
    bootstrap: [...bootstrap],
    expiresAtMs,
    current: swarm === current,
  }
}

/** An invite with its link as of now: with the newest root, and where this peer can be reached. */
export function inviteView(made: MadeInvite, file: SwarmFile, name: string, bootstrap: readonly string[]): InviteView {
  const { id, secret, role, createdAtMs, expiresAtMs } = made
  const { swarm, root, rootVersion } = file.anchor
  const { networkKey } = file
  const scope = { swarm, root, rootVersion, name, networkKey }
  const link = encodeInvite({ ...scope, bootstrap, id, secret, role, issuedAtMs: createdAtMs, expiresAtMs })
  const qr = renderSVG(link, { border: 2, ecc: 'L' })
  return { id, link, qr, role, usesLeft: usesLeft(made), createdAtMs, expiresAtMs, private: networkKey !== null }
}

function membersView(state: TrustState, nameOf: NameOf): MemberView[] {
  return state.members().map(({ peer, standing, roles, reason, record }) => ({
    peer,
    name: nameOf(peer),
    fingerprint: fingerprintWords(peer),
    standing,
    roles: [...roles],
    reason: withNames(reason, nameOf),
    recordId: record?.id ?? null,
    sinceMs: record?.body.validFrom ?? null,
    expiresAtMs: record?.body.validUntil ?? null,
  }))
}

/** What hangs on a key, whom it has admitted first: that is what a person may want to let go. */
export function restingView(state: TrustState, peer: PeerId, nameOf: NameOf): RestingView {
  const resting = restingOn(state, peer)
  const words = resting
    .map(({ record, role }) => ({
      recordId: record.id,
      peer: role.subject,
      name: nameOf(role.subject),
      roles: [...role.roles],
      revokes: role.revoked,
    }))
    .sort((a, b) => Number(a.revokes) - Number(b.revokes))
  return { total: words.length, words: words.slice(0, maxResting) }
}

function asksView({ waiting, invites }: ViewInit): AskView[] {
  return waiting.slice(0, maxAsks).map(({ record, ask }) => {
    const peer = record.body.author
    return {
      peer,
      name: ask.name,
      fingerprint: fingerprintWords(peer),
      role: ask.role,
      simulated: ask.simulated,
      askedAtMs: record.body.validFrom,
      invite: invites.provenBy(peer, ask)?.id ?? null,
    }
  })
}

/** Changes that lack signatures, of those who may propose them; the newest first, for whoever may may propose nonsense. */
export function proposalsOf(
  state: TrustState,
  held: Iterable<SignedRecord>,
): readonly { readonly record: SignedRecord; readonly needed: Needed }[] {
  const proposals: { record: SignedRecord; needed: Needed }[] = []
  for (const record of held) {
    if (state.verdictOf(record.id)?.state !== 'proposed') continue
    const needed = neededOf(state, record)
    if (needed !== null && maySign(state, needed, record.body.author)) proposals.push({ record, needed })
  }
  return proposals.sort((a, b) => b.record.body.validFrom - a.record.body.validFrom).slice(0, maxProposals)
}

/** Whether this peer's signature would count and is not there yet. */
export function isMine(state: TrustState, needed: Needed, { body, attestations }: SignedRecord, self: PeerId): boolean {
  const signed = body.author === self || attestations.some(({ author }) => author === self)
  return !signed && maySign(state, needed, self)
}

function proposalsView({ state, held, nameOf, self }: ViewInit): ProposalView[] {
  return proposalsOf(state, held).map(({ record, needed }) => ({
    recordId: record.id,
    what: wordsOf(record, nameOf),
    missing: withNames(state.verdictOf(record.id)?.reason ?? '', nameOf),
    signers: signersView(state, record, needed, nameOf),
    mine: isMine(state, needed, record, self),
    proposedAtMs: record.body.validFrom,
  }))
}

/** Who must sign this; null for what is no change of trust. */
function neededOf(state: TrustState, record: SignedRecord): Needed | null {
  const statement = decodeTrust(record.body)
  if (statement.kind === 'root') return neededForRoot(state, statement.root)
  return statement.kind === 'role' ? neededFor(state, statement.role) : null
}

function signersView(state: TrustState, record: SignedRecord, needed: Needed, nameOf: NameOf): SignerView[] {
  return signersOf(record, state).map(({ peer, verdict, at }) => {
    const { standing, roles } = state.of(peer)
    const counts = verdict !== 'dismiss' && maySign(state, needed, peer)
    return { peer, name: nameOf(peer), verdict, atMs: at, roles: [...roles], standing, counts }
  })
}

function ruleView({ authors, endorse, dismiss }: BucketRule): NonNullable<TrustView['policies'][number]['is']> {
  return {
    authors: [...authors],
    endorse: { roles: [...endorse.roles], count: endorse.count },
    dismiss: { roles: [...dismiss.roles], count: dismiss.count },
  }
}

function trustRule({ root }: TrustState): string {
  const keys = root?.keys.length ?? 0
  const who = keys < 2 ? 'the root key decides' : `${root?.threshold} of ${keys} root keys decide`
  return `${who} about root keys, operators and releasers; an operator admits and revokes robots and servers`
}
