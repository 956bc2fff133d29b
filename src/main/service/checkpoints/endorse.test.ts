import { afterEach, expect, it } from 'vitest'
import { startCheckpointPeer, stopCheckpointPeers, waitFor } from './testing/checkpoint-peer.ts'

afterEach(stopCheckpointPeers)

it('a robot endorses what another robot has announced, when only what machines say differs', async () => {
  const a = await startCheckpointPeer({ name: 'a' })
  a.say('files', 'log', 20)
  const b = await startCheckpointPeer({
    name: 'b',
    bootstrap: [a.address],
    checkpoints: { firstMs: 1e9, endorseMs: 100 },
  })
  await waitFor(() => expect(b.count('files')).toBe(20))
  expect([...a.book.trust().of(b.identity.peerId).roles]).toEqual(['robot'])
  const { root } = await a.checkpoints.create()
  // What every machine says by the second, after a has made its checkpoint: so no two roots are ever the same.
  b.say('machines', 'self', 1)
  await waitFor(() => expect(b.counters.get('checkpoints.endorsed')).toBe(1))
  await waitFor(() =>
    expect(a.checkpoints.get(root)?.signers).toMatchObject([
      { name: 'a', how: 'announced' },
      { name: 'b', how: 'endorsed' },
    ]),
  )
  expect(b.counters.get('checkpoints.failed')).toBe(0)
  expect(b.counters.get('checkpoints.made')).toBe(1)
})
