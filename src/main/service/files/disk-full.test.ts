import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { startFilePeers, stopFilePeers, type FilePeer } from './testing/file-peers.ts'

/** A real full disk needs a file system of our own, and so root on Linux. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0

let peers: FilePeer[]
const mounted: string[] = []

beforeEach(async () => {
  peers = await startFilePeers(['a', 'b'])
})
afterEach(async () => {
  for (const peer of peers) await peer.files.stop()
  for (const dir of mounted.splice(0)) execFileSync('umount', [dir])
  await stopFilePeers()
})

async function mountSmall(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir])
  mounted.push(dir)
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64_000) yield bytes.subarray(at, at + 64_000)
}

it.runIf(canMount)('a full disk ends a fetch with DISK_FULL, leaves no part, and the next one works', async () => {
  const [a, b] = peers
  if (a === undefined || b === undefined) throw new Error('two peers were asked for')
  await mountSmall(b.downloadDir)
  const big = await a.files.sharing.shareStream('big.bin', stream(randomBytes(4_000_000)))
  const small = await a.files.sharing.shareStream('small.bin', stream(randomBytes(1_000_000)))
  const fetched = async (cid: Cid | null) => {
    const { id } = b.files.fetching.fetch(cid ?? ('' as Cid), { to: 'downloads' })
    return vi.waitFor(
      () => {
        const view = b.files.transfers.view(id)
        expect(view?.endedAtMs).not.toBeNull()
        return view
      },
      { timeout: 15_000 },
    )
  }
  const failed = await fetched(big.cid)
  expect(failed?.error).toMatchObject({ code: 'DISK_FULL' })
  expect(failed?.error?.message).toContain('Free some space')
  expect(await readdir(b.downloadDir)).toEqual([])
  expect(b.counters.get('files.fetch-failed:DISK_FULL')).toBe(1)
  expect(await fetched(small.cid)).toMatchObject({ state: 'done' })
})

it.runIf(canMount)('a full disk ends an upload with DISK_FULL and leaves no part', async () => {
  const [a] = peers
  if (a === undefined) throw new Error('a peer was asked for')
  await mountSmall(a.shareDir)
  const view = await a.files.sharing.shareStream('big.bin', stream(randomBytes(4_000_000)))
  expect(view.error).toMatchObject({ code: 'DISK_FULL' })
  expect(await readdir(a.shareDir)).toEqual([])
  expect(await a.files.sharing.shareStream('small.bin', stream(randomBytes(1_000)))).toMatchObject({ state: 'done' })
})
