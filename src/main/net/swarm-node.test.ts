import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import type { AddressInfo } from 'node:net'
import { makeNode, stopNodes } from './testing/nodes.ts'

afterEach(stopNodes)

test('two peers link over TCP with TLS and tell it alike', async () => {
  const a = await makeNode()
  await a.start()
  const b = await makeNode({ bootstrap: [a.addresses()[0] ?? ''] })
  const up: string[] = []
  a.events.on('link:up', ({ peer }) => up.push(peer))
  await b.start()
  await vi.waitFor(() => expect(up).toEqual([b.peerId]))
  await vi.waitFor(() => expect(b.links()).toHaveLength(1))
  expect(b.links()[0]).toMatchObject({ peer: a.peerId, transport: 'tcp', direction: 'outbound' })
  expect(b.links()[0]?.encryption).toContain('tls')
  expect(a.links()[0]).toMatchObject({ peer: b.peerId, direction: 'inbound' })
})

test('two peers link over QUIC', async () => {
  const a = await makeNode({ listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })
  await a.start()
  expect(a.addresses()[0]).toContain('/quic-v1/p2p/')
  const b = await makeNode({ bootstrap: a.addresses(), listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })
  await b.start()
  await vi.waitFor(() => expect(b.links()[0]?.transport).toBe('quic'))
})

test('a peer that was away is linked again by itself', async () => {
  const a = await makeNode()
  await a.start()
  const address = a.addresses()[0] ?? ''
  const b = await makeNode({ bootstrap: [address] })
  const down: string[] = []
  b.events.on('link:down', ({ peer }) => down.push(peer))
  await b.start()
  await vi.waitFor(() => expect(b.linked(a.peerId)).toBe(true))
  await a.stop()
  await vi.waitFor(() => expect(down).toEqual([a.peerId]))
  const again = await makeNode({ listen: [address.replace(/\/p2p\/.*/, '')] }, a.identity)
  await again.start()
  await vi.waitFor(() => expect(b.linked(a.peerId)).toBe(true), { timeout: 10_000 })
})

/** A way to a port that can go dead as Wi-Fi does: nothing passes any more, and nobody is told. */
async function deadlyWay(port: number) {
  const sockets: Socket[] = []
  let dead = 0
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const index = sockets.length
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(from)
      from.on('error', () => {}).on('close', () => index >= dead && to.destroy())
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`,
    /** Connections of now go dead, later ones live. */
    die: () => {
      dead = sockets.length
      for (const socket of sockets) socket.unpipe().pause()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const portOf = (address = ''): number => Number(/\/tcp\/(\d+)/.exec(address)?.[1])

test('a link that went dead without a word is cut on both sides and made anew', async () => {
  const linkWatch = { pingEveryMs: 100, lookEveryMs: 50, patienceMs: 500, sendingPatienceMs: 500 }
  const a = await makeNode({ linkWatch })
  await a.start()
  const way = await deadlyWay(portOf(a.addresses()[0]))
  const b = await makeNode({ bootstrap: [way.address], linkWatch })
  await b.start()
  await vi.waitFor(() => expect(b.links()[0]?.latencyMs).toBeGreaterThan(0))
  way.die()
  await vi.waitFor(() => expect([a, b].map(({ counters }) => counters.get('links.cut:silent'))).toEqual([1, 1]), 10_000)
  await vi.waitFor(() => expect([a.links(), b.links()]).toMatchObject([[{ peer: b.peerId }], [{ peer: a.peerId }]]))
  way.close()
})

test('a peer too busy to listen for long keeps its links', async () => {
  const linkWatch = { pingEveryMs: 50, lookEveryMs: 50, patienceMs: 500, sendingPatienceMs: 500 }
  const a = await makeNode({ linkWatch })
  await a.start()
  const b = await makeNode({ bootstrap: [a.addresses()[0] ?? ''], linkWatch })
  const down: string[] = []
  b.events.on('link:down', ({ peer }) => down.push(peer))
  await b.start()
  await vi.waitFor(() => expect(b.links()[0]?.latencyMs).toBeGreaterThan(0))
  for (let i = 0; i < 3; i += 1) {
    const before = b.links()[0]?.latencyMs
    const busyUntil = performance.now() + 800
    while (performance.now() < busyUntil) JSON.stringify({})
    await vi.waitFor(() => expect(b.links()[0]?.latencyMs).not.toBe(before))
  }
  expect([down, b.counters.get('links.cut:silent')]).toEqual([[], 0])
})

test('bootstrap addresses can be set while running', async () => {
  const [a, b] = [await makeNode(), await makeNode()]
  await a.start()
  await b.start()
  expect(b.links()).toEqual([])
  b.setBootstrap([(a.addresses()[0] ?? '').replace(/\/p2p\/.*/, '')])
  await vi.waitFor(() => expect(b.linked(a.peerId)).toBe(true))
})

test('an address in use is named, with a remedy', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
  const node = await makeNode({ listen: [address] })
  await expect(node.start()).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    message: expect.stringContaining(address) as string,
  })
  await node.stop()
  server.close()
})

test('an address that is not of this machine is named too, and the node can start elsewhere later', async () => {
  const node = await makeNode({ listen: ['/ip4/203.0.113.7/tcp/0'] })
  await expect(node.start()).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('203.0.113.7') as string,
  })
  expect(node.addresses()).toEqual([])
  await node.stop()
})

test('the preferred port is taken when free, another one when not', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = (server.address() as AddressInfo).port
  server.close()
  await once(server, 'close')
  const first = await makeNode({ listen: [], preferredPorts: [port] })
  await first.start()
  expect(first.addresses().some((address) => address.includes(`/ip4/127.0.0.1/tcp/${port}/`))).toBe(true)
  expect(first.addresses().some((address) => address.includes(`/udp/${port}/quic-v1/`))).toBe(true)
  const second = await makeNode({ listen: [], preferredPorts: [port] })
  await second.start()
  expect(second.addresses().length).toBeGreaterThan(0)
  expect(second.addresses().some((address) => address.includes(`/tcp/${port}/`))).toBe(false)
})

test('a banned peer is cut off and stays out', async () => {
  const a = await makeNode()
  await a.start()
  const b = await makeNode({ bootstrap: [a.addresses()[0] ?? ''] })
  await b.start()
  await vi.waitFor(() => expect(a.linked(b.peerId)).toBe(true))
  a.offenders.add(b.peerId, 1_000)
  await vi.waitFor(() => expect(a.linked(b.peerId)).toBe(false))
  await expect(
    b.libp2p.dial(a.libp2p.getMultiaddrs()).then((c) => c.newStream('/ipfs/ping/1.0.0')),
  ).rejects.toBeInstanceOf(Error)
  await vi.waitFor(() => expect(a.links()).toEqual([]))
})

test('stop leaves no handle, and both start and stop may be called twice', async () => {
  const before = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|UDP|Timeout|Worker/.test(name))
    .sort()
  const node = await makeNode()
  await node.start()
  await node.start()
  await node.stop()
  await node.stop()
  await vi.waitFor(() => {
    const after = process
      .getActiveResourcesInfo()
      .filter((name) => /TCP|UDP|Timeout|Worker/.test(name))
      .sort()
    expect(after.length).toBeLessThanOrEqual(before.length)
  }, 10_000)
})
