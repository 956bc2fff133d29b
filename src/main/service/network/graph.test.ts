import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { growth } from '../../../../scripts/growth.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { decodeCbor, encodeCbor, isMapValue, type CborMap } from '../../model/cbor.ts'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { graphOf, type GraphMachine, type SaidLinks } from './graph.ts'
import { decodeLinks, encodeLinks, maxLinks, type HeardLink } from './links-record.ts'

const peers = Array.from({ length: 6 }, () => peerIdOfKey(randomBytes(32)))
const [a, b, c, d, e, f] = peers as [PeerId, PeerId, PeerId, PeerId, PeerId, PeerId]

const machine = (peer: PeerId, change: Partial<GraphMachine> = {}): GraphMachine => ({
  peer,
  name: peer.slice(-4),
  self: peer === a,
  role: 'robot',
  status: 'alive',
  standing: 'member',
  simulated: false,
  lastHeardFrom: null,
  ...change,
})

const hears = (...links: readonly (readonly [PeerId, HeardLink['channel'], (number | null)?])[]): SaidLinks => ({
  links: links.map(([peer, channel, latencyMs = null]) => ({ peer, channel, latencyMs })),
  saidAtMs: 7,
  untilMs: 9,
})

test('a pair that hears each other is one edge, and each channel another', () => {
  const said = new Map([
    [a, hears([b, 'gossip'], [b, 'udp'])],
    [b, hears([a, 'gossip', 4])],
  ])
  const { edges } = graphOf([machine(a), machine(b)], said)
  expect(edges).toEqual([
    { from: a, to: b, channel: 'gossip', both: true, latencyMs: 4, saidAtMs: 7 },
    { from: a, to: b, channel: 'udp', both: false, latencyMs: null, saidAtMs: 7 },
  ])
})

test('machines without a way to each other are told apart, the largest group first', () => {
  const said = new Map([
    [a, hears([b, 'gossip'])],
    [c, hears([d, 'udp'])],
    [d, hears([c, 'udp'], [e, 'irc'])],
    // Two ways, each of its own channel.
    [e, hears([d, 'gossip'])],
  ])
  const { partitions } = graphOf(
    [a, b, c, d, e].map((peer) => machine(peer)),
    said,
  )
  expect(partitions.map((group) => new Set(group))).toEqual([new Set([c, d, e]), new Set([a, b])])
})

test('what only one side says joins no groups: a member that lies cannot hide that the swarm is cut apart', () => {
  const said = new Map([
    [a, hears([b, 'gossip'])],
    [b, hears([a, 'gossip'], [c, 'gossip'], [d, 'udp'])],
    [c, hears([d, 'gossip'])],
    [d, hears([c, 'gossip'])],
  ])
  const { partitions, edges } = graphOf(
    [a, b, c, d].map((peer) => machine(peer)),
    said,
  )
  expect(partitions.map((group) => new Set(group))).toEqual([new Set([a, b]), new Set([c, d])])
  expect(edges).toHaveLength(4)
})

test('one that says nothing of its links hangs on who told of it; what is gone is in no group', () => {
  const said = new Map([[a, hears([b, 'gossip'])]])
  const machines = [
    machine(a),
    machine(b),
    machine(c, { lastHeardFrom: b }),
    machine(d),
    machine(e, { status: 'gone' }),
    machine(f, { lastHeardFrom: e }),
  ]
  const { partitions, nodes } = graphOf(machines, said)
  expect(partitions.map((group) => new Set(group))).toEqual([new Set([a, b, c, d]), new Set([f])])
  expect(nodes).toHaveLength(6)
})

test('what is said of or by peers that nobody knows is left out', () => {
  const said = new Map([
    [a, hears([f, 'gossip'], [a, 'gossip'])],
    [f, hears([a, 'gossip'])],
  ])
  expect(graphOf([machine(a)], said).edges).toEqual([])
})

test('machines with twenty links each are drawn in a time that grows with their number', () => {
  const fleet = (size: number): (() => void) => {
    const many = Array.from({ length: size }, () => peerIdOfKey(randomBytes(32)))
    const said = new Map(
      many.map((peer, i) => [
        peer,
        hears(
          ...Array.from({ length: 20 }, (_, n) => {
            const step = Math.trunc(n / 2) * 7 + 1
            return [many[(i + (n % 2 === 0 ? step : size - step)) % size] ?? a, 'gossip'] as const
          }),
        ),
      ]),
    )
    const machines = many.map((peer) => machine(peer))
    return () => expect(graphOf(machines, said).partitions).toHaveLength(1)
  }
  // Ten times as many: with the square of their number it would be a hundred times as long.
  expect(growth(fleet(100), fleet(1_000))).toBeLessThan(40)
})

test('links are read as they were written, as many as fit', () => {
  const link = fc.record({
    peer: fc.constantFrom(...peers),
    channel: fc.constantFrom('gossip' as const, 'tcp-line' as const, 'udp' as const, 'irc' as const),
    latencyMs: fc.option(fc.nat(60_000)),
  })
  fc.assert(
    fc.property(fc.array(link, { maxLength: 100 }), (links) => {
      const bytes = encodeCbor(encodeLinks(links))
      expect(bytes.length).toBeLessThan(4 * 1_024)
      const decoded = decodeCbor(bytes)
      const value = decoded.kind === 'ok' && isMapValue(decoded.value) ? decoded.value : {}
      expect(decodeLinks(value)).toEqual(links.slice(0, maxLinks))
    }),
  )
})

test.each<CborMap>([
  {},
  { v: 2, links: [] },
  { v: 1, links: {} },
  { v: 1, links: [[new Uint8Array(31), 'gossip', 1]] },
  { v: 1, links: [[new Uint8Array(32), 'pigeon', 1]] },
  { v: 1, links: [[new Uint8Array(32), 'gossip', 1e9]] },
  { v: 1, links: [['x']] },
])('what is no list of links is refused: %j', (value) => {
  expect(decodeLinks(value)).toBeUndefined()
})
