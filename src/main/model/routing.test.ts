import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { brainAddress, formatAddress, formatHop, parseAddress, type Address } from './address.ts'
import {
  checkRoute,
  emptyTable,
  markUsed,
  maxLearnedRoutes,
  resolve,
  routesOf,
  sweepRoutes,
  withoutRoute,
  withRoute,
  type Route,
  type RoutingTable,
} from './routing.ts'

const peerOf = (letter: string): PeerId => `12D3KooW${letter.repeat(44)}` as PeerId
const [a, b, c, self] = ['A', 'B', 'C', 'D'].map((letter) => brainAddress(peerOf(letter))) as [
  string,
  string,
  string,
  string,
]
const udp = '/ip4/10.0.0.255/udp/4182/dswarm-line'
const tcp = '/ip4/10.1.0.1/tcp/4181/dswarm-line'
const gossip = '/ipfs-pubsub/records/dswarm-line'

const addressOf = (text: string): Address => {
  const parsed = parseAddress(text)
  if (parsed.kind === 'rejected') throw new Error(parsed.reason)
  return parsed.address
}

const route = (prefix: string, next: string, change: Partial<Route> = {}): Route => ({
  prefix,
  next,
  source: 'set',
  hops: null,
  expiresAtMs: null,
  usedAtMs: null,
  ...change,
})

const tableOf = (...routes: readonly Route[]): RoutingTable => routes.reduce(withRoute, emptyTable)

/** The way as text: the channel, then what is left for who hears it there. */
const way = (table: RoutingTable, to: string, channels: readonly string[] = [gossip, udp, tcp]): string => {
  const options = { self: peerOf('D'), hasChannel: (hop: Address[number]) => channels.includes(formatHop(hop)), now: 0 }
  const resolved = resolve(table, addressOf(to), options)
  if (resolved.kind === 'channel') return `${formatHop(resolved.hop)} then ${formatAddress(resolved.rest)}`
  return resolved.kind === 'none' ? resolved.reason : 'here'
}

test('what is addressed to this peer is here', () => {
  expect(way(emptyTable, self)).toBe('here')
  expect(way(emptyTable, `${self}${self}`)).toBe('here')
})

test('a channel of this peer is taken as it is', () => {
  expect(way(emptyTable, `${udp}${a}`)).toBe(`${udp} then ${a}`)
  expect(way(emptyTable, `${self}${udp}${a}`)).toBe(`${udp} then ${a}`)
})

test('$0 stands for what was matched, and what follows it follows', () => {
  const table = tableOf(route(a, `${udp}/$0`))
  expect(way(table, a)).toBe(`${udp} then ${a}`)
  expect(way(table, `${a}${tcp}${b}`)).toBe(`${udp} then ${a}${tcp}${b}`)
  expect(way(tableOf(route(a, `${udp}${b}/$0`)), a)).toBe(`${udp} then ${b}${a}`)
  expect(way(tableOf(route(a, udp)), a)).toBe(`${udp} then `)
})

test('the longest prefix wins, then what was set, then a link, then what was learned', () => {
  const table = tableOf(route(a, `${tcp}/$0`), route(`${a}${b}`, `${udp}/$0`))
  expect(way(table, `${a}${b}`)).toBe(`${udp} then ${a}${b}`)
  expect(way(table, `${a}${c}`)).toBe(`${tcp} then ${a}${c}`)
  const ways = (['learned', 'link', 'set'] as const).map((source, i) =>
    route(a, `${[gossip, udp, tcp][i] ?? ''}/$0`, { source }),
  )
  expect(way(tableOf(...ways.slice(0, 1)), a)).toBe(`${gossip} then ${a}`)
  expect(way(tableOf(...ways.slice(0, 2)), a)).toBe(`${udp} then ${a}`)
  expect(way(tableOf(...ways), a)).toBe(`${tcp} then ${a}`)
})

test('routes lead through others, and a channel that this peer lacks can be reached through another', () => {
  const table = tableOf(route(a, `${b}/$0`), route(b, `${udp}/$0`, { source: 'learned' }))
  expect(way(table, a)).toBe(`${udp} then ${b}${a}`)
  expect(way(tableOf(route(udp, `${gossip}${b}/$0`)), `${udp}${a}`, [gossip])).toBe(`${gossip} then ${b}${udp}${a}`)
})

