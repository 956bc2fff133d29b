import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { buckets } from '../../model/bucket.ts'
import { encodeCbor } from '../../model/cbor.ts'
import type { SignedRecord } from '../../model/record.ts'
import { hourMs, robot, self, type OneBook } from '../../store/testing/one-book.ts'
import type { ShareBook } from './share-book.ts'
import { copyValue, deletedValue, fileValueSchema, shareValue } from './share-record.ts'
import { dayMs, here, ShareRig } from './testing/share-rig.ts'

const cid = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' as Cid
const facts = {
  name: 'run-17/left.bag',
  sizeBytes: 5,
  mediaType: 'application/x-rosbag',
  modifiedAtMs: 1,
  sharedAtMs: 2,
  simulated: false,
  sha1: 'a'.repeat(40),
  channel: 'course',
}
let rig: ShareRig
let world: OneBook
let shares: ShareBook

beforeEach(async () => {
  rig = new ShareRig((peer) => (peer === robot.peerId ? 'duckie07' : 'server'))
  world = rig.world
  shares = await rig.open()
})

afterEach(() => rig.remove())

function robotShares(): SignedRecord {
  const validUntil = world.clock.now() + 60 * dayMs
  const record = world.record('files', cid, robot, { value: shareValue(facts), validUntil })
  expect(world.take(record)).toEqual(['ok'])
  return record
}

const saidBySelf = () =>
  world.book.live('files', { author: self.peerId }).map(({ record }) => fileValueSchema.parse(record.body.value))

it('a kept copy tells what a share told that nobody renews, and goes on being listed when it has ended', async () => {
  robotShares()
  shares.copy(cid, 5)
  expect(shares.standIn(cid, true)).toBe(false)
  await world.clock.advance(46 * dayMs)
  expect(shares.standIn(cid, false)).toBe(false)
  expect(shares.standIn(cid, true)).toBe(true)
  expect(shares.standIn(cid, true)).toBe(false)
  expect(saidBySelf()).toMatchObject([{ kind: 'copy', sizeBytes: 5, of: { name: facts.name, channel: 'course' } }])
  expect(shares.view(cid, here)).toMatchObject({ originName: 'duckie07', copies: [{}, {}] })
  await world.clock.advance(15 * dayMs)
  world.book.sweep()
  expect(shares.view(cid, here)).toMatchObject({
    name: facts.name,
    sizeBytes: 5,
    sha1: facts.sha1,
    channel: 'course',
    originName: 'server',
    own: false,
    copies: [{ name: 'server' }],
  })
  // It is renewed as it is.
  await world.clock.advance(20 * dayMs)
  await shares.renew(() => {})
  expect(saidBySelf()).toMatchObject([{ kind: 'copy', of: { name: facts.name } }])
})

it('what is kept here is listed here when its owner has taken the file back, and for nobody else', async () => {
  const share = robotShares()
  shares.copy(cid, 5)
  world.take(world.attested(share, 'dismiss', robot))
  const told = { name: facts.name, sha1: null, channel: 'course' }
  const held = () => ({ sizeBytes: 5, copy: true, said: told })
  expect(shares.view(cid, { ...here, held })).toMatchObject({
    ...told,
    sizeBytes: 5,
    mediaType: 'application/x-rosbag',
    sharedAtMs: world.clock.now(),
    kept: true,
    local: true,
    own: false,
    copies: [{ name: 'server' }],
  })
  expect(shares.list({ ...here, held })).toHaveLength(1)
  expect(shares.view(cid, { ...here, held, isKept: () => false })).toBeUndefined()
  expect(saidBySelf()).toEqual([{ kind: 'copy', sizeBytes: 5 }])
})

it('a kept copy tells what its owner said of a file that it deleted, and a file that nobody holds is not listed', async () => {
  const share = robotShares()
  shares.copy(cid, 5)
  const value = deletedValue({ ...facts, log: null })
  world.take(world.record('files', cid, robot, { value, validUntil: world.clock.now() + 30 * dayMs }))
  world.take(world.attested(share, 'dismiss', robot))
  expect(shares.view(cid, here)).toMatchObject({
    name: facts.name,
    originName: 'duckie07',
    copies: [{ name: 'server' }],
  })
  expect(shares.holders(cid)).toEqual([])
  expect(shares.standIn(cid, false)).toBe(false)
  expect(shares.standIn(cid, true)).toBe(true)
  expect(shares.standIn(cid, true)).toBe(false)
  await world.clock.advance(31 * dayMs)
  world.book.sweep()
  expect(shares.view(cid, here)).toMatchObject({ name: facts.name, originName: 'server', channel: 'course' })
  shares.withdrawCopies([cid])
  world.take(world.record('files', cid, robot, { value, validUntil: world.clock.now() + 30 * dayMs }))
  expect(shares.view(cid, here)).toBeUndefined()
})

