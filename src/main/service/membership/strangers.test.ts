import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import type { SignedRecord } from '../../model/record.ts'
import { encodeRoot, rootKey } from '../../model/trust-records.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { encodeMachine } from './machine-record.ts'
import { Membership } from './membership.ts'
import { circle, TestMachine } from './testing/machine.ts'

const weekMs = 7 * 24 * 60 * 60_000
const aHealth = {
  latest: () => ({
    atMs: 1,
    values: { temperatureC: 99 },
    batteryCharging: null,
    memoryTotalBytes: null,
    diskTotalBytes: null,
    diskFreeBytes: null,
    uptimeS: null,
    notes: [],
  }),
  spark: () => ({ atMs: [1], cpuPercent: [1], temperatureC: [99] }),
}

let clock: FakeClock
let me: TestMachine
let robot: TestMachine
let membership: Membership
let told: string[]
let nextSeed = 100

beforeEach(async () => {
  clock = new FakeClock()
  me = new TestMachine(nextSeed++, clock)
  // Each time another, because the circle remembers whom it has admitted.
  robot = new TestMachine(nextSeed++, clock, { stranger: true })
  told = []
  membership = new Membership(
    { ...me, peerId: me.peerId, node: me.links, health: aHealth, book: me.book, random: me.random },
    {
      profile: { name: 'laptop', role: 'operator', version: '1.0.0', robot: null, simulated: false },
      startedAtMs: clock.now(),
      forgottenPath: join(me.home, 'forgotten.json'),
    },
  )
  membership.events.on('machine:status', ({ peer, status }) => told.push(`${nameOf(peer)} ${status}`))
  membership.events.on('machine:joined', ({ peer }) => told.push(`${nameOf(peer)} joined`))
  await membership.start()
})

afterEach(async () => {
  await membership.stop()
  for (const machine of [me, robot]) machine.close()
})

const nameOf = (peer: PeerId): string => (peer === robot.peerId ? 'robot' : peer === me.peerId ? 'me' : peer)

interface Announced {
  readonly rootVersion?: number
  readonly clockSkewMs?: number
  readonly trustFingerprint?: string
}

function announced(more: Announced = {}): StoredRecord {
  const value = encodeMachine({
    name: 'duckie07',
    role: 'robot',
    version: '1.0.0',
    robot: null,
    simulated: false,
    os: '',
    addresses: [],
    startedAtMs: 0,
    announceEveryMs: 10_000,
    leaving: false,
    clockSkewMs: more.clockSkewMs ?? null,
    rootVersion: more.rootVersion ?? null,
    trustFingerprint: more.trustFingerprint ?? null,
    archive: false,
    copies: 1,
  })
  return robot.book.author({ bucket: 'machines', key: 'self', value, validForMs: weekMs })
}

function hand(records: readonly SignedRecord[]): void {
  me.book.merge(records, { via: 'direct', from: robot.peerId, channel: null, receivedAtMs: clock.now(), hops: 1 })
}

test('a stranger is shown as one, without its health, and alarms nobody', async () => {
  me.receive([announced({ clockSkewMs: -5_000 })], 'direct', robot.peerId)
  expect(membership.get(robot.peerId)).toMatchObject({
    name: 'duckie07',
    standing: 'stranger',
    roles: [],
    status: 'alive',
    health: null,
    spark: { atMs: [] },
    clockSkewMs: -5_000,
  })
  await clock.advance(300_000)
  expect(membership.get(robot.peerId)?.status).toBe('gone')
  expect(told).toEqual([])
})

test('once admitted it has joined, without having said anything again', () => {
  me.receive([announced()], 'direct', robot.peerId)
  const changed: PeerId[] = []
  membership.events.on('machines:changed', ({ peers }) => changed.push(...peers))
  circle.admitPeer(robot.peerId)
  expect(told).toEqual(['robot joined'])
  expect(changed).toContain(robot.peerId)
  const view = membership.get(robot.peerId)
  expect(view).toMatchObject({ standing: 'member', roles: ['robot'], health: { values: { temperatureC: 99 } } })
  expect(view?.standingReason).toMatch(/^granted robot by …\S{8} \(root key\) on 2023-/)
  me.receive([announced()], 'direct', robot.peerId)
  expect(told).toEqual(['robot joined'])
})

test('one that is revoked is shown as that, also after a restart while its records are kept', async () => {
  me.receive([announced()], 'direct', robot.peerId)
  circle.admitPeer(robot.peerId)
  hand([circle.trusted.revoke(robot.peerId)])
  expect(membership.get(robot.peerId)).toMatchObject({ standing: 'revoked', roles: [], health: null })
  expect(membership.get(robot.peerId)?.standingReason).toMatch(/^its key was revoked by …/)
  await membership.stop()
  await membership.start()
  expect(membership.get(robot.peerId)?.standing).toBe('revoked')
})

test('a machine that goes by other trust records is named, once both had time to hear of them', async () => {
  circle.admitPeer(robot.peerId)
  const { fingerprint } = me.book.trust()
  const says = async (trustFingerprint: string): Promise<readonly string[]> => {
    await clock.advance(60_000)
    me.receive([announced({ rootVersion: 1, trustFingerprint })], 'direct', robot.peerId)
    return membership.warnings().map(({ code }) => code)
  }
  expect(await says(fingerprint)).toEqual([])
  // A revocation comes that the robot has not heard yet: what it says for a while is of before.
  circle.admitPeer(me.peerId)
  hand([circle.trusted.grant(me.peerId, ['server'])])
  expect(me.book.trust().fingerprint).not.toBe(fingerprint)
  expect(await says(fingerprint)).toEqual([])
  expect(await says(fingerprint)).toEqual(['TRUST_DIFFERS'])
  expect(membership.warnings()[0]?.message).toMatch(/^duckie07 goes by other trust records than this peer/)
  // It has heard more than this peer: that may come here any moment, and does not.
  const other = 'ab'.repeat(16)
  expect(await says(other)).toEqual([])
  await says(other)
  expect(await says(other)).toEqual(['TRUST_DIFFERS'])
  expect(await says(me.book.trust().fingerprint)).toEqual([])
})

test('machines that follow another root are named, once they had time to hear of it', async () => {
  const { root } = circle.trusted
  // One that was admitted before the roots differ.
  circle.admitPeer(robot.peerId)
  me.receive([announced({ rootVersion: 2 })], 'direct', robot.peerId)
  expect(membership.warnings()).toMatchObject([
    { code: 'NEWER_ROOT', message: /^duckie07 goes by a newer root than 1/ },
  ])
  const own = new TestMachine(99, clock, { stranger: true })
  expect(own.peerId).toBe(root.peerId)
  for (const version of [2, 3]) {
    const keys = [root.peerId]
    const previous = me.book.trust().root?.record.id ?? null
    const value = encodeRoot({ version, name: 'test swarm', keys, threshold: 1, rules: new Map(), previous })
    hand([own.book.author({ bucket: 'trust', key: rootKey, value, validForMs: 300 * 24 * 3_600_000 }).record])
  }
  own.close()
  expect(me.book.trust().root?.version).toBe(3)
  expect(membership.warnings()).toEqual([])
  await clock.advance(11 * 60_000)
  me.receive([announced({ rootVersion: 2 })], 'direct', robot.peerId)
  expect(membership.warnings()).toMatchObject([
    { code: 'OLDER_ROOT', message: /^duckie07 does not know root 3 yet, and goes by an older one/ },
  ])
  expect(membership.get(me.peerId)?.rootVersion).toBe(3)
})
