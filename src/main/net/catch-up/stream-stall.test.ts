import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import type { PeerId } from '../../../shared/ids.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { encodeFrame, parseAnswer, type Question } from './reconcile-frames.ts'
import { makeNode, stopNodes } from '../testing/nodes.ts'
import { circle, startPeer, stopPeers } from '../testing/peers.ts'
import { reconcileProtocol } from '../messages/topics.ts'

afterEach(async () => {
  await stopNodes()
  await stopPeers()
})

const soon = { timeout: 20_000, interval: 20 }

/** "All that you hold differs from what I hold." */
const differsWholly: Question = ['round', [['files', Buffer.concat([Uint8Array.of(0x61, 0, 0, 1), randomBytes(16)])]]]

test('members that ask the same again and again lose their places to one that has something to ask', async () => {
  const target = await startPeer()
  target.say('files', 'a', 200)
  let asked = 0
  const asking: Promise<void>[] = []
  // As many as are answered at the same time.
  for (let i = 0; i < 4; i += 1) {
    const node = await makeNode({ bootstrap: [target.address] })
    circle.admitPeer(node.peerId)
    await node.start()
    const connection = await node.libp2p.dial(multiaddr(target.address))
    await vi.waitFor(() => expect(target.book.trust().of(node.peerId as PeerId).standing).not.toBe('stranger'), soon)
    const frames = lpStream(await connection.newStream(reconcileProtocol))
    const askOn = async (): Promise<void> => {
      await frames.write(encodeFrame(['hello', 'test', []]))
      expect(parseAnswer((await frames.read()).subarray())?.[0]).toBe('round')
      for (;;) {
        await frames.write(encodeFrame(differsWholly))
        await frames.read()
        asked += 1
      }
    }
    asking.push(askOn().catch(() => {}))
  }
  await Promise.all(asking)
  expect(target.counters.get('catch-up.refused:stalled')).toBe(4)
  // It may first have been heard while it had more to tell.
  expect(asked).toBeLessThanOrEqual(4 * 80)
  const honest = await startPeer({ bootstrap: [target.address] })
  await vi.waitFor(() => expect(honest.keys('files')).toHaveLength(200), soon)
}, 60_000)
