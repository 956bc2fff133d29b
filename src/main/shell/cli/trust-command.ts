import { renderUnicodeCompact } from 'uqr'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { isPeerId, isRecordId, type PeerId } from '../../../shared/ids.ts'
import type { TrustChangedView, TrustRole, TrustView } from '../../../shared/trust-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { agoText, printable, table, timeText } from './words.ts'

/** `dt-swarm invite`: prints the link, and as a QR code where that was asked for. */
export async function makeInvite(
  endpoint: Endpoint,
  {
    role,
    uses,
    validForMs,
    qr,
    json,
  }: Output & { role?: TrustRole | undefined; uses: number; validForMs: number; qr: boolean },
  io: Io,
): Promise<void> {
  const asked = { uses, validForMs, ...(role === undefined ? {} : { role }) }
  const invite = await withApi(endpoint, (api) => api.trust.invite(asked))
  if (json) return io.out(JSON.stringify(invite, null, 2))
  if (qr) io.out(renderUnicodeCompact(invite.link, { border: 2 }))
  io.out(invite.link)
  const many = invite.usesLeft === 1 ? 'whoever comes with it first' : `the first ${invite.usesLeft} who come with it`
  const what =
    invite.role === null
      ? 'who comes with it asks to be admitted'
      : `admits ${many} as ${invite.role}, while this peer runs`
  io.note(`${what}; until ${timeText(invite.expiresAtMs)}; treat it as a password`)
}

/** `dt-swarm trust`: the state for people. */
export async function showTrust(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const trust = await withApi(endpoint, (api) => api.trust.get())
  io.out(json ? JSON.stringify(trust, null, 2) : trustText(trust))
}

export async function showAsks(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const { asks } = await withApi(endpoint, (api) => api.trust.get())
  if (json) return io.out(JSON.stringify(asks, null, 2))
  io.out(asks.length === 0 ? 'nobody waits to be admitted' : asksText(asks))
}

export async function showInvites(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const invites = await withApi(endpoint, (api) => api.trust.invites())
  if (json) return io.out(JSON.stringify(invites, null, 2))
  const rows = invites.map(({ id, role, usesLeft, expiresAtMs }) => [
    id,
    role ?? 'only asks',
    `${usesLeft}`,
    timeText(expiresAtMs),
  ])
  io.out(
    invites.length === 0
      ? 'no invite made here can still be used'
      : table(['INVITE', 'ADMITS AS', 'USES LEFT', 'UNTIL'], rows),
  )
}

export async function withdrawInvite(endpoint: Endpoint, { id, json }: Output & { id: string }, io: Io): Promise<void> {
  await withApi(endpoint, (api) => api.trust.withdrawInvite({ id }))
  io.out(json ? JSON.stringify({ withdrawn: id }) : `the invite ${id} can no longer be used`)
}

export async function admitPeer(
  endpoint: Endpoint,
  { peer, roles, dropGrants, json }: Output & { peer: string; roles: readonly TrustRole[]; dropGrants: boolean },
  io: Io,
): Promise<void> {
  await change(endpoint, { json }, io, async (api, trust) => {
    const subject = peerNamed(trust, peer)
    return { subject, trust: await api.trust.admit({ peer: subject, roles: [...roles], dropGrants }) }
  })
}

export async function revokePeer(
  endpoint: Endpoint,
  { peer, note, dropGrants, json }: Output & { peer: string; note?: string | undefined; dropGrants: boolean },
  io: Io,
): Promise<void> {
  await change(endpoint, { json }, io, async (api, trust) => {
    const subject = peerNamed(trust, peer)
    const asked = { peer: subject, dropGrants, ...(note === undefined ? {} : { note }) }
    return { subject, trust: await api.trust.revoke(asked) }
  })
}

export async function signChange(
  endpoint: Endpoint,
  { record, json }: Output & { record: string },
  io: Io,
): Promise<void> {
  if (!isRecordId(record)) throw new SwarmError('INVALID_INPUT', `"${record}" is not the id of a record.`)
  const said = await withApi(endpoint, async (api) => {
    await api.records.attest({ id: record, verdict: 'endorse' })
    return api.trust.record({ id: record })
  })
  io.out(json ? JSON.stringify(said, null, 2) : printable(`${said.what}: ${said.state}, ${said.reason}`))
}

export async function setRoot(
  endpoint: Endpoint,
  { keys, threshold, name, json }: Output & { keys: readonly string[]; threshold: number; name?: string | undefined },
  io: Io,
): Promise<void> {
  await change(endpoint, { json }, io, async (api, trust) => {
    const peers = keys.map((key) => peerNamed(trust, key))
    return {
      subject: null,
      trust: await api.trust.setRoot({ keys: peers, threshold, ...(name === undefined ? {} : { name }) }),
    }
  })
}

type Rule = Parameters<ApiClient['trust']['setPolicy']>[0]['rule']

