import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import { makeFilePeer, stopFilePeers } from './testing/file-peers.ts'
import { ended, pair, stream, waitFor, shared } from './testing/file-steps.ts'
import { namesOf } from './testing/shared-tree.ts'

afterEach(stopFilePeers)

it('an upload lies in the share folder under its name, and is shared at once', async () => {
  const [a, b] = await pair()
  const bytes = randomBytes(700_000)
  const cid = await shared(a, 'log.txt', bytes)
  expect((await readFile(join(a.shareDir, 'log.txt'))).equals(bytes)).toBe(true)
  expect(b.files.shares.get(cid)?.name).toBe('log.txt')
  const again = await a.files.sharing.shareStream('log.txt', stream(bytes), {})
  expect(again).toMatchObject({ cid, path: join(a.shareDir, 'log.txt') })
  const other = await a.files.sharing.shareStream('log.txt', stream(randomBytes(10)), {})
  expect(other.path).toBe(join(a.shareDir, 'log (2).txt'))
  expect(a.files.shares.all()).toHaveLength(2)
})

it('an upload below a folder lies there, but not where a link leads out of the share folder', async () => {
  const a = await makeFilePeer('a')
  await a.start()
  const elsewhere = join(a.disk, 'elsewhere')
  await mkdir(elsewhere)
  await symlink(elsewhere, join(a.shareDir, 'runs'))
  const one = await a.files.sharing.shareStream('runs/17/x.log', stream(randomBytes(100)))
  expect(one).toMatchObject({ state: 'done', path: join(a.shareDir, 'runs (2)', '17', 'x.log') })
  const two = await a.files.sharing.shareStream('runs/17/y.log', stream(randomBytes(100)))
  expect(two.path).toBe(join(a.shareDir, 'runs (2)', '17', 'y.log'))
  expect(namesOf(a)).toEqual(['runs (2)/17/x.log', 'runs (2)/17/y.log'])
  expect(await readdir(elsewhere)).toEqual([])
})

it('an upload that breaks off leaves nothing behind', async () => {
  const [a] = await pair()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(400_000)
    throw new Error('the line broke')
  }
  expect(await a.files.sharing.shareStream('x.bin', broken(), {})).toMatchObject({ state: 'failed' })
  const short = await a.files.sharing.shareStream('x.bin', stream(randomBytes(10)), { sizeBytes: 11 })
  expect(short.error?.code).toBe('INVALID_INPUT')
  const gone = new AbortController()
  async function* aborted(): AsyncGenerator<Uint8Array> {
    yield randomBytes(300_000)
    gone.abort()
    yield randomBytes(300_000)
  }
  expect(await a.files.sharing.shareStream('x.bin', aborted(), { signal: gone.signal })).toMatchObject({
    state: 'cancelled',
  })
  expect(await readdir(a.shareDir)).toEqual([])
  expect(a.files.shares.all()).toEqual([])
})

it.each([
  '../up',
  'a/../b',
  '/etc/passwd',
  'a//b',
  '',
  '.hidden',
  'a/.git/x',
  'x.dt-swarm-part',
  'nul\0',
  'line\nbreak',
  'x'.repeat(300),
])('an upload named %j is refused', async (name) => {
  const a = await makeFilePeer('a')
  await expect(a.files.sharing.shareStream(name, stream(randomBytes(1)), {})).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
})

it('files chosen by path are copied into the share folder', async () => {
  const [a] = await pair()
  const source = join(a.disk, 'elsewhere.csv')
  await writeFile(source, 'a,b\n1,2\n')
  const views = await a.files.sharing.sharePaths([source, join(a.disk, 'no-such'), a.disk])
  expect(views.map(({ error }) => error?.code)).toEqual([undefined, 'NOT_FOUND', 'UNSUPPORTED'])
  expect(views[2]?.error?.message).toContain('holds the share folder itself')
  const [first] = views
  if (first === undefined) throw new Error('no view')
  const head = await ended(a, first)
  // Of three, one could be shared: that one is.
  expect(head).toMatchObject({ state: 'done', step: '1 file shared, 2 could not be' })
  expect(await readFile(join(a.shareDir, 'elsewhere.csv'), 'utf8')).toBe('a,b\n1,2\n')
})

it('a changed file is a new share, a deleted one is none', async () => {
  const [a, b] = await pair()
  const path = join(a.shareDir, 'run.log')
  await writeFile(path, 'one')
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(1))
  const before = b.files.shares.all()[0]?.cid
  await writeFile(path, 'one two')
  await waitFor(() => {
    expect(b.files.shares.all()).toHaveLength(1)
    expect(b.files.shares.all()[0]?.cid).not.toBe(before)
  })
  await rm(path)
  await waitFor(() => expect(b.files.shares.all()).toEqual([]))
})

