import type { TrustPeer } from './trust-peer.ts'
import { talk } from './trust-peer.ts'

export const dayMs = 24 * 60 * 60_000

export const linkOf = (peer: TrustPeer, role: 'robot' | 'operator' | null = null, uses = 1): string =>
  peer.trust.invite({ role, uses, validForMs: dayMs }).link

/** Signs all that waits for this peer. @returns how many */
export function sign(peer: TrustPeer): number {
  const mine = peer.trust.view().proposals.filter((proposal) => proposal.mine)
  for (const { recordId } of mine) peer.trust.attest(recordId, 'endorse')
  return mine.length
}

export const standing = (at: TrustPeer, of: { readonly peerId: TrustPeer['peerId'] }) =>
  at.book.trust().of(of.peerId).standing

/** Has others sign what one of them proposes, until nothing waits. */
export function agree(...peers: readonly TrustPeer[]): void {
  talk(...peers)
  for (let round = 0; round < 5; round++) {
    const signed = peers.map((peer) => {
      const count = sign(peer)
      talk(...peers)
      return count
    })
    if (signed.every((count) => count === 0)) return
  }
}
