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
