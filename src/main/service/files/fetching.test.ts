import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import { startFilePeers, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, pair, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

const kib = 1024
const slow = (bytesPerS: number) => ({
  settings: { ...defaultFileSettings, bandwidth: { downBytesPerS: bytesPerS, upBytesPerS: null } },
})
const stateOf = (peer: FilePeer, id: string) => peer.files.transfers.view(id)?.state
const heldBytes = async (peer: FilePeer): Promise<number> =>
  (await readdir(peer.blocksDir, { recursive: true })).filter((name) => name.length > 20).length

it('a fetch that is held moves nothing, keeps what it has over a restart, and goes on where it was', async () => {
  const [a, b] = await pair(slow(8_000 * kib))
  const bytes = randomBytes(16_000 * kib)
  const cid = await shared(a, 'long.bin', bytes)
  const { id } = b.files.fetching.fetch(cid, { to: 'downloads', priority: 'low' })
  await waitFor(() => expect(b.files.transfers.view(id)?.doneBytes).toBeGreaterThan(1_000 * kib))
  expect(b.files.transfers.view(id)?.from).toEqual(['a'])
  b.files.transfers.pause(id)
  await waitFor(() => expect(stateOf(b, id)).toBe('paused'))
  const fetched = b.counters.get('files.block:fetched')
  const { doneBytes } = b.files.transfers.view(id) ?? { doneBytes: 0 }

  await b.restartFiles()
  const again = b.files.transfers.views()[0]
  expect(again).toMatchObject({ state: 'paused', cid, priority: 'low' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(b.counters.get('files.block:fetched')).toBe(fetched)
  expect(await readdir(b.downloadDir)).toEqual([])

  b.files.transfers.resume(again?.id ?? '')
  expect(await ended(b, { id: again?.id ?? '' })).toMatchObject({ state: 'done', doneBytes: bytes.length })
  expect((await readFile(join(b.downloadDir, 'long.bin'))).equals(bytes)).toBe(true)
  expect(doneBytes).toBeGreaterThan(0)
  // 63 leaves and the root; those on their way when it was held, at most 24, were asked for twice.
  expect(b.counters.get('files.block:fetched')).toBeLessThanOrEqual(64 + 24)
})

it('a held fetch can be cancelled, and one that is held before its turn is not taken', async () => {
  const [a, b] = await pair(slow(400 * kib))
  const cids: Cid[] = []
  for (let n = 0; n < 5; n += 1) cids.push(await shared(a, `${n}.bin`, randomBytes(2_000 * kib)))
  const [first, , , , last] = cids.map((cid) => b.files.fetching.fetch(cid, { to: 'downloads' }))
  if (first === undefined || last === undefined) throw new Error('five were asked for')
  b.files.transfers.pause(last.id)
  await waitFor(() => expect(stateOf(b, last.id)).toBe('paused'))
  b.files.transfers.cancel(last.id)
  await waitFor(() => expect(stateOf(b, last.id)).toBe('cancelled'))
  b.files.transfers.pause(first.id)
  await waitFor(() => expect(stateOf(b, first.id)).toBe('paused'))
  b.files.transfers.cancel(first.id)
  await waitFor(() => expect(stateOf(b, first.id)).toBe('cancelled'))
  b.files.applySettings(defaultFileSettings)
  await waitFor(async () => expect((await readdir(b.downloadDir)).sort()).toEqual(['1.bin', '2.bin', '3.bin']))
})

it('of those that wait the urgent ones come first, also when that is said later', async () => {
  const [a, b] = await pair(slow(200 * kib))
  const cids: Cid[] = []
  for (let n = 0; n < 7; n += 1) cids.push(await shared(a, `${n}.bin`, randomBytes(300 * kib)))
  /** In which they began. */
  const order: string[] = []
  b.files.events.on('transfers:changed', ({ ids }) => {
    for (const view of ids.map((id) => b.files.transfers.view(id))) {
      if (view?.state === 'running' && view.kind === 'fetch' && !order.includes(view.name)) order.push(view.name)
    }
  })
  const views = cids.map((cid, n) =>
    b.files.fetching.fetch(cid, { to: 'store', priority: n === 5 ? 'high' : 'normal' }),
  )
  b.files.transfers.setPriority(views[6]?.id ?? '', 'high')
  b.files.transfers.setPriority(views[3]?.id ?? '', 'low')
  await waitFor(() => expect(b.files.transfers.views().filter(({ state }) => state === 'running')).toHaveLength(3))
  b.files.applySettings(defaultFileSettings)
  await waitFor(() => expect(order).toHaveLength(7))
  expect(order).toEqual(['0.bin', '1.bin', '2.bin', '5.bin', '6.bin', '4.bin', '3.bin'])
})

it('a limit of bandwidth is kept to, and one that is lifted no longer', async () => {
  const [a, b] = await pair(slow(500 * kib))
  const cid = await shared(a, 'x.bin', randomBytes(1_500 * kib))
  const startedMs = performance.now()
  const { id } = b.files.fetching.fetch(cid, { to: 'store' })
  await waitFor(() => expect(b.files.transfers.view(id)?.doneBytes).toBeGreaterThanOrEqual(1_000 * kib))
  const tookMs = performance.now() - startedMs
  // A quarter of a second's worth and one block may come before they are paid for.
  expect(tookMs).toBeGreaterThan(1_000)
  b.files.applySettings(defaultFileSettings)
  expect(await ended(b, { id })).toMatchObject({ state: 'done' })
})

it('what is sent is held to the limit of the giver', async () => {
  const [a, b] = await pair()
  a.files.applySettings({ ...defaultFileSettings, bandwidth: { downBytesPerS: null, upBytesPerS: 500 * kib } })
  const cid = await shared(a, 'x.bin', randomBytes(1_000 * kib))
  const startedMs = performance.now()
  expect(await ended(b, b.files.fetching.fetch(cid, { to: 'store' }))).toMatchObject({ state: 'done' })
  expect(performance.now() - startedMs).toBeGreaterThan(1_200)
})

it('all that match are fetched, those that are here left out, as one group that waits for whoever is away', async () => {
  const peers = await startFilePeers(['a', 'b', 'c'])
  const [a, b, c] = peers
  if (a === undefined || b === undefined || c === undefined) throw new Error('three peers were asked for')
  await waitFor(() => expect(a.node.neighbours()).toHaveLength(2))
  for (const name of ['run 1.log', 'run 2.log', 'other.log']) await shared(a, name, randomBytes(1_000))
  const away = await shared(c, 'run 3.log', randomBytes(1_000))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(4))
  await ended(
    b,
    b.files.fetching.fetch(b.files.shares.all().find(({ name }) => name === 'run 1.log')?.cid ?? away, { to: 'store' }),
  )
  await c.files.stop()
  await c.node.stop()
  const views = b.files.fetching.fetchAll({ search: 'run' }, { to: 'downloads' })
  expect(views.map(({ name }) => name).sort()).toEqual(['run 2.log', 'run 3.log'])
  expect(new Set(views.map(({ group }) => group?.id)).size).toBe(1)
  expect(views[0]?.group?.name).toBe('2 files with "run"')
  await waitFor(async () => expect(await readdir(b.downloadDir)).toContain('run 2.log'))
  // Longer than a single fetch would wait.
  await new Promise((resolve) => setTimeout(resolve, 3_500))
  expect(b.files.transfers.views().find(({ name }) => name === 'run 3.log')?.state).not.toBe('failed')
  await c.node.start()
  await c.restartFiles()
  c.node.setBootstrap(a.node.addresses())
  b.node.learn(c.peerId, c.node.addresses())
  b.node.setBootstrap([...a.node.addresses(), ...c.node.addresses()])
  await waitFor(async () => expect(await readdir(b.downloadDir)).toContain('run 3.log'))
})

it('what is followed comes by itself, once each, now and from now on, also after a restart', async () => {
  const [a, b] = await pair()
  await shared(a, 'drive 1.bag', randomBytes(500))
  await shared(a, 'notes.txt', randomBytes(500))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(2))
  const to = join(b.disk, 'drives')
  const follow = b.files.fetching.follow({ search: 'drive', origin: a.peerId, to })
  expect(b.files.fetching.follow({ search: 'drive', origin: a.peerId, to }).id).toBe(follow.id)
  await waitFor(async () => expect(await readdir(to)).toEqual(['drive 1.bag']))
  await b.restartFiles()
  expect(b.files.fetching.follows()).toMatchObject([{ id: follow.id, search: 'drive', to, fetched: 1 }])
  await shared(a, 'drive 2.bag', randomBytes(500))
  await shared(a, 'more notes.txt', randomBytes(500))
  await waitFor(async () => expect((await readdir(to)).sort()).toEqual(['drive 1.bag', 'drive 2.bag']))
  await waitFor(() => expect(b.files.transfers.views().at(-1)).toMatchObject({ state: 'done', priority: 'low' }))
  b.files.fetching.unfollow(follow.id)
  expect(b.files.fetching.follows()).toEqual([])
  await shared(a, 'drive 3.bag', randomBytes(500))
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(5))
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await readdir(to)).toHaveLength(2)
  expect(() => b.files.fetching.follow({})).toThrow('Say what')
  expect(() => b.files.fetching.unfollow('nothing')).toThrow('Nothing is followed')
})