it('of a file that is deleted under all its names, and held by somebody, it is told what it is until it is shared again', () => {
  const value = copyValue(5)
  const share = { ...facts, name: 'moved.bag' }
  const [first, second] = [shares.share(cid, facts), shares.share(cid, share)]
  world.take(world.record('files', cid, robot, { value, validUntil: world.clock.now() + dayMs }))
  shares.withdrawDeleted([first])
  expect(saidBySelf()).toMatchObject([{ kind: 'share', name: 'moved.bag' }])
  shares.withdrawDeleted([second])
  expect(saidBySelf()).toMatchObject([{ kind: 'deleted', of: { name: 'moved.bag' } }])
  expect(shares.ownCids()).toEqual([])
  shares.share(cid, share)
  expect(saidBySelf()).toMatchObject([{ kind: 'share' }])
  shares.withdrawShares(cid)
  expect(saidBySelf()).toEqual([])
  expect(shares.view(cid, here)).toBeUndefined()
})

it('what was shared on a channel first, and later with all, stays for all when a copy stands in for it', async () => {
  robotShares()
  await world.clock.advance(dayMs)
  const value = shareValue({ ...facts, channel: null, sharedAtMs: 3 })
  world.take(world.record('files', cid, robot, { value, validUntil: world.clock.now() + 60 * dayMs }))
  shares.copy(cid, 5)
  await world.clock.advance(46 * dayMs)
  expect(shares.standIn(cid, true)).toBe(true)
  await world.clock.advance(15 * dayMs)
  world.book.sweep()
  expect(shares.view(cid, here)).toMatchObject({ name: facts.name, originName: 'server', channel: null })
})

it('of a file that is deleted, and was on a channel and with all, it is told that it is for all, in whatever order they end', async () => {
  const value = copyValue(5)
  world.take(world.record('files', cid, robot, { value, validUntil: world.clock.now() + dayMs }))
  const ids = [null, 'course'].map((channel) => shares.share(cid, { ...facts, channel }))
  shares.withdrawDeleted(ids)
  expect(saidBySelf()).toMatchObject([{ kind: 'deleted', of: { name: facts.name, channel: null } }])
  expect(shares.view(cid, here)).toMatchObject({ channel: null })
})

it('is seen to each hour, for what is kept', async () => {
  robotShares()
  const index = rig.newIndex()
  index.keepCopy(cid, 5)
  const kept = new Set<Cid>()
  const care = rig.newCare(index, { isKept: (one) => kept.has(one) })
  await care.start()
  await vi.waitFor(() => expect(saidBySelf()).toEqual([{ kind: 'copy', sizeBytes: 5 }]))
  await world.clock.advance(46 * dayMs)
  expect(saidBySelf()).toEqual([{ kind: 'copy', sizeBytes: 5 }])
  kept.add(cid)
  await world.clock.advance(2 * hourMs)
  await vi.waitFor(() => expect(saidBySelf()).toMatchObject([{ of: { name: facts.name } }]))
  await care.stop()
})

it('when its owner is back the copy tells nothing more, so that the owner may take the file back', async () => {
  robotShares()
  shares.copy(cid, 5)
  await world.clock.advance(46 * dayMs)
  shares.standIn(cid, true)
  await world.clock.advance(20 * dayMs)
  world.book.sweep()
  const again = robotShares()
  expect(shares.standIn(cid, true)).toBe(true)
  expect(saidBySelf()).toEqual([{ kind: 'copy', sizeBytes: 5 }])
  expect(shares.view(cid, here)).toMatchObject({ originName: 'duckie07' })
  world.take(world.attested(again, 'dismiss', robot))
  expect(shares.view(cid, here)).toBeUndefined()
  expect(shares.standIn(cid, true)).toBe(false)
})

it('a copy that tells of a log with very many topics fits into a record', () => {
  const topics = Array.from({ length: 128 }, (_, n) => ({ name: `/${'t'.repeat(240)}${n}`, type: 'x', count: n }))
  const log = { format: 'mcap', startMs: 1, endMs: 2, messages: 1, moreTopics: 0, whole: true, problem: null } as const
  const value = copyValue(5, { ...facts, log: { ...log, topics, facts: [] } })
  expect(encodeCbor(value).length).toBeLessThanOrEqual(buckets.files.maxValueBytes)
  const read = fileValueSchema.parse(value)
  expect(read.kind === 'copy' ? read.of?.log?.moreTopics : 0).toBeGreaterThan(0)
})

it('what another version says beside a copy does not hide the copy', () => {
  expect(fileValueSchema.parse({ kind: 'copy', sizeBytes: 5, of: { name: 7 } })).toEqual({ kind: 'copy', sizeBytes: 5 })
})
