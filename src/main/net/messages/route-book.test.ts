import { beforeEach, expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { brainAddress } from '../../model/address.ts'
import { makeIdentity } from '../testing/nodes.ts'
import { MemoryMedium } from '../channels/testing/memory-channel.ts'
import { RouteBook } from './route-book.ts'

let clock: FakeClock
let routes: RouteBook
let [robot, honest, liar] = ['' as PeerId, '' as PeerId, '' as PeerId]
const address = '/ip4/10.0.0.9/tcp/4181/dswarm-line'
const source = { channel: address, kind: 'tcp-line', link: 'a' } as const

beforeEach(async () => {
  const peers = await Promise.all([makeIdentity(), makeIdentity(), makeIdentity(), makeIdentity()])
  const [self, ...others] = peers.map(({ peerId }) => peerId)
  ;[robot, honest, liar] = others as [PeerId, PeerId, PeerId]
  const channel = new MemoryMedium({ pointToPoint: true }).channel({ peer: robot, address })
  clock = new FakeClock()
  routes = new RouteBook({ self: self ?? robot, channels: () => [channel], linked: () => [], clock })
})

/** A message of the robot that was said `ageMs` ago comes by way of a neighbour. */
const learn = (sender: PeerId, ageMs = 0, hops = 2): void =>
  routes.learn(robot, { sender, source, hops, saidAtMs: clock.now() - ageMs })

const way = (): string | undefined => routes.list().find(({ source: from }) => from === 'learned')?.next
const by = (peer: PeerId): string => `${address}${brainAddress(peer)}/$0`

test('the newest message teaches the way', async () => {
  learn(honest)
  await clock.advance(61_000)
  learn(liar)
  expect(way()).toBe(by(liar))
})

test('a shorter way stays beside a longer newer one for a while', async () => {
  learn(honest)
  await clock.advance(30_000)
  learn(liar, 0, 3)
  expect(way()).toBe(by(honest))
  await clock.advance(31_000)
  learn(liar, 0, 3)
  expect(way()).toBe(by(liar))
})

test('a message that somebody kept back teaches nothing, however short it says its way was', async () => {
  learn(liar, 61_000, 1)
  expect(way()).toBeUndefined()
  learn(honest)
  await clock.advance(50_000)
  // Said before the one that taught what is known.
  learn(liar, 55_000, 1)
  expect(way()).toBe(by(honest))
})

test('a way that has answered stays until it answers no more', async () => {
  learn(honest)
  routes.prove(routes.list())
  expect(routes.areProven(routes.list())).toBe(true)
  await clock.advance(120_000)
  learn(liar, 0, 1)
  expect(way()).toBe(by(honest))
  routes.forget(routes.list())
  learn(liar)
  expect(way()).toBe(by(liar))
  expect(routes.areProven(routes.list())).toBe(false)
})

test('what was proven is no longer so once it ends, and nothing proves a way that is another by now', async () => {
  learn(honest)
  const old = routes.list()
  await clock.advance(61_000)
  learn(liar)
  routes.prove(old)
  expect(routes.areProven(routes.list())).toBe(false)
  routes.prove(routes.list())
  await clock.advance(5 * 60_000)
  learn(liar)
  await clock.advance(6 * 60_000)
  learn(honest)
  expect(way()).toBe(by(honest))
})

test('a set route goes before what is learned, whatever is learned', () => {
  routes.add(brainAddress(robot), `${address}${brainAddress(honest)}/$0`)
  learn(liar)
  const resolved = routes.resolve([{ kind: 'brain', peer: robot }])
  expect(resolved).toMatchObject({ kind: 'channel', rest: [{ peer: honest }, { peer: robot }] })
  expect(resolved.kind === 'channel' && routes.areProven(resolved.used)).toBe(true)
})