it('copies beyond the quota go, the one that was not used for longest first; what is kept or shared stays', async () => {
  const quota = { settings: { ...defaultFileSettings, quotaBytes: 2_500 * kib }, collectAfterMs: 50 }
  const [a, b] = await pair(quota)
  const own = await shared(b, 'own.bin', randomBytes(3_000 * kib))
  const cids: Cid[] = []
  for (let n = 0; n < 4; n += 1) cids.push(await shared(a, `${n}.bin`, randomBytes(1_000 * kib)))
  const [kept, old, read, last] = cids as [Cid, Cid, Cid, Cid]
  for (const cid of [kept, old, read]) {
    if (cid === kept) b.files.fetching.keep(cid, true)
    else b.files.fetching.fetch(cid, { to: 'store' })
    await waitFor(() => expect(b.files.shares.get(cid)?.local).toBe(true))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // The kept one counts for nothing, so all three fit; the second is looked at again after the third.
  expect(b.files.shares.get(kept)?.kept).toBe(true)
  for await (const _ of b.files.reader.content(old, { signal: new AbortController().signal })) void _
  b.files.fetching.fetch(last, { to: 'store' })
  await waitFor(() => expect(b.files.shares.get(last)?.local).toBe(true))
  expect(cids.map((cid) => b.files.shares.get(cid)?.local)).toEqual([true, true, false, true])
  expect(b.files.shares.get(own)?.local).toBe(true)
  // It says no more that it holds it, and its blocks are gone: 12 of its own, and 4 and a root of each copy.
  await waitFor(() => expect(a.files.shares.get(read)?.copies.map(({ name }) => name)).toEqual(['a']))
  await waitFor(async () => expect(await heldBytes(b)).toBe(13 + 3 * 5))
  b.files.fetching.keep(kept, false)
  await b.restartFiles()
  b.files.applySettings({ ...quota.settings, quotaBytes: 1 })
  await waitFor(() => expect(cids.map((cid) => b.files.shares.get(cid)?.local)).toEqual([false, false, false, false]))
  expect(b.files.shares.get(own)?.local).toBe(true)
})

it('a copy that is kept stays so over a restart, and is fetched when it was not here', async () => {
  const [a, b] = await pair()
  const cid = await shared(a, 'x.bin', randomBytes(1_000))
  b.files.fetching.keep(cid, true)
  await waitFor(() => expect(b.files.shares.get(cid)).toMatchObject({ kept: true, local: true }))
  await b.restartFiles()
  expect(b.files.shares.get(cid)?.kept).toBe(true)
})

it('a list of fetches that cannot be read is put aside, and the rest works', async () => {
  const [a, b] = await pair()
  const cid = await shared(a, 'x.bin', randomBytes(1_000))
  await writeFile(join(b.home, 'fetches.json'), '{"v":1,"fetches":[{"cid":"no')
  await writeFile(join(b.home, 'follows.json'), '[]')
  await writeFile(join(b.home, 'copies.json'), '')
  await b.restartFiles()
  expect(b.counters.get('files.fetches:corrupt')).toBe(1)
  expect(b.counters.get('files.follows:corrupt')).toBe(1)
  expect(b.counters.get('files.copies:corrupt')).toBe(1)
  expect(await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))).toMatchObject({ state: 'done' })
})

