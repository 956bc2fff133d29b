import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { encodeMachine, type MachineFacts } from './machine-record.ts'
import { Membership } from './membership.ts'
import { factsOf } from './testing/machine-facts.ts'
import { TestMachine } from './testing/machine.ts'

const noHealth = { latest: () => undefined, spark: () => ({ atMs: [], cpuPercent: [], temperatureC: [] }) }
const weekMs = 7 * 24 * 60 * 60_000

let clock: FakeClock
let robotClock: FakeClock
let me: TestMachine
let robot: TestMachine
let relay: TestMachine
let membership: Membership
let statuses: string[]

function announce(more: Partial<MachineFacts> = {}): StoredRecord {
  return robot.book.author({ bucket: 'machines', key: 'self', value: encodeMachine(factsOf(more)), validForMs: weekMs })
}

function health(): StoredRecord {
  return robot.book.author({
    bucket: 'diagnostics',
    key: 'health',
    value: { windowMs: 1, avg: {}, max: {}, notes: [] },
    validForMs: weekMs,
  })
}

function made(): Membership {
  const membership = new Membership(
    { ...me, peerId: me.peerId, node: me.links, health: noHealth, book: me.book, random: me.random },
    {
      profile: { name: 'laptop', role: 'operator', version: '1.0.0', robot: null, simulated: false },
      startedAtMs: clock.now(),
      forgottenPath: join(me.home, 'forgotten.json'),
    },
  )
  membership.events.on('machine:status', ({ before, status }) => statuses.push(`${before}>${status}`))
  return membership
}

/** Both clocks run alike, however differently they are set. */
async function pass(ms: number): Promise<void> {
  await robotClock.advance(ms)
  await clock.advance(ms)
}

beforeEach(async () => {
  clock = new FakeClock()
  robotClock = new FakeClock()
  me = new TestMachine(1, clock)
  robot = new TestMachine(2, robotClock)
  relay = new TestMachine(3, clock)
  statuses = []
  membership = made()
  await membership.start()
})

afterEach(async () => {
  await membership.stop()
  for (const machine of [me, robot, relay]) machine.close()
})

test('shows itself, alive, from the start', () => {
  expect(membership.list()).toMatchObject([{ self: true, name: 'laptop', status: 'alive', peer: me.peerId }])
})

test('a machine that announces itself joins, alive, with how it was heard', () => {
  const joined: string[] = []
  membership.events.on('machine:joined', ({ peer }) => joined.push(peer))
  me.receive([announce()], 'relayed', relay.peerId)
  expect(joined).toEqual([robot.peerId])
  const view = membership.get(robot.peerId)
  expect(view).toMatchObject({
    name: 'duckie07',
    status: 'alive',
    lastHeardHow: 'relayed',
    lastHeardFrom: relay.peerId,
  })
  expect(view?.evidence).toMatchObject([{ fact: 'presence', how: 'relayed', from: relay.peerId, author: robot.peerId }])
})

test('silence makes it suspect, then gone, without anything being heard', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  await pass(29_000)
  expect(membership.get(robot.peerId)?.status).toBe('alive')
  await pass(2_000)
  expect(membership.get(robot.peerId)?.status).toBe('suspect')
  await pass(90_000)
  expect(membership.get(robot.peerId)).toMatchObject({ status: 'gone', name: 'duckie07' })
  expect(membership.get(robot.peerId)?.statusReason).toMatch(/silent for 2 min; last heard directly/)
  expect(statuses).toEqual(['unknown>alive', 'alive>suspect', 'suspect>gone'])
})

test('does not flap when announcements are late, jittered and now and then lost', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  // Up to two of three lost, each up to 4 s late: a bad Wi-Fi, not a dead robot.
  const waits = [9_000, 13_000, 22_000, 10_500, 26_000, 8_000, 12_000, 24_000, 10_000]
  for (let round = 0; round < 5; round++) {
    for (const waitMs of waits) {
      await pass(waitMs)
      me.receive([health()], 'relayed', relay.peerId)
    }
  }
  expect(statuses).toEqual(['unknown>alive'])
})

