import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { stopFilePeers } from './testing/file-peers.ts'
import { pair, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

const group = { id: 'archive', name: 'Archive' }

it('a kept copy is still listed where it is kept when its robot unshares the file, until it is let go', async () => {
  const [a, b] = await pair({ collectAfterMs: 50 })
  const cid = await shared(a, 'logs/run.bag', new Uint8Array(1_000).fill(1))
  await waitFor(() => expect(b.files.shares.get(cid)).toBeDefined())
  const before = b.files.shares.get(cid)
  b.files.fetching.hold([cid], { priority: 'low', group })
  await waitFor(() => expect(b.files.shares.get(cid)).toMatchObject({ local: true, kept: true }))
  a.files.sharing.unshare(cid)
  await waitFor(() => expect(a.files.shares.all()).toEqual([]))
  await waitFor(() => expect(b.files.shares.get(cid)?.copies).toEqual([{ peer: b.peerId, name: 'b', alive: true }]))
  const { name, mediaType, modifiedAtMs, sharedAtMs } = before ?? {}
  const kept = { name, mediaType, modifiedAtMs, sharedAtMs, safety: { copies: 1 } }
  expect(b.files.shares.all()).toMatchObject([kept])
  await b.restartFiles()
  expect(b.files.shares.all()).toMatchObject([kept])
  b.files.fetching.keep(cid, false)
  expect(b.files.shares.all()).toEqual([])
})

it('what its robot deletes to make room stays listed for all while somebody keeps a copy, until the robot takes it back', async () => {
  const [a, b] = await pair({ collectAfterMs: 50 })
  const bytes = new Uint8Array(1_000).fill(2)
  const cid = await shared(a, 'run.bag', bytes)
  const alone = await shared(a, 'alone.bag', new Uint8Array(1_000).fill(3))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(2))
  b.files.fetching.hold([cid], { priority: 'low', group })
  await waitFor(() => expect(a.files.shares.get(cid)?.copies).toHaveLength(2))
  rmSync(join(a.shareDir, 'run.bag'))
  rmSync(join(a.shareDir, 'alone.bag'))
  for (const { files } of [a, b]) {
    await waitFor(() => expect(files.shares.get(cid)?.copies).toMatchObject([{ name: 'b' }]))
    expect(files.shares.get(cid)).toMatchObject({ name: 'run.bag', originName: 'a', own: false, safety: { copies: 1 } })
    await waitFor(() => expect(files.shares.get(alone)).toBeUndefined())
  }
  // The keeper tells it itself from its next look on, until it is shared again: then it is the robot's to take back.
  const told = () => b.book.live('files', { author: b.peerId }).map(({ record }) => record.body.value)
  await b.restartFiles()
  await waitFor(() => expect(told()).toMatchObject([{ kind: 'copy', of: { name: 'run.bag' } }]))
  await shared(a, 'run.bag', bytes)
  await waitFor(() => expect(b.files.shares.get(cid)?.copies).toHaveLength(2))
  await b.restartFiles()
  await waitFor(() => expect(told()).toEqual([{ kind: 'copy', sizeBytes: 1_000 }]))
  await waitFor(() => expect(a.files.shares.get(cid)).toMatchObject({ own: true, originName: 'a' }))
  a.files.sharing.unshare(cid)
  await waitFor(() => expect(a.files.shares.all()).toEqual([]))
})
