import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { TransferView } from '../../../shared/views.ts'
import { shareValue } from './share-record.ts'
import { startFilePeers, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, pair, shared, waitFor } from './testing/file-steps.ts'
import { namesOf, tree, treeNames } from './testing/shared-tree.ts'

afterEach(stopFilePeers)

/** The files below a folder, as `run-17/notes.txt`. */
async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted()
}

const allEnded = async (peer: FilePeer, views: readonly TransferView[]): Promise<void> => {
  for (const view of views) expect(await ended(peer, view)).toMatchObject({ state: 'done', error: null })
}

it('a folder that was shared comes out as the folder, whole, wherever it is wanted', async () => {
  const [a, b] = await pair()
  const dir = await tree(a)
  // The same bytes under three names, one of them elsewhere and first.
  await shared(a, 'elsewhere.txt', Buffer.from('it drove'))
  await writeFile(join(dir, 'cameras', 'copy of notes.txt'), 'it drove')
  const [head] = await a.files.sharing.sharePaths([dir], { how: 'link' })
  await ended(a, head ?? { id: '' })
  const names = [...treeNames, 'run-17/cameras/copy of notes.txt'].toSorted()
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(4))
  await ended(
    b,
    b.files.fetching.fetch(b.files.shares.all().find(({ name }) => name.endsWith('two.bin'))?.cid ?? ('' as never), {
      to: 'store',
    }),
  )

  const views = b.files.fetching.fetchAll({ folder: 'run-17/', origin: a.peerId }, { to: 'downloads' })
  expect(new Set(views.map(({ group }) => group?.name))).toEqual(new Set(['run-17']))
  await allEnded(b, views)
  expect(await filesIn(b.downloadDir)).toEqual(names)
  for (const name of names) {
    expect((await readFile(join(b.downloadDir, name))).equals(await readFile(join(a.disk, name)))).toBe(true)
  }
  // Once more finds it there, and brings back what is missing.
  await rm(join(b.downloadDir, 'run-17', 'cameras', 'left'), { recursive: true })
  await allEnded(b, b.files.fetching.fetchAll({ folder: 'run-17' }, { to: 'downloads' }))
  expect(await filesIn(b.downloadDir)).toEqual(names)

  const folder = join(b.disk, 'runs', 'today')
  await allEnded(b, b.files.fetching.fetchAll({ folder: 'run-17/cameras' }, { to: { folder } }))
  expect(await filesIn(folder)).toEqual(names.filter((name) => name.startsWith('run-17/cameras/')))
  expect(b.files.fetching.fetchAll({ folder: 'run-1' }, { to: 'downloads' })).toEqual([])
  expect(() => b.files.fetching.fetchAll({ folder: 'run-17' }, { to: { folder: 'runs' } })).toThrow(/no whole path/)
  // What is fetched alone has its own name only.
  const cid = b.files.shares.all().find(({ name }) => name.endsWith('one.bin'))?.cid
  if (cid === undefined) throw new Error('it is shared')
  expect(await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))).toMatchObject({
    path: join(b.downloadDir, 'one.bin'),
  })
})