it('hidden files, part files, folders and links out of the folder are not shared', async () => {
  const [a] = await pair()
  await writeFile(join(a.disk, 'secret'), 'secret')
  await writeFile(join(a.shareDir, '.hidden'), 'x')
  await writeFile(join(a.shareDir, 'half.dt-swarm-part'), 'x')
  await writeFile(join(a.shareDir, 'bad\nname'), 'x')
  await symlink(join(a.disk, 'secret'), join(a.shareDir, 'link'))
  await writeFile(join(a.shareDir, 'real'), 'x')
  await symlink(join(a.shareDir, 'real'), join(a.shareDir, 'inner-link'))
  await waitFor(() => expect(a.files.shares.all().map(({ name }) => name)).toHaveLength(1))
  await waitFor(() => expect(a.counters.get('files.skipped:bad-name')).toBe(1))
  expect(a.counters.get('files.skipped:link-outside')).toBe(1)
  const [warning] = a.files.warnings()
  expect(warning?.code).toBe('FILES_LEFT_OUT')
  expect(warning?.message).toContain('"bad\\nname": its name has control characters')
  expect(warning?.message).toContain('"link": it is a link out of the folder')
  // Both names are one file: one CID.
  expect(a.files.shares.all()).toHaveLength(1)
  expect(['real', 'inner-link']).toContain(a.files.shares.all()[0]?.name)
})

it('a share folder that vanishes and comes back is watched again', async () => {
  const [a] = await pair()
  await writeFile(join(a.shareDir, 'one'), '1')
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(1))
  await rename(a.shareDir, `${a.shareDir}-away`)
  await writeFile(a.shareDir, 'a file in its place')
  await waitFor(() => expect(a.files.warnings()[0]?.code).toBe('SHARE_DIR_UNREADABLE'))
  // What cannot be seen is not taken back.
  expect(a.files.shares.all()).toHaveLength(1)
  await rm(a.shareDir)
  await mkdir(a.shareDir)
  await writeFile(join(a.shareDir, 'two'), '22')
  await waitFor(() => expect(a.files.shares.all().map(({ name }) => name)).toEqual(['two']))
  expect(a.files.warnings()).toEqual([])
})

it('an unreadable share folder is a warning', async ({ skip }) => {
  skip(process.getuid?.() === 0, 'root may read every folder: run the tests as another user to see this one')
  const [a] = await pair()
  await chmod(a.shareDir, 0)
  await waitFor(() => expect(a.files.warnings()).toHaveLength(1))
  await chmod(a.shareDir, 0o700)
  await waitFor(() => expect(a.files.warnings()).toHaveLength(0))
})

it('a restart does not share again what it shared before', async () => {
  const [a] = await pair()
  await writeFile(join(a.shareDir, 'one'), 'content')
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(1))
  const [before] = a.files.shares.all()
  await a.restartFiles()
  expect(a.files.shares.all()).toEqual([before])
  await writeFile(join(a.shareDir, 'two'), 'more')
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(2))
  expect(a.files.transfers.views().map(({ name }) => name)).toEqual(['two'])
})

it('what is unshared stays where it is, is not shared again by itself, and is when somebody shares it', async () => {
  const [a, b] = await pair()
  const path = join(a.shareDir, 'run.log')
  await writeFile(path, 'one')
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(1))
  const [share] = a.files.shares.all()
  if (share === undefined) throw new Error('no share')
  expect(share.own).toBe(true)
  a.files.sharing.unshare(share.cid)
  expect(() => a.files.sharing.unshare(share.cid)).toThrow(/does not share/)
  await waitFor(() => expect(b.files.shares.all()).toEqual([]))
  await a.restartFiles()
  // Two looks later.
  await writeFile(join(a.shareDir, 'other.log'), 'two')
  await waitFor(() => expect(namesOf(a)).toEqual(['other.log']))
  await writeFile(join(a.shareDir, 'third.log'), 'three')
  await waitFor(() => expect(namesOf(a)).toEqual(['other.log', 'third.log']))
  expect(await readFile(path, 'utf8')).toBe('one')
  const [view] = await a.files.sharing.sharePaths([path])
  expect(await ended(a, view ?? { id: '' })).toMatchObject({ state: 'done', cid: share.cid, path })
  await waitFor(() => expect(namesOf(b)).toContain('run.log'))
})

