import { byteStream, lpStream } from '@libp2p/utils'
import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { TrustState } from '../../model/trust.ts'
import { circle, startPeer } from '../testing/peers.ts'
import { dayMs, hourMs, in1970, offMs, startTimed, stopSyncs, stopTimed } from '../testing/timed-peers.ts'
import { encodeTimeAnswer, timeProtocol, timeQuestion } from './time-frames.ts'

const soon = { timeout: 10_000, interval: 20 }

afterEach(stopTimed)

it('a robot that boots in 1970 takes the time of the trusted majority; the liar among them moves nobody', async () => {
  const honest = [await startTimed(120), await startTimed(-200), await startTimed(0)]
  const liar = await startTimed(400 * dayMs)
  const robot = await startTimed(in1970, { bootstrap: [...honest, liar].map(({ peer }) => peer.address) })
  for (const one of [...honest, liar]) {
    one.peer.node.setBootstrap([...honest, liar].filter((other) => other !== one).map(({ peer }) => peer.address))
  }
  expect(robot.sync.view().source).toBe('floor')
  await vi.waitFor(() => {
    expect(robot.sync.view()).toMatchObject({ source: 'swarm', peers: 4 })
    // The robot's own clock is no vote, and it says so.
    for (const one of honest) expect(one.sync.view()).toMatchObject({ offsetMs: 0, source: 'own', peers: 3 })
  }, soon)
  expect(offMs(robot)).toBeLessThan(1_500)
  expect(robot.sync.skewMs()).toBeLessThan(-50 * 365 * dayMs)
  // By its stamps it is one of them: what it says counts, and it takes what they say.
  robot.peer.say('machines', 'robot')
  honest[0]?.peer.say('machines', 'laptop')
  await vi.waitFor(() => {
    for (const { peer } of honest) expect(peer.keys('machines')).toEqual(['laptop0', 'robot0'])
    expect(robot.peer.keys('machines')).toEqual(['laptop0', 'robot0'])
  }, soon)
})

it('does not ask strangers for the time once it knows its swarm', async () => {
  const stranger = await startTimed(400 * dayMs, { stranger: true })
  const robot = await startTimed(in1970, { lastSeenMs: systemClock.now() - dayMs })
  robot.peer.node.setBootstrap([stranger.peer.address])
  await vi.waitFor(() => expect(stranger.peer.node.neighbours()).toContain(robot.peer.identity.peerId), soon)
  // Nobody but the circle's root has admitted anybody, and that is where the stranger is not.
  await vi.waitFor(() => expect(robot.peer.counters.get('time.failed:ask')).toBe(0), soon)
  await systemClock.sleep(300)
  expect(robot.sync.view()).toMatchObject({ source: 'floor', peers: 0 })
  circle.admitPeer(stranger.peer.identity.peerId)
  await vi.waitFor(() => expect(robot.sync.view().source).toBe('swarm'), soon)
})

it('goes on evenly when its own clock is set right, and goes by it again', async () => {
  const [one, other] = [await startTimed(0), await startTimed(0)]
  const robot = await startTimed(in1970, { bootstrap: [one.peer.address, other.peer.address] })
  await vi.waitFor(() => expect(robot.sync.view()).toMatchObject({ source: 'swarm', peers: 2 }), soon)
  robot.system.skewMs = 0
  expect(offMs(robot)).toBeLessThan(1_500)
  await vi.waitFor(() => expect(robot.sync.view()).toMatchObject({ source: 'own', offsetMs: 0, peers: 2 }), soon)
  await vi.waitFor(() => expect(robot.peer.counters.get('time.stepped')).toBe(1), soon)
})

it('robots of last week’s lesson, whose clocks nobody has set, go by the operator’s', async () => {
  const before = -0.8 * dayMs
  const operator = await startTimed(0)
  const grant = circle.trusted.grant(operator.peer.identity.peerId, ['operator'])
  const bootstrap = [operator.peer.address]
  const robots = [
    await startTimed(before, { isUnset: true, bootstrap }),
    await startTimed(before + 60_000, { isUnset: true, bootstrap }),
  ]
  for (const { peer } of [operator, ...robots]) {
    peer.book.merge([grant], { via: 'caught-up', from: null, channel: null, receivedAtMs: 0, hops: 1 })
  }
  robots[0]?.peer.node.setBootstrap([operator.peer.address, robots[1]?.peer.address ?? ''])
  await vi.waitFor(() => {
    for (const robot of robots) expect(offMs(robot)).toBeLessThan(1_500)
    for (const robot of robots) expect(robot.peer.node.neighbours()).toHaveLength(2)
  }, soon)
  expect(operator.sync.view()).toMatchObject({ offsetMs: 0, source: 'own' })
})

it('robots that can ask nobody for the time take it from what trusted machines sign', async () => {
  // Peers that do not answer questions for the time, as over UDP: one of them is an honest one, one a stranger.
  const machines = [await startPeer(), await startPeer(), await startPeer({ stranger: true })]
  const robot = await startTimed(in1970, {
    lastSeenMs: systemClock.now() - dayMs / 2,
    bootstrap: machines.map(({ address }) => address),
  })
  await vi.waitFor(() => expect(robot.peer.node.neighbours()).toHaveLength(3), soon)
  expect(robot.sync.view().source).toBe('floor')
  await vi.waitFor(
    () => {
      for (const machine of machines) machine.say('machines', 'm')
      expect(robot.sync.view()).toMatchObject({ source: 'swarm', peers: 2 })
    },
    { timeout: 10_000, interval: 200 },
  )
  expect(offMs(robot)).toBeLessThan(5_000)
})

