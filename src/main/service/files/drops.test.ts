import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { stopFilePeers } from './testing/file-peers.ts'
import { ended, pair, waitFor } from './testing/file-steps.ts'
import { namesOf, tree, treeNames } from './testing/shared-tree.ts'

afterEach(stopFilePeers)

it('a folder is shared with all that is in it, copied into the share folder under the same names', async () => {
  const [a, b] = await pair()
  const dir = await tree(a)
  const [head, ...refused] = await a.files.sharing.sharePaths([dir])
  if (head === undefined) throw new Error('no transfer')
  expect(head).toMatchObject({ kind: 'share', name: 'run-17', group: { id: head.id, name: 'run-17' } })
  const end = await ended(a, head)
  expect(end).toMatchObject({ state: 'done', step: '4 files shared, 1 could not be', doneBytes: end.sizeBytes })
  expect(refused.map(({ error }) => error?.message)).toEqual([
    '"run-17/outside" is not shared: it is a link out of the folder.',
  ])
  expect(namesOf(a)).toEqual(treeNames)
  for (const name of treeNames) {
    expect((await readFile(join(a.shareDir, name))).equals(await readFile(join(a.disk, name)))).toBe(true)
  }
  const one = b.files.shares.all().find(({ name }) => name.endsWith('one.bin'))
  const bytes = await readFile(join(dir, 'cameras', 'left', 'one.bin'))
  expect(one?.sha1).toBe(createHash('sha1').update(bytes).digest('hex'))
  expect(one).toMatchObject({ own: false, channel: null })
  // Only what stands for all of them is left in the list, and what could not be shared.
  expect(a.files.transfers.views().map(({ name }) => name)).toEqual(['run-17', 'run-17/outside'])
  // The look at the share folder finds nothing to do, and nothing gone.
  await a.restartFiles()
  const again = await a.files.sharing.sharePaths([dir])
  expect(await ended(a, again[0] ?? head)).toMatchObject({ step: '4 files shared, 4 of them before, 1 could not be' })
  expect(namesOf(a)).toEqual(treeNames)
  expect(a.book.counts().find(({ bucket }) => bucket === 'files')?.records).toBe(4)
})

it('a folder is shared where it lies, without a copy; a change is shared anew, and what is deleted no longer', async () => {
  const [a] = await pair()
  const dir = await tree(a)
  const [head] = await a.files.sharing.sharePaths([dir], { how: 'link', channel: 'course-3' })
  if (head === undefined) throw new Error('no transfer')
  await ended(a, head)
  a.files.finder.joinChannel('course-3')
  expect(namesOf(a)).toEqual(treeNames)
  expect(a.files.shares.all().map(({ channel }) => channel)).toEqual(Array(4).fill('course-3'))
  expect(await readdir(a.shareDir)).toEqual([])
  await writeFile(join(dir, 'notes.txt'), 'it drove far')
  const cid = a.files.shares.all().find(({ name }) => name === 'run-17/notes.txt')?.cid
  await waitFor(() => {
    const now = a.files.shares.all().filter(({ name }) => name === 'run-17/notes.txt')
    expect(now).toHaveLength(1)
    expect(now[0]?.cid).not.toBe(cid)
    expect(now[0]?.channel).toBe('course-3')
  })
  await rm(join(dir, 'notes.txt'))
  await waitFor(() => expect(namesOf(a)).toEqual(treeNames.slice(0, 3)))
  // A drive that is not there takes nothing back.
  await rename(dir, `${dir}-away`)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(namesOf(a)).toEqual(treeNames.slice(0, 3))
})

it('a drop goes on after a restart, held if it was held, and copies nothing twice', async () => {
  const [a] = await pair()
  const dir = join(a.disk, 'many')
  await mkdir(dir)
  for (let n = 0; n < 30; n += 1) await writeFile(join(dir, `${n}.bin`), randomBytes(1_500_000))
  const [head] = await a.files.sharing.sharePaths([dir])
  if (head === undefined) throw new Error('no transfer')
  await waitFor(() => expect(a.files.transfers.view(head.id)?.doneBytes).toBeGreaterThan(3_000_000))
  a.files.transfers.pause(head.id)
  expect(a.files.transfers.view(head.id)?.state).toBe('paused')
  await a.restartFiles()
  await waitFor(() => expect(a.files.transfers.view(head.id)?.state).toBe('paused'))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(a.files.shares.all().length).toBeLessThan(30)
  a.files.transfers.resume(head.id)
  expect(await ended(a, head)).toMatchObject({ state: 'done', doneBytes: 45_000_000 })
  expect(namesOf(a)).toHaveLength(30)
  expect((await readdir(join(a.shareDir, 'many'))).length).toBe(30)
  expect((await readdir(a.shareDir)).filter((name) => name.startsWith('.'))).toEqual([])
})

it('what failed of a drop is told, and tried again by itself when somebody asks', async () => {
  const [a] = await pair()
  const dir = join(a.disk, 'mixed')
  await mkdir(dir)
  await writeFile(join(dir, 'good.log'), 'good')
  await writeFile(join(dir, 'bad.log'), 'bad')
  // Where the folder of its copy should be lie files, under all names that it could have.
  await mkdir(join(a.shareDir, 'mixed'), { recursive: true })
  await writeFile(join(a.disk, 'mixed', 'sub'), 'file')
  await mkdir(join(dir, 'deep'))
  await writeFile(join(dir, 'deep', 'x.log'), 'x')
  const taken = Array.from({ length: 100 }, (_, n) => (n === 0 ? 'deep' : `deep (${n + 1})`))
  for (const name of taken) await writeFile(join(a.shareDir, 'mixed', name), '')
  const [head] = await a.files.sharing.sharePaths([dir])
  if (head === undefined) throw new Error('no transfer')
  const end = await ended(a, head)
  expect(end).toMatchObject({ state: 'failed', error: { code: 'PERMISSION_DENIED' } })
  expect(end.error?.message).toMatch(/^1 of 4 files could not be shared\./)
  expect(a.files.transfers.views().map(({ name, state }) => [name, state])).toContainEqual([
    'mixed/deep/x.log',
    'failed',
  ])
  await rm(join(a.shareDir, 'mixed', 'deep'))
  a.files.transfers.resume(head.id)
  expect(await ended(a, head)).toMatchObject({ state: 'done', error: null, step: '1 file shared' })
  expect(namesOf(a)).toContain('mixed/deep/x.log')
})

it('a chosen file that is written to while it is read is shared when it is still', async () => {
  const [a] = await pair()
  const source = join(a.disk, 'growing.log')
  await writeFile(source, randomBytes(30_000_000))
  const [view] = await a.files.sharing.sharePaths([source], { how: 'link' })
  if (view === undefined) throw new Error('no transfer')
  await waitFor(() => expect(a.files.transfers.view(view.id)?.doneBytes).toBeGreaterThan(0))
  // Cut off while it is read.
  await writeFile(source, randomBytes(100_000))
  const end = await ended(a, view)
  expect(end).toMatchObject({ state: 'done', doneBytes: 100_000 })
  expect(a.files.shares.all().map(({ sizeBytes }) => sizeBytes)).toEqual([100_000])
})
