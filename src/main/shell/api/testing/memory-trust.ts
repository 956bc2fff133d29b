import { SwarmError } from '../../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../../shared/ids.ts'
import type {
  InvitePreview,
  InviteView,
  RestingView,
  SwarmView,
  TrustRole,
  TrustView,
} from '../../../../shared/trust-views.ts'
import { Emitter } from '../../../base/emitter.ts'
import type { ApiTrust } from '../api-peer.ts'

const swarmId = 'bafyreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' as RecordId

export const memorySwarm: SwarmView = {
  id: swarmId,
  name: 'test swarm',
  fingerprint: 'aaaa aaaa aaaa aaaa',
  private: false,
}

/** The trust of a peer in memory: who was admitted is a member, nobody has to sign anything. */
export class MemoryTrust implements ApiTrust {
  readonly heard = new Emitter<{ 'view:changed': Record<never, never> }>()
  readonly events = this.heard
  readonly members = new Map<PeerId, readonly TrustRole[]>()
  readonly made: InviteView[] = []

  view(): TrustView {
    return {
      swarm: memorySwarm,
      self: { standing: 'root', roles: ['operator', 'release'], reason: 'one of the keys of root 1' },
      root: null,
      members: [...this.members].map(([peer, roles]) => ({
        peer,
        name: null,
        fingerprint: peer.slice(-4),
        standing: 'member',
        roles: [...roles],
        reason: 'admitted in a test',
        recordId: null,
        sinceMs: null,
        expiresAtMs: null,
      })),
      asks: [],
      proposals: [],
      policies: [],
      problems: [],
    }
  }

  invite({ role, uses, validForMs }: Parameters<ApiTrust['invite']>[0]): InviteView {
    const invite: InviteView = {
      id: `invite-${this.made.length}`,
      link: 'dt-swarm://join/test',
      qr: '<svg/>',
      role,
      usesLeft: uses,
      createdAtMs: 1,
      expiresAtMs: 1 + validForMs,
      private: false,
    }
    this.made.push(invite)
    return invite
  }

  invites(): readonly InviteView[] {
    return this.made
  }

  withdrawInvite(id: string): void {
    const at = this.made.findIndex((invite) => invite.id === id)
    if (at < 0) throw new SwarmError('NOT_FOUND', `No open invite ${id} was made here.`)
    this.made.splice(at, 1)
  }

  readInvite(link: string): InvitePreview {
    if (!link.startsWith('dt-swarm://join/')) throw new SwarmError('BAD_INVITE', 'This is no invite.')
    return { swarm: memorySwarm, role: null, bootstrap: [], expiresAtMs: 1, current: true }
  }

  admit(peer: PeerId, roles: readonly TrustRole[]): TrustView {
    this.members.set(peer, roles)
    this.heard.emit('view:changed', {})
    return this.view()
  }

  revoke(peer: PeerId): TrustView {
    if (!this.members.delete(peer)) throw new SwarmError('NOT_TRUSTED', 'A root key can revoke that key.')
    this.heard.emit('view:changed', {})
    return this.view()
  }

  resting(): RestingView {
    return { total: 0, words: [] }
  }

  /** A test with a real book has it sign. */
  attest: ApiTrust['attest'] = (id) => {
    throw new SwarmError('NOT_FOUND', `This peer holds no trust record ${id}.`)
  }

  setRoot(): TrustView {
    return this.view()
  }

  setPolicy(bucket: string): TrustView {
    if (bucket !== 'files') throw new SwarmError('INVALID_INPUT', `No bucket is called "${bucket}".`)
    return this.view()
  }

  describe(id: RecordId): ReturnType<ApiTrust['describe']> {
    throw new SwarmError('NOT_FOUND', `This peer holds no trust record ${id}.`)
  }
}
