import { randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import { stopFilePeers } from './testing/file-peers.ts'
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