it('a fetch that failed can be tried again as the same transfer', async () => {
  const [a, b] = await pair()
  const cid = await shared(a, 'x.bin', randomBytes(1_000))
  await rm(b.downloadDir, { recursive: true, force: true })
  await writeFile(b.downloadDir, 'a file in its place')
  const failed = await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))
  expect(failed).toMatchObject({ state: 'failed' })
  await rm(b.downloadDir)
  await mkdir(b.downloadDir)
  b.files.transfers.resume(failed.id)
  await waitFor(() => expect(b.files.transfers.view(failed.id)).toMatchObject({ state: 'done', error: null }))
  expect(b.files.transfers.views().filter((one) => one.cid === cid)).toHaveLength(1)
})

it('what is followed on a file channel comes when the channel is joined', async () => {
  const [a, b] = await pair()
  a.files.finder.joinChannel('course')
  const path = join(a.disk, 'course drive.bag')
  await writeFile(path, randomBytes(2_000))
  await a.files.sharing.sharePaths([path], { how: 'copy', channel: 'course' })
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(1))
  b.files.fetching.follow({ search: 'drive' })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(b.files.transfers.views()).toEqual([])
  b.files.finder.joinChannel('course')
  await waitFor(async () => expect(await readdir(b.downloadDir)).toEqual(['course drive.bag']))
})
