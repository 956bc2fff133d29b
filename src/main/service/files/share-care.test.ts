import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { operator } from '../../store/testing/one-book.ts'
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
  expect(peer.now.index.files.size).toBe(0)
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
