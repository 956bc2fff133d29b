import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { isIPv4, isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { formatAddress, parseAddress } from '../../model/address.ts'
import { isHost } from '../../model/host.ts'
import { registerProtocols } from './multiaddr-protocols.ts'

const peer = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

test.each([
  '/ipfs-pubsub/records/dswarm-line',
  '/ip4/192.168.1.7/tcp/4181/dswarm-line',
  '/ip6/ff02::d5/udp/4182/dswarm-line',
  '/dns4/irc.lab.example/tcp/6667/irc/duckies/dswarm-line',
  `/dswarm/${peer}/brain`,
  `/ipfs-pubsub/records/dswarm-line/ip4/10.0.0.255/udp/4182/dswarm-line/dswarm/${peer}/brain`,
])('the library reads, packs and writes %s as we do', (text) => {
  registerProtocols()
  registerProtocols()
  expect(multiaddr(text).toString()).toBe(text)
  expect(multiaddr(multiaddr(text).bytes).toString()).toBe(text)
  const read = parseAddress(text)
  expect(read.kind === 'ok' && formatAddress(read.address)).toBe(text)
})

test('the library encapsulates and takes apart chains', () => {
  registerProtocols()
  const chain = multiaddr('/ipfs-pubsub/records/dswarm-line').encapsulate(`/dswarm/${peer}/brain`)
  expect(chain.toString()).toBe(`/ipfs-pubsub/records/dswarm-line/dswarm/${peer}/brain`)
  expect(chain.decapsulate(`/dswarm/${peer}/brain`).toString()).toBe('/ipfs-pubsub/records/dswarm-line')
  expect(() => multiaddr('/dswarm/nobody/brain')).toThrow('is no PeerId')
})

test('hosts are known as the system knows them', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/))
  fc.assert(
    fc.property(texts, (text) => {
      expect(isHost('ip4', text)).toBe(isIPv4(text))
      expect(isHost('ip6', text)).toBe(isIPv6(text))
    }),
    { numRuns: 3_000 },
  )
})
