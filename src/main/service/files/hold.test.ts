import { randomBytes } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import { startFilePeers, stopFilePeers } from './testing/file-peers.ts'
import { pair, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

it('what is held comes to the store, counts as a copy, and stays whatever the quota, also after a restart', async () => {
  const [a, b] = await pair({ collectAfterMs: 50 })
  const kept = await shared(a, 'kept.bin', randomBytes(600_000))
  const also = await shared(a, 'also.bin', randomBytes(300_000))
  const spare = await shared(a, 'spare.bin', randomBytes(300_000))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(3))
  expect(b.files.shares.get(kept)?.safety).toMatchObject({ copies: 1, risk: 'low', why: 'only copy, on a' })
  const group = { id: 'g', name: 'Rescue of 2 files' }
  const begun = b.files.fetching.hold([kept, also], { priority: 'high', group })
  expect(begun.map(({ cid, priority }) => [cid, priority])).toEqual([
    [kept, 'high'],
    [also, 'high'],
  ])
  b.files.fetching.fetch(spare, { to: 'store' })
  await waitFor(() => {
    for (const cid of [kept, also, spare]) expect(b.files.shares.get(cid)?.local).toBe(true)
    expect(a.files.shares.get(kept)?.safety).toMatchObject({ copies: 2, risk: 'none' })
  })
  b.files.applySettings({ ...defaultFileSettings, quotaBytes: 1 })
  await waitFor(() => expect(b.files.shares.get(spare)?.local).toBe(false))
  await b.restartFiles()
  await waitFor(() => expect(b.files.shares.get(kept)).toMatchObject({ local: true, kept: true }))
  expect(b.files.shares.get(also)).toMatchObject({ local: true, kept: true })
  // What is here is not fetched again, and a fetched copy can be kept afterwards.
  expect(b.files.fetching.hold([kept], { priority: 'high', group })).toEqual([])
  expect(b.files.fetching.isWanted(kept)).toBe(false)
})

it('of more than may wait to be fetched none is kept, and none is begun; it is told which would fit', async () => {
  const [peer] = await startFilePeers(['a'])
  if (peer === undefined) throw new Error('a peer was asked for')
  const cids = Array.from(
    { length: 10_001 },
    () => CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString() as Cid,
  )
  const { fetching, transfers } = peer.files
  const group = { id: 'g', name: 'Rescue of 10001 files' }
  expect(() => fetching.hold(cids, { priority: 'high', group })).toThrow(
    /10001 files are meant, and 10000 more can wait/,
  )
  expect(transfers.all()).toEqual([])
  expect(cids.some((cid) => fetching.isKept(cid))).toBe(false)
  expect(fetching.fitting(cids)).toEqual(cids.slice(0, 10_000))
})

it('what is fetched already stays as urgent as it was, or held, when the archive wants it too, also after a restart', async () => {
  const [peer] = await startFilePeers(['a'])
  if (peer === undefined) throw new Error('a peer was asked for')
  const urgent = CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString() as Cid
  const paused = CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString() as Cid
  const archive = { priority: 'low', group: { id: 'archive', name: 'Archive' }, background: true } as const
  peer.files.fetching.hold([urgent], { priority: 'high', group: { id: 'r', name: 'Rescue of 1 file' } })
  const [begun] = peer.files.fetching.hold([paused], archive)
  peer.files.transfers.pause(begun?.id ?? '')
  const now = () => [urgent, paused].map((cid) => peer.files.fetching.active(cid))
  await waitFor(() => expect(now()).toMatchObject([{ priority: 'high' }, { state: 'paused' }]))
  expect(peer.files.fetching.hold([urgent, paused], archive)).toEqual(now())
  await peer.restartFiles()
  await waitFor(() => expect(now()).toMatchObject([{ priority: 'high' }, { state: 'paused' }]))
  peer.files.fetching.hold([urgent, paused], archive)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(now()).toMatchObject([{ priority: 'high' }, { state: 'paused' }])
})

it('what was held for the background is called off with its keeping, unless a person keeps it since', async () => {
  const [peer] = await startFilePeers(['a'])
  if (peer === undefined) throw new Error('a peer was asked for')
  const { fetching } = peer.files
  const cids = Array.from({ length: 3 }, () => CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString() as Cid)
  fetching.hold(cids, { priority: 'low', group: { id: 'archive', name: 'Archive' }, background: true })
  const [spared, before, since] = cids as [Cid, Cid, Cid]
  fetching.keep(since, true)
  expect(fetching.callOff(spared, { kept: false })).toBe(true)
  expect(fetching.callOff(before, { kept: true })).toBe(true)
  expect(fetching.callOff(since, { kept: false })).toBe(false)
  expect(cids.map((cid) => fetching.isKept(cid))).toEqual([false, true, true])
  await waitFor(() => expect(cids.map((cid) => fetching.isWanted(cid))).toEqual([false, false, true]))
})
