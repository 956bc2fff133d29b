import type { PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import { isPossibleTime } from '../../model/clock-sync.ts'
import { askProof, decodeInvite, type Invite } from '../../model/invite.ts'
import type { SwarmFile } from '../../store/swarm-store.ts'

/**
 * What a link says. @param nowMs what has ended by then is refused; 0: whatever its age
 * @throws SwarmError BAD_INVITE with the reason as a sentence
 */
export function readLink(link: string, nowMs: number): Invite {
  const decoded = decodeInvite(link, nowMs)
  if (decoded.kind === 'ok') return decoded.invite
  throw new SwarmError('BAD_INVITE', decoded.why, { detail: { reason: decoded.reason } })
}

/** Clocks of the one who made an invite and of the one who takes it may differ; by more, one of them is wrong. */
const aheadMs = 24 * 60 * 60_000

/**
 * Where a peer begins that comes with an invite.
 * @param peer.role what it asks to be where the invite names none
 * @param peer.nowMs what its own clock says
 */
export function swarmOfInvite(
  invite: Invite,
  peer: { readonly peerId: PeerId; readonly role: TrustRole; readonly nowMs: number },
): SwarmFile {
  const { swarm, root, rootVersion, name, networkKey, bootstrap, id, secret, role, issuedAtMs, expiresAtMs } = invite
  return {
    anchor: { swarm, root, rootVersion },
    name,
    networkKey,
    bootstrap,
    ask: {
      role: role ?? peer.role,
      invite: secret === null ? null : id,
      proof: secret === null ? null : askProof(secret, peer.peerId),
    },
    // It was made by somebody of that swarm: no clock of it is before that. But what it says is a word like any other,
    // and must not hold a clock that can be right to be years behind.
    lastTimeMs: isPossibleTime(peer.nowMs) ? Math.min(issuedAtMs, Math.trunc(peer.nowMs) + aheadMs) : issuedAtMs,
    inviteEndsMs: expiresAtMs,
    rootRecord: null,
  }
}

/**
 * The swarm of a home that is started with an invite. In that swarm already, what the invite brings is taken over: the
 * way in, and the proof; an invite that ended does no harm then, for a service is started with it again and again.
 * @throws SwarmError BAD_INVITE; INVALID_INPUT when the home belongs to another swarm
 */
export function joinAtStart(
  link: string,
  before: SwarmFile | undefined,
  peer: { readonly peerId: PeerId; readonly role: TrustRole; readonly nowMs: number },
): SwarmFile {
  const same = before !== undefined && readLink(link, 0).swarm === before.anchor.swarm
  const invite = readLink(link, same ? 0 : peer.nowMs)
  const next = swarmOfInvite(invite, peer)
  if (before === undefined) return next
  if (!same) {
    throw new SwarmError(
      'INVALID_INPUT',
      `This peer is in the swarm "${before.name}" already, and the invite is for "${invite.name}". ` +
        'To leave the one for the other, stop the daemon and run "dt-swarm join LINK".',
    )
  }
  // Anybody can write a link that names this swarm: its key and what is believed of it are not changed by one.
  return { ...before, bootstrap: next.bootstrap, ask: next.ask }
}