test.each([
  ['nothing leads there', tableOf(route(b, `${udp}/$0`)), a, 'no-route'],
  ['two routes lead to each other', tableOf(route(a, b), route(b, a)), a, 'loop'],
  ['one grows for ever', tableOf(route(a, '/$0/$0')), a, 'too-long'],
  ['one leads to itself and more', tableOf(route(a, `/$0${b}`)), a, 'too-long'],
])('gives up when %s', (_, table, to, reason) => {
  expect(way(table, to)).toBe(reason)
})

test('what has expired does not count, and is swept', () => {
  const table = tableOf(route(a, `${udp}/$0`, { source: 'learned', expiresAtMs: 10 }))
  const options = { self: peerOf('D'), hasChannel: () => true, now: 10 }
  expect(resolve(table, addressOf(a), { ...options, now: 9 }).kind).toBe('channel')
  expect(resolve(table, addressOf(a), options)).toEqual({ kind: 'none', reason: 'no-route' })
  expect(routesOf(sweepRoutes(table, 10))).toEqual([])
  expect(sweepRoutes(table, 9)).toBe(table)
})

test('of learned routes the ones of least use are forgotten first', () => {
  const names = Array.from({ length: maxLearnedRoutes + 5 }, (_, i) => `/ip4/10.0.0.1/udp/${i + 1}/dswarm-line`)
  let table = tableOf(route(a, `${udp}/$0`, { source: 'learned' }))
  for (const [i, name] of names.entries()) {
    table = withRoute(table, route(name, `${gossip}/$0`, { source: 'learned' }))
    if (i === 100) table = markUsed(table, [route(a, '', { source: 'learned' })], 77)
  }
  expect(table.learned.size).toBe(maxLearnedRoutes)
  expect(table.learned.get(a)?.usedAtMs).toBe(77)
  expect(table.learned.has(names[0] ?? '')).toBe(false)
  expect(withoutRoute(table, 'learned', a).learned.has(a)).toBe(false)
})

test.each([
  [a, `${udp}/$0`, { kind: 'ok', prefix: a, next: `${udp}/$0` }],
  ['/dns4/HOST/tcp/1/dswarm-line', '/$0/', { kind: 'rejected', reason: expect.stringContaining('itself') }],
  [a, '/$0', { kind: 'rejected', reason: expect.stringContaining('itself') }],
  ['nonsense', udp, { kind: 'rejected', reason: expect.stringContaining('The prefix "nonsense"') }],
  [a, '$0', { kind: 'rejected', reason: expect.stringContaining('The next hop "$0"') }],
  [a, '', { kind: 'rejected', reason: expect.stringContaining('empty') }],
  [a, '/$0'.repeat(300), { kind: 'rejected', reason: expect.stringContaining('too long') }],
])('reads the route %s => %s', (prefix, next, expected) => {
  expect(checkRoute(prefix, next)).toEqual(expected)
})

test('whatever the table, resolving ends, and its way begins with a channel that is there', () => {
  const hop = fc.constantFrom(a, b, c, self, udp, tcp, gossip)
  const address = fc.array(hop, { minLength: 1, maxLength: 4 }).map((hops) => hops.join(''))
  const next = fc
    .array(fc.oneof(hop, fc.constant('/$0')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''))
  const routes = fc.array(
    fc.record({
      prefix: address,
      next,
      source: fc.constantFrom('set' as const, 'link' as const, 'learned' as const),
      hops: fc.constant(null),
      expiresAtMs: fc.option(fc.nat(100)),
      usedAtMs: fc.constant(null),
    }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(routes, address, fc.subarray([udp, tcp, gossip]), (list, to, channels) => {
      const hasChannel = (one: Address[number]): boolean => channels.includes(formatHop(one))
      const resolved = resolve(tableOf(...list), addressOf(to), { self: peerOf('D'), hasChannel, now: 50 })
      if (resolved.kind !== 'channel') return
      expect(hasChannel(resolved.hop)).toBe(true)
      expect(resolved.used.every(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > 50)).toBe(true)
      if (resolved.rest.length > 0) expect(addressOf(formatAddress(resolved.rest))).toEqual(resolved.rest)
    }),
    { numRuns: 2_000 },
  )
})