export async function setPolicy(
  endpoint: Endpoint,
  { bucket, rule, json }: Output & { bucket: string; rule: Rule },
  io: Io,
): Promise<void> {
  await change(endpoint, { json }, io, async (api) => ({
    subject: null,
    trust: await api.trust.setPolicy({ bucket, rule }),
  }))
}

export async function showPolicies(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const { policies } = await withApi(endpoint, (api) => api.trust.get())
  if (json) return io.out(JSON.stringify(policies, null, 2))
  io.out(
    table(
      ['BUCKET', 'RULE', 'OF'],
      policies.map(({ bucket, rule, own }) => [bucket, rule, own ? 'this swarm' : 'built in']),
    ),
  )
}

/** Makes a change, and says whether it is done or waits for others. */
async function change(
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
  act: (
    api: ApiClient,
    before: TrustView,
  ) => Promise<{ readonly subject: PeerId | null; readonly trust: TrustChangedView }>,
): Promise<void> {
  const { before, subject, trust } = await withApi(endpoint, async (api) => {
    const seen = await api.trust.get()
    return { before: seen, ...(await act(api, seen)) }
  })
  if (json) return io.out(JSON.stringify(trust, null, 2))
  const lost = trust.lost ?? []
  if (lost.length > 0) io.note(printable(`not kept, as others must sign it too: ${lost.join('; ')}`))
  const warning = trust.root?.warning
  if (warning !== undefined && warning !== before.root?.warning) io.note(printable(`careful: ${warning}`))
  const known = new Set(before.proposals.map(({ recordId }) => recordId))
  const waiting = trust.proposals.filter(({ recordId, mine }) => !known.has(recordId) && !mine)
  for (const { what, missing, recordId } of waiting) io.out(printable(`proposed: ${what} (${missing}) ${recordId}`))
  if (waiting.length > 0) return
  const member = trust.members.find(({ peer }) => peer === subject)
  io.out(
    printable(
      member === undefined ? 'done' : `${member.name ?? member.peer}: ${standingText(member)}; ${member.reason}`,
    ),
  )
}

/** A peer by its id, or by its name where only one has it. */
export function peerNamed(trust: TrustView, text: string): PeerId {
  if (isPeerId(text)) return text
  const named = new Map<PeerId, string>()
  for (const { peer, name } of [...trust.asks, ...trust.members]) if (name === text) named.set(peer, name)
  const [peer, ...more] = named.keys()
  if (peer === undefined)
    throw new SwarmError('NOT_FOUND', `nobody called "${text}" is in the swarm or asks to be; give its id`)
  if (more.length === 0) return peer
  throw new SwarmError(
    'INVALID_INPUT',
    `${more.length + 1} peers are called "${text}", give the id: ${[peer, ...more].join(', ')}`,
  )
}

function trustText(trust: TrustView): string {
  const { swarm, self, root, members, asks, proposals, problems } = trust
  const parts = [
    `swarm: ${swarm.name} (${swarm.fingerprint})${swarm.private ? ', private' : ''}`,
    `this peer: ${standingText(self)}; ${self.reason}`,
    root === null
      ? 'root: not heard yet, so nobody is believed'
      : `root ${root.version}: ${root.threshold} of ${root.keys.length} must sign, until ${timeText(root.expiresAtMs)}: ${root.keys.map(({ name, peer }) => name ?? peer).join(', ')}`,
    ...problems.map(({ message }) => `problem: ${message}`),
  ].map(printable)
  if (members.length > 0) {
    const rows = members.map((member) => [
      member.name ?? '-',
      standingText(member),
      member.expiresAtMs === null ? '-' : timeText(member.expiresAtMs),
      member.reason,
      member.peer,
    ])
    parts.push('', table(['NAME', 'STANDING', 'UNTIL', 'WHY', 'PEER'], rows))
  }
  if (asks.length > 0) parts.push('', 'wait to be admitted:', asksText(asks))
  if (proposals.length > 0) {
    const rows = proposals.map(({ what, missing, mine, recordId }) => [what, missing, mine ? 'yes' : 'no', recordId])
    parts.push(
      '',
      'wait for signatures (dt-swarm trust sign RECORD):',
      table(['WHAT', 'MISSING', 'YOURS', 'RECORD'], rows),
    )
  }
  return parts.join('\n')
}

function asksText(asks: TrustView['asks']): string {
  const rows = asks.map(({ name, role, fingerprint, askedAtMs, invite, peer }) => [
    name,
    role,
    fingerprint,
    agoText(askedAtMs, Date.now()),
    invite === null ? '-' : 'yes',
    peer,
  ])
  return table(['NAME', 'AS', 'FINGERPRINT', 'ASKED', 'INVITED', 'PEER'], rows)
}

function standingText({ standing, roles }: Pick<TrustView['self'], 'standing' | 'roles'>): string {
  if (standing === 'root') return 'root key'
  return standing === 'member' ? roles.join(', ') : standing
}