it('names that lead out of the folder, and what is in their way, harm nothing', async () => {
  const [a, b, liar] = await startFilePeers(['a', 'b', 'liar'])
  if (a === undefined || b === undefined || liar === undefined) throw new Error('three peers were asked for')
  await waitFor(() => expect(a.node.neighbours()).toHaveLength(2))
  // It would take back what it does not have.
  await liar.files.stop()
  const outside = join(b.disk, 'outside')
  await mkdir(outside)
  await mkdir(join(b.downloadDir, 'run'), { recursive: true })
  await symlink(outside, join(b.downloadDir, 'run', 'cameras'))
  await writeFile(join(b.downloadDir, 'run', 'taken'), 'mine')
  await writeFile(join(b.downloadDir, 'run', 'same.txt'), 'mine too')
  const before = await filesIn(b.disk).then((names) => names.filter((name) => /^(outside|downloads)/.test(name)))
  const hostile = [
    'run/cameras/left.bag',
    'run/taken/x.txt',
    'run/same.txt',
    'run/../../../outside/a.txt',
    'run/.ssh/keys',
    'run/..\\..\\win.ini',
    `run/${'d/'.repeat(200)}deep`,
  ]
  const validForMs = 60 * 24 * 3_600_000
  for (const [n, name] of hostile.entries()) {
    const cid = await shared(a, `${n}.bin`, randomBytes(100 + n))
    const [view] = a.files.shares.matching({ search: `${n}.bin` })
    if (view === undefined) throw new Error('it is shared')
    const { mediaType, modifiedAtMs, simulated, sizeBytes } = view
    const facts = { name, mediaType, modifiedAtMs, simulated, sizeBytes, sharedAtMs: 1 }
    liar.book.author({ bucket: 'files', key: cid, value: shareValue(facts), validForMs })
  }
  await waitFor(() => expect(namesOf(b)).toEqual(hostile.toSorted()))

  await allEnded(b, b.files.fetching.fetchAll({ folder: 'run' }, { to: 'downloads' }))
  expect(await filesIn(outside)).toEqual([])
  const after = await filesIn(b.disk).then((names) => names.filter((name) => /^(outside|downloads)/.test(name)))
  expect(after.filter((name) => !before.includes(name))).toEqual(
    [
      'downloads/run/cameras (2)/left.bag',
      'downloads/run/taken (2)/x.txt',
      'downloads/run/same (2).txt',
      'downloads/run/outside/a.txt',
      'downloads/run/ssh/keys',
      'downloads/run/win.ini',
      `downloads/run/${'d/'.repeat(15)}deep`,
    ].toSorted(),
  )
  expect(await readFile(join(b.downloadDir, 'run', 'taken'), 'utf8')).toBe('mine')
  expect(await readFile(join(b.downloadDir, 'run', 'same.txt'), 'utf8')).toBe('mine too')
})

it('a folder on its way goes on after a restart, to where it was asked for', async () => {
  const [a, b] = await pair()
  await shared(a, 'run/one.bin', randomBytes(3_000_000))
  await shared(a, 'run/two/two.bin', randomBytes(3_000_000))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(2))
  const folder = join(b.disk, 'runs')
  const views = b.files.fetching.fetchAll({ folder: 'run' }, { to: { folder } })
  for (const { id } of views) b.files.transfers.pause(id)
  await waitFor(() => expect(b.files.transfers.views().map(({ state }) => state)).toEqual(['paused', 'paused']))
  await b.restartFiles()
  expect(await filesIn(folder).catch(() => [])).toEqual([])
  const again = b.files.transfers.views()
  expect(again.map(({ group }) => group?.name)).toEqual(['run', 'run'])
  for (const { id } of again) b.files.transfers.resume(id)
  await allEnded(b, again)
  expect(await filesIn(folder)).toEqual(['run/one.bin', 'run/two/two.bin'])
})

it('what is on its way to the store alone is written out when somebody wants it in a place', async () => {
  const slow = { ...defaultFileSettings, bandwidth: { downBytesPerS: 4_000_000, upBytesPerS: null } }
  const [a, b] = await pair({ settings: slow })
  const bytes = randomBytes(6_000_000)
  const cid = await shared(a, 'run/deep/one.bin', bytes)
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(1))
  const { id } = b.files.fetching.fetch(cid, { to: 'store' })
  await waitFor(() => expect(b.files.transfers.view(id)?.doneBytes).toBeGreaterThan(1_000_000))
  expect(b.files.fetching.fetchAll({ folder: 'run' }, { to: 'downloads' }).map((view) => view.id)).toEqual([id])
  const path = join(b.downloadDir, 'run', 'deep', 'one.bin')
  expect(await ended(b, { id })).toMatchObject({ state: 'done', path, doneBytes: bytes.length })
  expect((await readFile(path)).equals(bytes)).toBe(true)
  // 23 leaves and the root; those on their way when it was turned round, at most 24, were asked for twice.
  expect(b.counters.get('files.block:fetched')).toBeLessThanOrEqual(24 + 24)
})