test('a record brought by catching up never makes a silent machine alive', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  await pass(5_000)
  const second = health()
  await pass(200_000)
  expect(membership.get(robot.peerId)?.status).toBe('gone')
  me.receive([second], 'caught-up', relay.peerId)
  expect(membership.get(robot.peerId)?.status).toBe('gone')
  // Nor when it is passed on by gossip after a partition healed, by a neighbour that had caught up.
  const third = announce()
  await pass(3_600_000)
  me.receive([third], 'relayed', relay.peerId)
  expect(membership.get(robot.peerId)).toMatchObject({ status: 'gone', lastHeardAtMs: third.record.body.validFrom })
  expect(statuses.filter((change) => change === 'gone>alive')).toEqual([])
})

test('two old records passed on together do not pass for a clock that runs late', async () => {
  const presence = announce()
  await pass(2_000)
  const values = health()
  await pass(3_600_000)
  me.receive([presence], 'relayed', relay.peerId)
  me.receive([values], 'relayed', relay.peerId)
  expect(membership.get(robot.peerId)?.status).toBe('gone')
})

test('a robot whose clock is hours late is alive when it speaks to us, and its clock is told', async () => {
  const late = new TestMachine(4, new FakeClock(clock.now() - 3 * 3_600_000))
  const said = late.book.author({
    bucket: 'machines',
    key: 'self',
    value: encodeMachine(factsOf()),
    validForMs: weekMs,
  })
  me.receive([said], 'direct', late.peerId)
  expect(membership.get(late.peerId)).toMatchObject({ status: 'alive', lastHeardAtMs: clock.now() })
  expect(membership.get(late.peerId)?.statusReason).toMatch(/its clock is 3 h behind/)
  late.close()
})

test('a robot with a late clock is alive though only relayed, once it is seen to go on speaking', async () => {
  const lateClock = new FakeClock(clock.now() - 3 * 3_600_000)
  const late = new TestMachine(4, lateClock)
  for (let n = 0; n < 2; n++) {
    const said = late.book.author({
      bucket: 'machines',
      key: 'self',
      value: encodeMachine(factsOf()),
      validForMs: weekMs,
    })
    me.receive([said], 'relayed', relay.peerId)
    expect(membership.get(late.peerId)?.status).toBe(n === 0 ? 'gone' : 'alive')
    await lateClock.advance(10_000)
    await clock.advance(10_000)
  }
  late.close()
})

test('a goodbye is believed at once, and undone by coming back', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  await pass(1_000)
  const lastWords = health()
  await pass(1_000)
  me.receive([announce({ leaving: true })], 'relayed', relay.peerId)
  expect(membership.get(robot.peerId)).toMatchObject({ status: 'gone', statusReason: 'said goodbye 0 s ago' })
  me.receive([lastWords], 'relayed', relay.peerId)
  expect(membership.get(robot.peerId)?.status).toBe('gone')
  await pass(20_000)
  me.receive([announce()], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)?.status).toBe('alive')
})

test('machines that are gone are still there after a restart', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  await membership.stop()
  await pass(3_600_000)
  me.reopen()
  membership = made()
  await membership.start()
  expect(membership.get(robot.peerId)).toMatchObject({ status: 'gone', name: 'duckie07', lastHeardHow: 'direct' })
})

test('a forgotten machine stays hidden, over a restart too, until it is heard again', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  expect(() => membership.forget(robot.peerId)).toThrow(/duckie07 is alive/)
  await pass(200_000)
  membership.forget(robot.peerId)
  expect(membership.get(robot.peerId)).toBeUndefined()
  expect([...membership.statuses()]).toEqual(['alive'])
  await membership.stop()
  me.reopen()
  membership = made()
  await membership.start()
  expect(membership.get(robot.peerId)).toBeUndefined()
  me.receive([announce()], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)?.status).toBe('alive')
})

