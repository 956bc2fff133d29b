import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { SmallDisks } from '../../store/testing/small-disk.ts'
import { startFilePeers, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, stream } from './testing/file-steps.ts'

/** A full disk that is real. */
const disks = new SmallDisks()

let peers: FilePeer[]

beforeEach(async () => {
  peers = await startFilePeers(['a', 'b'])
})
afterEach(async () => {
  for (const peer of peers) await peer.files.stop()
  disks.unmount()
  await stopFilePeers()
})

function mountSmall(dir: string): void {
  mkdirSync(dir, { recursive: true })
  disks.mount(dir, 2)
}

it.skipIf(disks.whyNot !== null)(
  'a full disk ends a fetch with DISK_FULL, leaves no part, and the next one works',
  async () => {
    const [a, b] = peers
    if (a === undefined || b === undefined) throw new Error('two peers were asked for')
    mountSmall(b.downloadDir)
    const big = await a.files.sharing.shareStream('big.bin', stream(randomBytes(4_000_000)))
    const small = await a.files.sharing.shareStream('small.bin', stream(randomBytes(1_000_000)))
    const fetched = (cid: Cid | null) => ended(b, b.files.fetching.fetch(cid ?? ('' as Cid), { to: 'downloads' }))
    const failed = await fetched(big.cid)
    expect(failed.error).toMatchObject({ code: 'DISK_FULL' })
    expect(failed.error?.message).toContain('Free some space')
    expect(await readdir(b.downloadDir)).toEqual([])
    expect(b.counters.get('files.fetch-failed:DISK_FULL')).toBe(1)
    expect(await fetched(small.cid)).toMatchObject({ state: 'done' })
  },
)

it.skipIf(disks.whyNot !== null)('a full disk ends an upload with DISK_FULL and leaves no part', async () => {
  const [a] = peers
  if (a === undefined) throw new Error('a peer was asked for')
  mountSmall(a.shareDir)
  const view = await a.files.sharing.shareStream('big.bin', stream(randomBytes(4_000_000)))
  expect(view.error).toMatchObject({ code: 'DISK_FULL' })
  expect(await readdir(a.shareDir)).toEqual([])
  // One whose length is known is refused before a byte of it is read.
  let read = 0
  const bytes = async function* () {
    read += 1
    yield randomBytes(4_000_000)
  }
  const known = await a.files.sharing.shareStream('big.bin', bytes(), { sizeBytes: 4_000_000 })
  expect(known.error).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('more are needed') })
  expect(read).toBe(0)
  expect(await a.files.sharing.shareStream('small.bin', stream(randomBytes(1_000)))).toMatchObject({ state: 'done' })
})
