import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import { makeFilePeer, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { waitFor } from './testing/file-steps.ts'
import { namesOf } from './testing/shared-tree.ts'

afterEach(stopFilePeers)

async function started(): Promise<FilePeer> {
  const a = await makeFilePeer('a')
  await a.start()
  return a
}

function cidOf(peer: FilePeer, name: string): Cid {
  const share = peer.files.shares.all().find((one) => one.name === name)
  if (share === undefined) throw new Error(`${name} is not shared`)
  return share.cid
}

/** Resolves after whole looks at the share folder: the last of two files is found by a later one than the first. */
async function looked(peer: FilePeer, dir = peer.shareDir): Promise<void> {
  for (const name of ['look-1.txt', 'look-2.txt']) {
    await writeFile(join(dir, name), randomBytes(10))
    await waitFor(() => expect(namesOf(peer)).toContain(name))
  }
  await Promise.all(['look-1.txt', 'look-2.txt'].map((name) => rm(join(dir, name))))
  await waitFor(() => expect(namesOf(peer).filter((name) => name.startsWith('look'))).toEqual([]))
}

it('what a pattern leaves out is no longer shared, also in a folder, and when deleted files are kept', async () => {
  const a = await started()
  const settings = { ...defaultFileSettings, whenDeleted: 'keep' as const }
  a.files.applySettings(settings)
  await mkdir(join(a.shareDir, 'private', 'deep'), { recursive: true })
  for (const name of ['private/x.log', 'private/deep/gone.log', 'y.log', 'gone.bin']) {
    await writeFile(join(a.shareDir, name), name)
  }
  await waitFor(() => expect(namesOf(a)).toHaveLength(4))
  await rm(join(a.shareDir, 'private', 'deep', 'gone.log'))
  await rm(join(a.shareDir, 'gone.bin'))
  a.files.applySettings({ ...settings, ignore: ['private/', 'y.log'] })
  await waitFor(() => expect(namesOf(a)).toEqual(['gone.bin']))
})

it('a file that is unshared while its new state is read stays unshared', async () => {
  const a = await started()
  const path = join(a.shareDir, 'x.log')
  await writeFile(path, 'one')
  await waitFor(() => expect(namesOf(a)).toEqual(['x.log']))
  await writeFile(path, randomBytes(60_000_000))
  const reading = () => a.files.transfers.views().find(({ sizeBytes }) => sizeBytes === 60_000_000)
  await waitFor(() => expect(reading()?.doneBytes).toBeGreaterThan(0))
  a.files.sharing.unshare(cidOf(a, 'x.log'))
  await waitFor(() => expect(reading()?.state).toBe('cancelled'))
  await looked(a)
  expect(namesOf(a)).toEqual([])
})

it('what was unshared stays so while it is not seen, and is forgotten when it is deleted', async () => {
  const a = await started()
  await mkdir(join(a.shareDir, 'drive'), { recursive: true })
  for (const name of ['x.log', 'drive/y.log']) await writeFile(join(a.shareDir, name), name)
  await waitFor(() => expect(namesOf(a)).toHaveLength(2))
  for (const name of namesOf(a)) a.files.sharing.unshare(cidOf(a, name))
  // A pattern, a drive that is away, another folder.
  a.files.applySettings({ ...defaultFileSettings, ignore: ['*.log'] })
  await looked(a)
  await rename(join(a.shareDir, 'drive', 'y.log'), join(a.disk, 'y.log'))
  await looked(a)
  await rename(join(a.disk, 'y.log'), join(a.shareDir, 'drive', 'y.log'))
  await a.files.sharing.setShareDir(join(a.disk, 'other'))
  await mkdir(join(a.disk, 'other'), { recursive: true })
  await looked(a, join(a.disk, 'other'))
  await a.files.sharing.setShareDir(a.shareDir)
  a.files.applySettings(defaultFileSettings)
  await a.restartFiles()
  await looked(a)
  expect(namesOf(a)).toEqual([])
  await writeFile(join(a.shareDir, 'beside.txt'), 'beside')
  await rm(join(a.shareDir, 'x.log'))
  await looked(a)
  await writeFile(join(a.shareDir, 'x.log'), 'another')
  await waitFor(() => expect(namesOf(a)).toEqual(['beside.txt', 'x.log']))
})

it('of more drops at once than are remembered, the last is refused', async () => {
  const a = await started()
  const drop = () => a.files.sharing.sharePaths([join(a.disk, 'no-such')])
  const views = await Promise.allSettled(Array.from({ length: 201 }, drop))
  expect(views.filter(({ status }) => status === 'fulfilled')).toHaveLength(200)
  expect(views.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'LIMIT_REACHED' } })
  // Those have ended.
  expect(await drop()).toMatchObject([{ state: 'failed' }])
})
