import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CareRig } from './testing/care-rig.ts'
import { nowhere } from './testing/share-rig.ts'

let peer: CareRig

beforeEach(async () => {
  peer = new CareRig()
  await peer.open()
})

afterEach(async () => {
  await peer.close()
  peer.remove()
})

it('a file that is gone is taken back, and no longer held, unless another file has its content', async () => {
  const bytes = randomBytes(600_000)
  const cid = await peer.share('a.log', bytes)
  await peer.share('b.log', bytes)
  await peer.now.care.start()
  await peer.clock.advance(1)
  const released = vi.fn<() => void>()
  peer.now.index.onReleased = released
  const name = 'b.log'
  const path = join('/share', name)
  peer.now.care.forgetGone(new Map([[path, { path, name, sizeBytes: 600_000, mtimeMs: 1 }]]), peer.clock.monotonic())
  expect(peer.now.shares.view(cid, nowhere)).toMatchObject({ name: 'b.log' })
  expect(peer.now.index.held.has(cid)).toBe(true)
  expect(released).not.toHaveBeenCalled()
  peer.now.care.forgetGone(new Map(), peer.clock.monotonic())
  expect(peer.now.shares.view(cid, nowhere)).toBeUndefined()
  expect(peer.recordsOf(cid)).toEqual([])
  expect(peer.now.index.held.has(cid)).toBe(false)
  expect(released).toHaveBeenCalledTimes(1)
})

it('where deleted files are kept, flights are not: the flight recorder removes them to keep its bounds', async () => {
  peer.whenDeleted = 'keep'
  const log = await peer.share('a.log')
  const flight = await peer.share('flight/2030-01-01_00-00-00Z-mark/a.log')
  await peer.now.care.start()
  await peer.clock.advance(1)
  peer.now.care.forgetGone(new Map(), peer.clock.monotonic())
  expect(peer.now.shares.ownShares().map(({ cid }) => cid)).toEqual([log])
  expect([...peer.now.index.held.keys()]).toEqual([log])
  expect(peer.recordsOf(flight)).toEqual([])
})

it('what was shared after a look at the folder began is not missed in it', async () => {
  await peer.now.care.start()
  const lookedAtMs = peer.clock.monotonic()
  const cid = await peer.share('upload.bin')
  peer.now.care.forgetGone(new Map(), lookedAtMs)
  expect(peer.now.shares.view(cid, nowhere)).toBeDefined()
})

it('a fetched file that is taken back from the share folder is told to be a copy', async () => {
  const cid = await peer.share('a.log')
  peer.now.index.keepCopy(cid, 600_000)
  await peer.now.care.start()
  await peer.clock.advance(1)
  peer.now.care.forgetGone(new Map(), peer.clock.monotonic())
  expect(peer.now.index.held.get(cid)).toEqual({ sizeBytes: 600_000, copy: true })
  expect(peer.recordsOf(cid).map(({ record }) => record.body.value)).toEqual([{ kind: 'copy', sizeBytes: 600_000 }])
})
