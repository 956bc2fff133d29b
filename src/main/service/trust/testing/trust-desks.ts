import { expect } from 'vitest'
import { talk, type TrustPeer } from './trust-peer.ts'
import type { TrustTeam } from './trust-team.ts'

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

/** Three desks, two of which must sign. */
export async function twoOfThree(start: TrustTeam['start']): Promise<readonly [TrustPeer, TrustPeer, TrustPeer]> {
  const a = await start('a')
  const link = linkOf(a, null, 1)
  const [b, c] = [
    await start('b', { join: link, role: 'operator' }),
    await start('c', { join: link, role: 'operator' }),
  ]
  a.trust.setRoot({ keys: [a.peerId, b.peerId, c.peerId], threshold: 2 })
  talk(a, b, c)
  // Two of the new set must have signed too.
  expect(a.trust.view().root).toMatchObject({ version: 1 })
  sign(b)
  talk(a, b, c)
  for (const peer of [a, b, c]) expect(peer.trust.view().root).toMatchObject({ version: 2, threshold: 2 })
  return [a, b, c]
}