it('keeps the time for the next start, if anybody agreed on it', async () => {
  const one = await startTimed(0)
  const other = await startTimed(0, { bootstrap: [one.peer.address] })
  const [alone, in70] = [await startTimed(0), await startTimed(in1970)]
  await vi.waitFor(() => expect(one.sync.view().peers).toBe(1), soon)
  await stopSyncs()
  expect([alone.seen, in70.seen]).toEqual([[], []])
  for (const { seen } of [one, other]) expect(Math.abs((seen.at(-1) ?? 0) - systemClock.now())).toBeLessThan(60_000)
})

it('a clock that is ahead, with one neighbour to say so, keeps no time by which the next two would look set back', async () => {
  const first = await startTimed(0)
  const ahead = await startTimed(3 * hourMs, { bootstrap: [first.peer.address] })
  await vi.waitFor(() => expect(ahead.sync.view()).toMatchObject({ source: 'own', peers: 1 }), soon)
  // Long enough for the watch to have kept what it would keep.
  const looks = vi.spyOn(ahead.clock, 'set')
  await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(5), soon)
  expect(ahead.seen).toEqual([])
  const second = await startTimed(0)
  ahead.peer.node.setBootstrap([first, second].map(({ peer }) => peer.address))
  await vi.waitFor(() => expect(ahead.sync.view()).toMatchObject({ source: 'swarm', peers: 2 }), soon)
  expect(offMs(ahead)).toBeLessThan(5_000)
})

it('what strangers say while nobody is trusted yet is gone by, and not kept', async () => {
  const strangers = [await startTimed(0, { stranger: true }), await startTimed(0, { stranger: true })]
  const newcomer = await startTimed(in1970, { stranger: true })
  // As if the root that its invite names had not come yet.
  const { book, node } = newcomer.peer
  const trust = book.trust.bind(book)
  vi.spyOn(book, 'trust').mockImplementation(() => Object.create(trust(), { root: { value: null } }) as TrustState)
  node.setBootstrap(strangers.map(({ peer }) => peer.address))
  await vi.waitFor(() => expect(newcomer.sync.view()).toMatchObject({ source: 'swarm', peers: 0 }), soon)
  expect(offMs(newcomer)).toBeLessThan(1_500)
  await newcomer.sync.stop()
  expect(newcomer.seen).toEqual([])
})

it('blames who answers with garbage, and answers nobody more often than clocks need', async () => {
  const server = await startTimed(0)
  const client = await startPeer({ bootstrap: [server.peer.address] })
  const { node } = client
  await vi.waitFor(() => expect(node.neighbours()).toContain(server.peer.node.peerId), soon)
  const dial = () => node.libp2p.dialProtocol(peerIdFromString(server.peer.node.peerId), timeProtocol)
  for (let i = 0; i < 8; i++) {
    const stream = await dial()
    const frames = lpStream(stream)
    await frames.write(timeQuestion).catch(() => {})
    await frames.read().catch(() => {})
    await stream.close().catch(() => {})
    const more = await dial()
    const second = lpStream(more)
    for (let round = 0; round < 3; round++) {
      await second.write(timeQuestion).catch(() => {})
      await second.read().catch(() => {})
    }
    await more.close().catch(() => {})
  }
  expect(server.peer.counters.get('time.refused:rate')).toBeGreaterThan(0)
  const stream = await dial()
  await lpStream(stream).write(new TextEncoder().encode('what?'))
  await vi.waitFor(() => expect(server.peer.counters.get('time.refused:malformed')).toBe(1), soon)
  // The other way round: it asks us, and gets nonsense.
  await node.libp2p.handle(timeProtocol, (asked) => {
    const bytes = byteStream(asked)
    void bytes
      .read()
      .then(() => bytes.write(Uint8Array.of(3, 1, 2, 3)))
      .catch(() => {})
  })
  await vi.waitFor(() => expect(server.peer.counters.get('time.refused:malformed')).toBeGreaterThan(1), soon)
  expect(server.sync.view()).toMatchObject({ offsetMs: 0, source: 'own', peers: 0 })
})

it('an answer of impossible numbers is none', async () => {
  const { decodeTimeAnswer } = await import('./time-frames.ts')
  const { encodeCbor } = await import('../../model/cbor.ts')
  const good = { own: 5, swarm: null, held: 0.25 }
  expect(decodeTimeAnswer(encodeTimeAnswer(good))).toEqual(good)
  for (const bad of [
    { own: -1 },
    { own: 1e16 },
    { swarm: 0.5 },
    { held: -1 },
    { held: 1e9 },
    { own: 'now' },
    { v: 2 },
  ]) {
    expect(decodeTimeAnswer(encodeCbor({ v: 1, ...good, ...bad }))).toBeUndefined()
  }
  expect(decodeTimeAnswer(new Uint8Array(500))).toBeUndefined()
})
