import { afterEach, expect, test, vi } from 'vitest'
import { startPeer, stopPeers, type TestPeer } from '../../net/testing/peers.ts'
import { encodeMachine } from '../membership/machine-record.ts'
import { Discovery } from './discovery.ts'

const soon = { timeout: 20_000, interval: 20 }
const discoveries: Discovery[] = []

afterEach(async () => {
  await Promise.all(discoveries.splice(0).map((discovery) => discovery.stop()))
  await stopPeers()
})

/** A peer that knows one address, and says where it is. */
async function join(bootstrap: readonly string[]): Promise<TestPeer> {
  const peer = await startPeer({ bootstrap })
  const discovery = new Discovery({ book: peer.book, node: peer.node })
  discoveries.push(discovery)
  await discovery.start()
  const addresses = peer.node.addresses()
  peer.book.author({
    bucket: 'machines',
    key: 'self',
    value: encodeMachine({
      name: 'robot',
      role: 'robot',
      version: '1',
      robot: null,
      simulated: false,
      os: '',
      addresses,
      startedAtMs: 0,
      announceEveryMs: 10_000,
      leaving: false,
      clockSkewMs: -2_000,
      rootVersion: 3,
      trustFingerprint: '00ff',
      archive: false,
      copies: 1,
    }),
    validForMs: 3_600_000,
  })
  return peer
}

test('twelve that know only the first find each other, and stay together when the first dies', async () => {
  const first = await join([])
  const rest: TestPeer[] = []
  for (let i = 0; i < 11; i += 1) rest.push(await join([first.address]))
  await vi.waitFor(() => expect(Math.min(...rest.map(({ node }) => node.neighbours().length))).toBeGreaterThan(3), soon)
  await first.stop()
  await vi.waitFor(() => expect(rest.some(({ node }) => node.linked(first.node.peerId))).toBe(false), soon)
  rest[4]?.say('files', 'log')
  await vi.waitFor(() => expect(rest.map((peer) => peer.keys('files').length)).toEqual(rest.map(() => 1)), soon)
}, 60_000)
