import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { CareRig, settled } from './testing/care-rig.ts'

let peer: CareRig

beforeEach(async () => {
  peer = new CareRig()
  await peer.open()
})

afterEach(async () => {
  await peer.close()
  peer.remove()
})

it('a damaged copy is no longer offered, a kept one fetched again, a damaged share is added again', async () => {
  const cid = await peer.share('a.log')
  const linked = await peer.share('b.log', randomBytes(600_000), { linked: true })
  const dear = await peer.added(randomBytes(400_000))
  peer.now.index.keepCopy(dear, 400_000)
  peer.kept.add(dear)
  const copy = await peer.added(randomBytes(500_000))
  peer.now.index.keepCopy(copy, 500_000)
  peer.now.shares.copy(copy, 500_000)
  await peer.now.care.start()
  await settled()
  const blocks = (await readdir(join(peer.world.home, 'blocks'), { withFileTypes: true, recursive: true })).filter(
    (e) => e.isFile(),
  )
  await Promise.all(blocks.map((entry) => rm(join(entry.parentPath, entry.name))))
  peer.now.care.repairSoon()
  peer.now.care.repairSoon()
  await peer.clock.advance(2_000)
  await vi.waitFor(() => expect(peer.repaired).toHaveLength(4))
  expect(new Set(peer.repaired)).toEqual(new Set([cid, linked, copy, dear]))
  expect(peer.fetched).toEqual([dear])
  expect(peer.now.index.held.size).toBe(0)
  // Where a file lies is known still, and that it is to be read.
  expect([...peer.now.index.files]).toMatchObject([
    ['/share/a.log', { cid, mtimeMs: -1 }],
    ['/share/b.log', { cid: linked, linked: true, mtimeMs: -1 }],
  ])
  expect(peer.recordsOf(linked)).toHaveLength(1)
  // The share stays said: its file is there, and is being added.
  expect(peer.recordsOf(cid)).toHaveLength(1)
  expect(peer.recordsOf(copy)).toEqual([])
  // When it is deleted before that, nothing is left to keep.
  peer.whenDeleted = 'keep'
  await peer.clock.advance(1)
  peer.now.care.forgetGone(new Map(), peer.clock.monotonic())
  expect(peer.now.index.held.has(cid)).toBe(false)
  expect(peer.recordsOf(cid)).toEqual([])
})

it('after the index was lost, copies are found again by their records, and those that are gone are taken back', async () => {
  const here = await peer.added(randomBytes(500_000))
  peer.now.shares.copy(here, 500_000)
  const gone = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' as Cid
  peer.now.shares.copy(gone, 12)
  await peer.restart()
  await vi.waitFor(() => expect(peer.now.index.held.get(here)).toEqual({ sizeBytes: 500_000, copy: true }))
  await vi.waitFor(() => expect(peer.recordsOf(gone)).toEqual([]))
  expect(peer.recordsOf(here)).toHaveLength(1)
})
