import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { encodeBatch } from '../../model/record-codec.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { MemoryChannel } from '../channels/testing/memory-channel.ts'
import { MemoryMedium } from '../channels/testing/memory-channel.ts'
import { ownMessage } from './brain-message.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../testing/brain-peers.ts'

afterEach(stopBrains)

const soon = { timeout: 10_000, interval: 10 }

const line = (): MemoryMedium => new MemoryMedium({ pointToPoint: true })
const all = (peers: readonly BrainPeer[], keys: readonly string[]): Promise<void> =>
  vi.waitFor(() => {
    for (const peer of peers) expect(peer.keys('files')).toEqual(keys)
  }, soon)

/** How many messages of records a peer has put on a channel. */
const said = (peer: BrainPeer, channel: MemoryChannel): number =>
  peer.stream.last(1_000, (entry) => entry.direction === 'out' && entry.channel === channel.id).length

/** What others make of garbage is nothing of ours: the raw end of a line, as a hostile peer has it. */
const sendRaw = (channel: MemoryChannel, peer: BrainPeer, payload: Uint8Array, hops = 0): Promise<unknown> =>
  channel.send({ ...ownMessage(peer.peerId, Math.random, { kind: 'records', to: null, payload }), hops })

test('what is said on one channel reaches those that are only on another', async () => {
  const [robot, bridge, laptop] = await Promise.all([startBrain(), startBrain(), startBrain()])
  await meet(new MemoryMedium(), robot, bridge)
  await meet(line(), bridge, laptop)
  robot.say('files', 'log')
  await all([bridge, laptop], ['log'])
  laptop.say('files', 'map')
  await all([robot, bridge, laptop], ['log', 'map'])
  const arrival = robot.book.live('files').find(({ record }) => record.body.key === 'map')?.arrival
  expect(arrival).toMatchObject({ via: 'relayed', from: bridge.peerId, hops: 2 })
})

test('each link of a TCP line stands alone: what one says the others hear, and not itself', async () => {
  const [hub, one, two, three] = await Promise.all([startBrain(), startBrain(), startBrain(), startBrain()])
  const ways = [line(), line(), line()]
  for (const [i, peer] of [one, two, three].entries()) await meet(ways[i] ?? line(), hub, peer)
  const [channel] = await meet(line(), one, two)
  one.say('files', 'log')
  await all([hub, one, two, three], ['log'])
  expect(channel === undefined ? 0 : said(one, channel)).toBe(1)
})

test('round a ring each record goes once, and comes to rest', async () => {
  const peers = await Promise.all([startBrain(), startBrain(), startBrain()])
  const ways = [line(), line(), line()]
  for (const [i, way] of ways.entries()) {
    await meet(way, ...[peers[i], peers[(i + 1) % 3]].filter((peer) => peer !== undefined))
  }
  for (const [i, peer] of peers.entries()) for (let n = 0; n < 20; n += 1) peer.say('files', `log-${i}-${n}`)
  await vi.waitFor(() => {
    for (const peer of peers) expect(peer.keys('files')).toHaveLength(60)
  }, soon)
  await vi.waitFor(() => expect(peers.reduce((sum, { brain }) => sum + brain.waiting, 0)).toBe(0), soon)
  const frames = () => ways.reduce((sum, { carried }) => sum + carried.frames, 0)
  // The last of them may still be on its way.
  await vi.waitFor(async () => {
    const before = frames()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(frames()).toBe(before)
  }, soon)
  // Each record on each of the three lines at most twice, once from either end.
  const sent = peers.reduce((sum, { counters }) => sum + counters.get('brain.sent'), 0)
  expect(sent).toBeLessThanOrEqual(60 * 6)
})

test('of two bridges between the same channels one says it, and the other hears that it was said', async () => {
  const wait = { longestWaitMs: { gossip: 300, 'tcp-line': 0, udp: 300, irc: 300 } }
  const [robot, b1, b2, laptop] = await Promise.all([startBrain(), startBrain(wait), startBrain(wait), startBrain()])
  await meet(new MemoryMedium(), robot, b1, b2)
  const far = new MemoryMedium()
  await meet(far, b1, b2, laptop)
  for (let i = 0; i < 5; i += 1) {
    const before = far.carried.frames
    robot.say('files', `log${i}`)
    await vi.waitFor(() => expect(laptop.keys('files')).toHaveLength(i + 1), soon)
    await vi.waitFor(() => expect(b1.brain.waiting + b2.brain.waiting).toBe(0), soon)
    expect(far.carried.frames - before).toBeLessThanOrEqual(2)
  }
  const spared = b1.counters.get('brain.spared') + b2.counters.get('brain.spared')
  expect(spared).toBeGreaterThan(0)
  expect(spared + b1.counters.get('brain.sent') + b2.counters.get('brain.sent')).toBe(10)
})

test('past the hop limit a record goes no further', async () => {
  const peers = await Promise.all(Array.from({ length: 11 }, () => startBrain()))
  for (let i = 0; i + 1 < peers.length; i += 1) {
    await meet(line(), ...peers.slice(i, i + 2))
  }
  peers[0]?.say('files', 'log')
  await all(peers.slice(0, 10), ['log'])
  await vi.waitFor(() => expect(peers[9]?.counters.get('brain.dropped:hops')).toBe(1), soon)
  expect(peers[10]?.keys('files')).toEqual([])
}, 30_000)

