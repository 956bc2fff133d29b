import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { brainAddress, formatAddress, maxAddressHops, parseAddress, type Hop } from './address.ts'
import { canonicalHost } from './host.ts'

const peer = '12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as PeerId

const parsed = (text: string) => {
  const result = parseAddress(text)
  if (result.kind === 'rejected') throw new Error(`${text} ${result.reason}`)
  return result.address
}

test.each<readonly [string, readonly Hop[]]>([
  ['/ipfs-pubsub/records/dswarm-line', [{ kind: 'gossip', topic: 'records' }]],
  [
    '/ip4/192.168.1.7/tcp/4181/dswarm-line',
    [{ kind: 'tcp-line', host: { kind: 'ip4', name: '192.168.1.7' }, port: 4181 }],
  ],
  ['/ip6/ff02::d5/udp/4182/dswarm-line', [{ kind: 'udp', host: { kind: 'ip6', name: 'ff02::d5' }, port: 4182 }]],
  [
    '/dns4/irc.lab.example/tcp/6667/irc/duckies/dswarm-line',
    [{ kind: 'irc', host: { kind: 'dns4', name: 'irc.lab.example' }, port: 6667, channel: 'duckies' }],
  ],
  [brainAddress(peer), [{ kind: 'brain', peer }]],
])('reads and writes %s', (text, hops) => {
  expect(parsed(text)).toEqual(hops)
  expect(formatAddress(hops)).toBe(text)
})

test('reads a chain hop by hop', () => {
  const chain = `/ipfs-pubsub/records/dswarm-line/ip4/10.0.0.255/udp/4182/dswarm-line/dswarm/${peer}/brain`
  expect(parsed(chain).map(({ kind }) => kind)).toEqual(['gossip', 'udp', 'brain'])
  expect(formatAddress(parsed(chain))).toBe(chain)
})

test.each([
  ['/dns4/HOST/tcp/6667/irc/#lab/dswarm-line', '/dns4/host/tcp/6667/irc/lab/dswarm-line'],
  ['/ip6/2001:DB8:0:0:1:0:0:1/udp/1/dswarm-line/', '/ip6/2001:db8::1:0:0:1/udp/1/dswarm-line'],
])('writes %s in its one form', (text, canonical) => {
  expect(formatAddress(parsed(text))).toBe(canonical)
})

test.each([
  ['', 'does not begin'],
  ['/', 'is empty'],
  ['udp:1.2.3.4', 'does not begin'],
  ['/ip4/1.2.3/udp/4/dswarm-line', 'no IPv4 address'],
  ['/ip4/1.2.3.4/udp/70000/dswarm-line', 'no port'],
  ['/ip4/1.2.3.4/udp/4', 'lacks "/dswarm-line"'],
  ['/ip4/1.2.3.4/sctp/4/dswarm-line', 'lacks "/tcp/PORT"'],
  ['/ip6/1::2::3/udp/4/dswarm-line', 'no IPv6 address'],
  ['/dns4/a..b/udp/4/dswarm-line', 'no host name'],
  ['/dns4/h/tcp/1/irc/a b/dswarm-line', 'no IRC channel'],
  ['/dns4/h/udp/1/irc/lab/dswarm-line', 'lacks "/dswarm-line"'],
  ['/ipfs-pubsub/a b/dswarm-line', 'no topic'],
  ['/dswarm/nobody/brain', 'names no peer'],
  [`/dswarm/${peer}`, 'lacks "/brain"'],
  ['/ipfs-pubsub/a/dswarm-line'.repeat(maxAddressHops + 1), 'hops'],
  ['/ipfs-pubsub/a/dswarm-line'.repeat(100), 'longer'],
  ['/toString/1', 'where ip4'],
])('rejects %j and says why', (text, reason) => {
  expect(parseAddress(text)).toEqual({ kind: 'rejected', reason: expect.stringContaining(reason) })
})

const hostArb = fc.oneof(
  fc.ipV4().map((name) => ({ kind: 'ip4' as const, name })),
  fc.ipV6().map((name) => ({ kind: 'ip6' as const, name: canonicalHost('ip6', name) })),
  fc.domain().map((name) => ({ kind: 'dns4' as const, name: name.toLowerCase() })),
)
const portArb = fc.nat(65_535)
const hopArb: fc.Arbitrary<Hop> = fc.oneof(
  fc.record({ kind: fc.constant('gossip' as const), topic: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,20}$/) }),
  fc.record({ kind: fc.constantFrom('tcp-line' as const, 'udp' as const), host: hostArb, port: portArb }),
  fc.record({
    kind: fc.constant('irc' as const),
    host: hostArb,
    port: portArb,
    channel: fc.stringMatching(/^[A-Za-z0-9_&+-]{1,20}$/),
  }),
  fc.constant<Hop>({ kind: 'brain', peer }),
)

test('whatever is written is read back', () => {
  fc.assert(
    fc.property(fc.array(hopArb, { minLength: 1, maxLength: 5 }), (hops) => {
      expect(parseAddress(formatAddress(hops))).toEqual({ kind: 'ok', address: hops })
    }),
  )
})

test('no text makes it throw, and what it takes has one form', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'ip4',
      'ip6',
      'dns4',
      'tcp',
      'udp',
      'irc',
      'dswarm',
      'brain',
      'dswarm-line',
      'ipfs-pubsub',
      '1.2.3.4',
      '::',
      peer,
      '$0',
      '',
    ),
    fc.string({ maxLength: 12 }),
  )
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }).map((words) => `/${words.join('/')}`),
      (text) => {
        const result = parseAddress(text)
        if (result.kind === 'rejected') return
        const written = formatAddress(result.address)
        expect(formatAddress(parsed(written))).toBe(written)
      },
    ),
    { numRuns: 2_000 },
  )
})
