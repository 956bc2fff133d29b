import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { self, type OneBook } from '../../store/testing/one-book.ts'
import type { ShareBook } from './share-book.ts'
import { dayMs, here, ShareRig, unexpected } from './testing/share-rig.ts'

let rig: ShareRig
let world: OneBook
let shares: ShareBook

beforeEach(async () => {
  rig = new ShareRig()
  world = rig.world
  shares = await rig.open()
})

afterEach(() => rig.remove())

/** Shares of files of which nothing but their records counts here. */
function shareMany(count: number) {
  const nowMs = world.clock.now()
  const about = { sizeBytes: 5, mediaType: 'text/plain', modifiedAtMs: nowMs, sharedAtMs: nowMs, simulated: false }
  const files = Array.from({ length: count }, (_, n) => {
    const digest = new Uint8Array(32)
    new DataView(digest.buffer).setUint32(0, n)
    const cid = CID.createV1(0x55, digestOf(0x12, digest)).toString() as Cid
    return { cid, facts: { name: `run/${n}.log`, ...about } }
  })
  const ids = shares.shareAll(files)
  return ids.map((recordId, n) => ({ recordId, cid: files[n]?.cid ?? unexpected(), name: `run/${n}.log` }))
}

it('many files that are gone are taken back bit by bit, and nothing is built on them meanwhile', async () => {
  const index = rig.newIndex()
  const care = rig.newCare(index)
  const all = shareMany(200)
  for (const { recordId, cid, name } of all) {
    index.setFile(join('/share', name), { sizeBytes: 5, mtimeMs: 1, cid, recordId, sharedAtMs: 1, name })
  }
  await world.clock.advance(1)
  const attestAll = vi.spyOn(world.book, 'attestAll')
  const last = all.at(-1) ?? unexpected()
  care.forgetGone(new Map(), world.clock.monotonic())
  expect(shares.list(here)).toHaveLength(136)
  expect(shares.ownNamed(last.name)).toEqual([])
  // Who has a copy says so, though the share is still there.
  shares.copy(last.cid, 5)
  await vi.waitFor(() => expect(shares.list(here)).toHaveLength(0))
  expect(attestAll.mock.calls.map(([ids]) => ids.length)).toEqual([64, 64, 64, 8])
  const left = world.book.live('files', { author: self.peerId })
  expect(left.map(({ record }) => record.body.value)).toEqual([{ kind: 'copy', sizeBytes: 5 }])
})

it('many records are signed anew bit by bit, but not one that is taken back meanwhile', async () => {
  const last = shareMany(150).at(-1) ?? unexpected()
  const authorAll = vi.spyOn(world.book, 'authorAll')
  await world.clock.advance(31 * dayMs)
  const told: number[] = []
  const done = shares.renew((replaced) => told.push(replaced.size))
  expect(shares.withdrawShares(last.cid)).toBe(1)
  await done
  expect(authorAll.mock.calls.map(([drafts]) => drafts.length)).toEqual([64, 64, 21])
  expect(told).toEqual([64, 64, 21])
  const left = world.book.live('files', { author: self.peerId })
  expect(left).toHaveLength(149)
  expect(new Set(left.map(({ record }) => record.body.validUntil))).toEqual(new Set([world.clock.now() + 60 * dayMs]))
  await shares.renew(unexpected)
})