it('the same content under another name is not copied into the share folder twice', async () => {
  const [a] = await pair()
  const bytes = randomBytes(400_000)
  const cid = await shared(a, 'first.bin', bytes)
  const source = join(a.disk, 'second.bin')
  await writeFile(source, bytes)
  const [view] = await a.files.sharing.sharePaths([source])
  expect(await ended(a, view ?? { id: '' })).toMatchObject({
    cid,
    step: 'shared already',
    path: join(a.shareDir, 'first.bin'),
  })
  expect(await readdir(a.shareDir)).toEqual(['first.bin'])
  expect(namesOf(a)).toEqual(['first.bin'])
})

it('patterns and the size limit of the settings leave files out, and let them in when they change', async () => {
  const [a] = await pair()
  a.files.applySettings({ ...defaultFileSettings, ignore: ['*.tmp', 'build/'], maxFileBytes: 1_000 })
  await mkdir(join(a.shareDir, 'build'))
  await writeFile(join(a.shareDir, 'build', 'x.log'), 'x')
  await writeFile(join(a.shareDir, 'a.tmp'), 'a')
  await writeFile(join(a.shareDir, 'private.log'), 'p')
  await writeFile(join(a.shareDir, 'large.log'), randomBytes(1_001))
  await writeFile(join(a.shareDir, '.swarmignore'), '# not for others\nprivate*\n')
  await writeFile(join(a.shareDir, 'a.log'), 'log')
  await waitFor(() => expect(namesOf(a)).toEqual(['a.log']))
  expect(a.files.warnings()[0]?.message).toBe(
    '1 file in the share folder is not shared. "large.log": it has 1001 bytes, Settings allow 1000.',
  )
  const [refused] = await a.files.sharing.sharePaths([join(a.shareDir, 'a.tmp')])
  expect((await ended(a, refused ?? { id: '' })).error).toMatchObject({ code: 'INVALID_INPUT' })
  await expect(a.files.sharing.shareStream('b.tmp', stream(randomBytes(5)))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  })
  await writeFile(join(a.shareDir, '.swarmignore'), '*.log\n')
  a.files.applySettings({ ...defaultFileSettings, ignore: ['build/'] })
  await waitFor(() => expect(namesOf(a)).toEqual(['a.tmp']))
  expect(a.files.warnings()).toEqual([])
})

it('what is deleted from the share folder goes on being shared when the settings say so', async () => {
  const [a, b] = await pair()
  a.files.applySettings({ ...defaultFileSettings, whenDeleted: 'keep' })
  const bytes = randomBytes(500_000)
  const cid = await shared(a, 'gone.bin', bytes)
  await rm(join(a.shareDir, 'gone.bin'))
  await shared(a, 'other.bin', randomBytes(10))
  await writeFile(join(a.shareDir, 'late.log'), 'late')
  await waitFor(() => expect(namesOf(a)).toContain('late.log'))
  expect(namesOf(a)).toContain('gone.bin')
  expect(await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))).toMatchObject({ state: 'done' })
  expect((await readFile(join(b.downloadDir, 'gone.bin'))).equals(bytes)).toBe(true)
})

it('a share is held in the middle and goes on; cancelled it leaves nothing in the share folder', async () => {
  const [a] = await pair()
  const source = join(a.disk, 'big.bin')
  await writeFile(source, randomBytes(60_000_000))
  const heldAt = async (id: string): Promise<number> => {
    const at = Promise.withResolvers<number>()
    const off = a.files.events.on('transfers:changed', () => {
      const view = a.files.transfers.view(id)
      if (view?.state !== 'running' || view.doneBytes <= 1_000_000) return
      a.files.transfers.pause(id)
      at.resolve(view.doneBytes)
    })
    const bytes = await at.promise
    off()
    expect(a.files.transfers.view(id)?.state).toBe('paused')
    return bytes
  }
  const [view] = await a.files.sharing.sharePaths([source])
  if (view === undefined) throw new Error('no transfer')
  const before = await heldAt(view.id)
  // Others are not kept waiting by it.
  await shared(a, 'other.bin', randomBytes(20_000_000))
  // What was under way has come in: 4 MiB at most.
  const underWay = (a.files.transfers.view(view.id)?.doneBytes ?? 0) - before
  expect(underWay).toBeLessThanOrEqual(4 * 1024 * 1024)
  expect(a.files.transfers.resume(view.id).state).not.toBe('paused')
  expect(await ended(a, view)).toMatchObject({ state: 'done', doneBytes: 60_000_000 })
  await rm(join(a.shareDir, 'big.bin'))
  await writeFile(source, randomBytes(60_000_000))
  const [second] = await a.files.sharing.sharePaths([source])
  if (second === undefined) throw new Error('no transfer')
  await heldAt(second.id)
  a.files.transfers.cancel(second.id)
  expect(await ended(a, second)).toMatchObject({ state: 'cancelled' })
  await waitFor(async () => expect(await readdir(a.shareDir)).toEqual(['other.bin']))
})
