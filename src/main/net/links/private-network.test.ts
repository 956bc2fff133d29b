import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'

const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await stopNodes()
})

const networkKey = randomBytes(32)
const soon = { timeout: 15_000, interval: 20 }

async function started(init: Parameters<typeof makeNode>[0] = {}): Promise<TestNode> {
  const node = await makeNode(init)
  await node.start()
  return node
}

/** Tries as an outsider would: dials each address, and tells what came of it. */
async function dialAll(from: TestNode, to: TestNode): Promise<readonly string[]> {
  const outcomes = to.addresses().map(async (address) => {
    try {
      await from.libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(8_000) })
      return 'linked'
    } catch {
      return 'refused'
    }
  })
  return Promise.all(outcomes)
}

test('who has the network key is linked, over TCP with TLS inside', async () => {
  const a = await started({ networkKey })
  const b = await started({ networkKey, bootstrap: a.addresses() })
  await vi.waitFor(() => expect(b.links()[0]).toMatchObject({ peer: a.peerId, transport: 'tcp' }), soon)
  expect(b.links()[0]?.encryption).toContain('tls')
  await vi.waitFor(() => expect(a.linked(b.peerId)).toBe(true), soon)
})

test('without the key, or with another one, no handshake ends, whoever dials', async () => {
  const inside = await started({ networkKey })
  const without = await started()
  const other = await started({ networkKey: randomBytes(32) })
  const pairs = [
    [without, inside],
    [other, inside],
    [inside, without],
    [inside, other],
  ] as const
  for (const outcomes of await Promise.all(pairs.map(([from, to]) => dialAll(from, to)))) {
    expect(outcomes).not.toEqual([])
    expect(new Set(outcomes)).toEqual(new Set(['refused']))
  }
  expect([inside, without, other].map((node) => node.links())).toEqual([[], [], []])
  // It still takes who has the key.
  const late = await started({ networkKey, bootstrap: inside.addresses() })
  await vi.waitFor(() => expect(late.linked(inside.peerId)).toBe(true), soon)
})

test('a private node does not listen on QUIC, which the key does not protect, nor does it dial it', async () => {
  const listen = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/udp/0/quic-v1']
  const inside = await started({ networkKey, listen })
  expect(inside.addresses().map((address) => address.replace(/\/\d+\/p2p.*/, ''))).toEqual(['/ip4/127.0.0.1/tcp'])
  const open = await started({ listen })
  expect(open.addresses()).toHaveLength(2)
  expect(new Set(await dialAll(inside, open))).toEqual(new Set(['refused']))
  const defaults = await started({ networkKey, listen: [], preferredPorts: [0] })
  expect(defaults.addresses().filter((address) => address.includes('quic'))).toEqual([])
  const quicOnly = await makeNode({ networkKey, listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })
  await expect(quicOnly.start()).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('private') as unknown,
  })
})

test('an outsider that sends garbage, or nothing, is let go', async () => {
  const inside = await started({ networkKey })
  const port = Number(/\/tcp\/(\d+)/.exec(inside.addresses()[0] ?? '')?.[1])
  const closed = [randomBytes(4_096), Buffer.from('/multistream/1.0.0\n'), Buffer.alloc(0)].map(async (bytes) => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    const gone = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))
    socket.resume()
    if (bytes.length > 0) socket.write(bytes)
    await gone
  })
  await Promise.all(closed)
  expect(inside.links()).toEqual([])
})
