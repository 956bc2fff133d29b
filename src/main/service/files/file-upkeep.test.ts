import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, pair, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

async function blockCount(peer: FilePeer): Promise<number> {
  const entries = await readdir(peer.blocksDir, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

it('the blocks of a deleted file are removed, those of files that stay and of copies are not', async () => {
  const [a, b] = await pair({ collectAfterMs: 50 })
  const leaf = 256 * 1024
  const common = randomBytes(leaf)
  const stays = await shared(a, 'stays.bin', Buffer.concat([common, randomBytes(leaf)]))
  const goes = await shared(a, 'goes.bin', Buffer.concat([common, randomBytes(2 * leaf)]))
  await ended(b, b.files.fetching.fetch(goes, { to: 'store' }))
  await rm(join(a.shareDir, 'goes.bin'))
  // The root and two leaves of the one that stays.
  await waitFor(async () => expect(await blockCount(a)).toBe(3))
  expect(a.counters.get('files.collect:blocks')).toBe(3)
  expect(a.files.shares.get(stays)?.local).toBe(true)
  const { signal } = new AbortController()
  let bytes = 0
  for await (const chunk of b.files.reader.content(goes, { signal })) bytes += chunk.length
  expect(bytes).toBe(3 * leaf)
  await b.restartFiles()
  await waitFor(() => expect(b.counters.get('files.collect:done')).toBeGreaterThan(1))
  expect(await blockCount(b)).toBe(4)
})

it('what a cancelled fetch and a broken upload brought is removed', async () => {
  const [a, b] = await pair({ collectAfterMs: 50 })
  const cid = await shared(a, 'big.bin', randomBytes(20_000_000))
  const { id } = b.files.fetching.fetch(cid, { to: 'downloads' })
  await waitFor(() => expect(b.files.transfers.view(id)?.doneBytes).toBeGreaterThan(500_000))
  b.files.transfers.cancel(id)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(3_000_000)
    throw new Error('the line broke')
  }
  await b.files.sharing.shareStream('x.bin', broken(), {})
  await waitFor(async () => expect(await blockCount(b)).toBe(0))
})

it('a file that is deleted while another is hashed is noticed at once', async () => {
  const [a] = await pair()
  await writeFile(join(a.shareDir, 'small.txt'), 'small')
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(1))
  await writeFile(join(a.shareDir, 'large.bin'), Buffer.alloc(400_000_000, 'dt'))
  const hashing = () => a.files.transfers.views().find(({ name }) => name === 'large.bin')
  await waitFor(() => expect(hashing()).toMatchObject({ state: 'running', step: 'hashing' }))
  await rm(join(a.shareDir, 'small.txt'))
  await waitFor(() => expect(a.files.shares.all().map(({ name }) => name)).not.toContain('small.txt'))
  expect(hashing()?.state).toBe('running')
  await waitFor(() => expect(a.files.shares.all().map(({ name }) => name)).toEqual(['large.bin']))
}, 30_000)