test('of a keyed record that waits for a slow channel only the newest is said', async () => {
  const robot = await startBrain()
  const other = await startBrain()
  const medium = new MemoryMedium({ delayMs: 5 })
  const [slow] = await meet(medium, robot, other)
  const send = slow?.send.bind(slow)
  const gate = Promise.withResolvers<void>()
  const waits = vi.spyOn(slow ?? ({} as MemoryChannel), 'send').mockImplementation(async (message, options) => {
    await gate.promise
    return send === undefined ? { kind: 'dropped', reason: 'off' } : send(message, options)
  })
  for (let i = 0; i < 50; i += 1) robot.say('machines', 'self')
  // One is on its way already; of the others the last is left.
  await vi.waitFor(() => expect(waits).toHaveBeenCalledTimes(1), soon)
  for (let i = 0; i < 50; i += 1) robot.say('machines', 'self')
  await vi.waitFor(() => expect(robot.brain.waiting).toBe(1), soon)
  gate.resolve()
  const newest = robot.book.latest('machines', robot.peerId, 'self')
  await vi.waitFor(() => {
    expect(other.book.latest('machines', robot.peerId, 'self')?.record.id).toBe(newest?.record.id)
  }, soon)
  expect(waits).toHaveBeenCalledTimes(2)
  expect(robot.counters.get('brain.replaced')).toBe(98)
})

test('garbage is passed on to nobody, and its link is blamed', async () => {
  const [liar, bridge, laptop] = await Promise.all([startBrain(), startBrain(), startBrain()])
  const [bad, good] = await meet(line(), liar, bridge)
  const [far] = await meet(line(), bridge, laptop)
  const blamed = vi.spyOn(good ?? ({} as MemoryChannel), 'blame')
  expect(blamed).not.toHaveBeenCalled()
  const { record } = liar.say('files', 'log')
  await all([bridge, laptop], ['log'])
  const forged: SignedRecord = { ...liar.say('usage', 'true').record, signature: randomBytes(64) }
  const before = far === undefined ? 0 : said(bridge, far)
  if (bad !== undefined) {
    await sendRaw(bad, liar, encodeBatch([forged]))
    await sendRaw(bad, liar, randomBytes(200))
    await sendRaw(bad, liar, encodeBatch([record]))
  }
  await vi.waitFor(() => expect(bridge.counters.get('ingest.refused:malformed')).toBe(1), soon)
  const refused = bridge.stream.last(10, ({ outcome }) => outcome === 'refused')
  expect(refused.map(({ reason }) => reason)).toContain('garbage')
  expect(laptop.keys('files')).toEqual(['log'])
  expect(far === undefined ? 0 : said(bridge, far)).toBeLessThanOrEqual(before + 1)
})

test('a message that comes twice is taken once', async () => {
  const [one, two] = await Promise.all([startBrain(), startBrain()])
  const [channel] = await meet(line(), one, two)
  const batch = encodeBatch([one.say('files', 'log').record])
  await all([two], ['log'])
  const message = ownMessage(one.peerId, Math.random, { kind: 'records', to: null, payload: batch })
  for (let i = 0; i < 3; i += 1) await channel?.send(message)
  await vi.waitFor(() => {
    const last = two.stream.last(3).map(({ outcome, reason }) => reason ?? outcome)
    expect(last).toEqual(['known', 'repeated', 'repeated'])
  }, soon)
})

test('kinds are handed to who takes them; what is for others, or unknown, is left', async () => {
  const [one, two, three] = await Promise.all([startBrain(), startBrain(), startBrain()])
  const [channel] = await meet(new MemoryMedium(), one, two, three)
  const taken: string[] = []
  for (const peer of [two, three]) {
    peer.brain.on('digest', ({ payload }) => {
      taken.push(`${peer === two ? 'two' : 'three'} ${payload.length}`)
      return 'known'
    })
  }
  const send = (kind: string, to: string | null) =>
    one.brain.sendOn(channel?.id ?? '', { kind, to, payload: new Uint8Array(3) })
  expect(await send('digest', null)).toMatchObject({ kind: 'sent' })
  await send('digest', `/dswarm/${two.peerId}/brain`)
  await send('riddle', null)
  await vi.waitFor(() => expect(two.counters.get('brain.refused:unknown-kind')).toBe(1), soon)
  await vi.waitFor(() => expect(three.counters.get('brain.refused:unknown-kind')).toBe(1), soon)
  expect(taken.sort()).toEqual(['three 3', 'two 3', 'two 3'])
  expect(await one.brain.sendOn('none', { kind: 'digest', to: null, payload: new Uint8Array(0) })).toEqual({
    kind: 'dropped',
    reason: 'off',
  })
})

test('a handler that throws blames nobody', async () => {
  const [one, two] = await Promise.all([startBrain(), startBrain()])
  const [channel, other] = await meet(line(), one, two)
  const blamed = vi.spyOn(other ?? ({} as MemoryChannel), 'blame')
  two.brain.on('digest', () => {
    throw new Error('a mistake')
  })
  await one.brain.sendOn(channel?.id ?? '', { kind: 'digest', to: null, payload: new Uint8Array(1) })
  await vi.waitFor(() => expect(two.counters.get('brain.failed')).toBe(1), soon)
  expect(blamed).not.toHaveBeenCalled()
})

test('stop says goodbye first, and a channel that is off is left out', async () => {
  const [one, two] = await Promise.all([startBrain(), startBrain()])
  const [channel] = await meet(line(), one, two)
  const extra = await meet(new MemoryMedium(), one)
  if (extra[0] !== undefined) await one.remove(extra[0])
  one.say('files', 'a')
  one.say('files', 'goodbye')
  await one.stop()
  await all([two], ['a', 'goodbye'])
  expect(channel?.facts().state).toBe('off')
})
