import { randomBytes } from 'node:crypto'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { operator } from '../../store/testing/one-book.ts'
import { SharePublisher } from './share-publisher.ts'
import { CareRig, settled } from './testing/care-rig.ts'
import { dayMs, nowhere } from './testing/share-rig.ts'

let peer: CareRig

beforeEach(async () => {
  peer = new CareRig()
  await peer.open()
})

afterEach(async () => {
  await peer.close()
  peer.remove()
})

it('a share is signed anew when half of its time is over, and only then', async () => {
  const cid = await peer.share('a.log')
  const untilMs = peer.horizonOf(cid)
  expect(untilMs).toBe(peer.clock.now() + 60 * dayMs)
  await peer.now.care.start()
  await settled()
  await peer.clock.advance(29 * dayMs)
  expect(peer.horizonOf(cid)).toBe(untilMs)
  await peer.clock.advance(2 * dayMs)
  expect(peer.horizonOf(cid)).toBeGreaterThan(untilMs + 29 * dayMs)
  expect(peer.recordsOf(cid)).toHaveLength(1)
  // The index follows: the next look at the folder finds the record that counts.
  expect(peer.now.index.files.get('/share/a.log')?.recordId).toBe(peer.recordsOf(cid)[0]?.record.id)
  await peer.clock.advance(300 * dayMs)
  expect(peer.recordsOf(cid)).toHaveLength(1)
  expect(peer.now.shares.view(cid, nowhere)).toMatchObject({ name: 'a.log' })
})

it('a copy is signed anew too', async () => {
  const cid = await peer.added(randomBytes(1_000))
  peer.now.index.keepCopy(cid, 1_000)
  peer.now.shares.copy(cid, 1_000)
  const untilMs = peer.horizonOf(cid)
  await peer.now.care.start()
  await settled()
  await peer.clock.advance(40 * dayMs)
  expect(peer.horizonOf(cid)).toBeGreaterThan(untilMs)
  expect(peer.recordsOf(cid)).toHaveLength(1)
})

it('a peer that is on for minutes at a time renews at its start', async () => {
  const cid = await peer.share('a.log')
  const untilMs = peer.horizonOf(cid)
  await peer.close()
  await peer.clock.advance(45 * dayMs)
  await peer.open()
  await peer.now.care.start()
  expect(peer.horizonOf(cid)).toBeGreaterThan(untilMs)
})

it('a share whose record ended while its origin was off is shared again', async () => {
  const cid = await peer.share('a.log')
  await peer.close()
  await peer.clock.advance(61 * dayMs)
  while (peer.book.sweep().more);
  await peer.open()
  expect(peer.now.index.files.size).toBe(1)
  await peer.now.care.start()
  await vi.waitFor(() => expect(peer.repaired).toEqual([cid]))
  // It is to be read anew; with whom it was shared is told by nothing else any more.
  expect([...peer.now.index.files]).toMatchObject([['/share/a.log', { cid, mtimeMs: -1 }]])
})

it.each([
  ['its record ended while its origin was off', () => peer.clock.advance(61 * dayMs)],
  [
    'the database was lost',
    async () => {
      const next = new CareRig()
      await cp(join(peer.world.home, 'files.json'), join(next.world.home, 'files.json'))
      peer.remove()
      peer = next
    },
  ],
])('a file of a channel stays on it when %s', async (_why, lose) => {
  const file = { path: '/share/a.log', name: 'a.log', sizeBytes: 600_000, mtimeMs: 1 }
  const stop = new AbortController()
  const { signal } = stop
  const publish = async (cid: Cid, channel: string | undefined): Promise<unknown> => {
    const { shares, index } = peer.now
    const publisher = new SharePublisher({
      ...peer.basics,
      shares,
      index,
      isUnshared: () => false,
      simulated: false,
      signal: () => signal,
    })
    const about = { cid, file, linked: false, signal, modifiedAtMs: 1, sha1: null, log: null }
    return publisher.publish({ ...about, channel })
  }
  const cid = await peer.added(randomBytes(600_000))
  await publish(cid, 'course')
  await peer.close()
  await lose()
  while (peer.book.sweep().more);
  await peer.open()
  expect(peer.now.shares.ownShares(cid)).toEqual([])
  await peer.now.care.start()
  await vi.waitFor(() => expect(peer.repaired).toEqual([cid]))
  await publish(cid, undefined)
  expect(peer.now.shares.ownShares(cid)).toMatchObject([{ name: 'a.log', channel: 'course' }])
  stop.abort()
})

it('the shares of one file are signed anew together, so that none ends long before the others', async () => {
  const cid = await peer.share('a.log')
  await peer.now.care.start()
  await settled()
  const [said] = peer.recordsOf(cid)
  await peer.clock.advance(20 * dayMs)
  peer.book.author({
    bucket: 'files',
    key: cid,
    value: { ...said?.record.body.value, channel: 'course' },
    validForMs: 60 * dayMs,
  })
  await peer.clock.advance(11 * dayMs)
  const ends = peer.recordsOf(cid).map(({ record }) => record.body.validUntil)
  expect(ends).toHaveLength(2)
  expect(new Set(ends).size).toBe(1)
})

it('a linked file whose record ended is still known, and to be read anew', async () => {
  const cid = await peer.share('a.log', randomBytes(600_000), { linked: true })
  await peer.close()
  await peer.clock.advance(61 * dayMs)
  while (peer.book.sweep().more);
  await peer.open()
  await peer.now.care.start()
  await vi.waitFor(() => expect(peer.repaired).toEqual([cid]))
  expect([...peer.now.index.files.values()]).toMatchObject([{ cid, linked: true, mtimeMs: -1 }])
})

it('a share that an operator has dismissed is not shared again, also when only the mark of it is left', async () => {
  const cid = await peer.share('a.log')
  await peer.now.care.start()
  await settled()
  const [shared] = peer.recordsOf(cid)
  if (shared === undefined) throw new Error('it is shared')
  const { id } = shared.record
  peer.world.take(peer.world.attested(shared.record, 'dismiss', operator))
  await peer.clock.advance(2 * 60 * 60_000)
  expect(peer.recordsOf(cid)).toEqual([])
  peer.book.sweep()
  expect(peer.book.get(id)).toBeUndefined()
  await peer.restart()
  await peer.clock.advance(2 * 60 * 60_000)
  expect([peer.recordsOf(cid), peer.repaired]).toEqual([[], []])
})

it('a clock that was set back does not take shares for lost', async () => {
  await peer.share('a.log')
  peer.clock.jump(-10 * dayMs)
  await peer.restart()
  expect(peer.now.index.files.size).toBe(1)
  expect(peer.repaired).toEqual([])
})