test('a peer that is connected but has not told who it is, is shown as unknown while it is', () => {
  me.links.up(relay.peerId)
  expect(membership.get(relay.peerId)).toMatchObject({ status: 'unknown', connected: true, latencyMs: 3 })
  me.links.down(relay.peerId)
  expect(membership.get(relay.peerId)).toBeUndefined()
})

test('says who it is at the start, when it changed, and goodbye; in between its health speaks for it', async () => {
  const seqs = () => me.book.latest('machines', me.peerId, 'self')?.record.body.seq
  expect(seqs()).toBe(1)
  membership.setProfile({ name: 'desk', role: 'operator', version: '1.0.0', robot: null, simulated: false })
  await Promise.resolve()
  expect(me.book.latest('machines', me.peerId, 'self')?.record.body).toMatchObject({ seq: 2, value: { name: 'desk' } })
  me.links.own = ['/ip4/127.0.0.1/tcp/4040']
  me.links.changed()
  await Promise.resolve()
  expect(seqs()).toBe(3)
  for (let n = 0; n < 12; n++) {
    await pass(10_000)
    me.book.author({
      bucket: 'diagnostics',
      key: 'health',
      value: { windowMs: 1, avg: {}, max: {}, notes: [] },
      validForMs: weekMs,
    })
  }
  expect(seqs()).toBe(3)
  // Without summaries it repeats itself, so that it is not taken for dead.
  await pass(40_000)
  expect(seqs()).toBeGreaterThanOrEqual(5)
  await membership.stop()
  expect(me.book.latest('machines', me.peerId, 'self')?.record.body.value).toMatchObject({ leaving: true })
})

test('a value that is none is counted, not shown', () => {
  const nonsense = robot.book.author({ bucket: 'machines', key: 'self', value: { name: 7 }, validForMs: weekMs })
  me.receive([nonsense], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)).toBeUndefined()
  expect(me.counters.get('membership.refused:bad-value')).toBe(1)
})

test('the newest file of a machine is told, and the one before when it is taken back', async () => {
  const share = (key: string, name: string) =>
    robot.book.author({ bucket: 'files', key, value: { kind: 'share', name }, validForMs: weekMs })
  const older = share(`bafybei${'a'.repeat(52)}`, 'old.mcap')
  await pass(1_000)
  const newer = share(`bafybei${'b'.repeat(52)}`, 'new.mcap')
  me.receive([announce(), older, newer], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)?.lastLog?.name).toBe('new.mcap')
  me.receive([robot.book.attest(newer.record.id, 'dismiss')], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)?.lastLog?.name).toBe('old.mcap')
})

test('when this clock is set, nobody is doubted before having had time to speak', async () => {
  me.receive([announce()], 'direct', robot.peerId)
  clock.jump(40 * 365 * 24 * 3_600_000)
  await clock.advance(31_000)
  expect(statuses).toEqual(['unknown>alive'])
})

test('a neighbour whose clock is in 1970 is shown, with the reason why nothing is known of it', async () => {
  robotClock.jump(60_000 - robotClock.now())
  const told: PeerId[] = []
  membership.events.on('machines:changed', ({ peers }) => told.push(...peers))
  me.links.up(robot.peerId)
  expect(membership.get(robot.peerId)?.statusReason).toMatch(/has not announced itself/)
  told.length = 0
  const { record } = announce()
  expect(me.book.check(record)).toMatchObject({ kind: 'rejected', reason: 'expired' })
  me.clocks.refused(robot.peerId, record.body)
  expect(told).toEqual([robot.peerId])
  expect(membership.get(robot.peerId)).toMatchObject({
    status: 'unknown',
    statusReason: expect.stringMatching(
      /^connected, but .* refused as expired: its clock is 19\d{3} d behind ours/,
    ) as string,
  })
})
