import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import type { ShareView } from '../../../shared/views.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { newFetchOrder } from './fetch-order-state.ts'
import { FetchOrders } from './fetch-orders.ts'
import { stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, pair, shared, waitFor } from './testing/file-steps.ts'
import { TransferList } from './transfer-list.ts'

afterEach(stopFilePeers)

const names = Array.from({ length: 15 }, (_, n) => `many/${n}.txt`).toSorted()

/** A peer that shares 15 files of one folder, and one that can have three on their way at a time. */
async function many(): Promise<[FilePeer, FilePeer]> {
  const [a, b] = await pair({ maxFetches: 3 })
  const dir = join(a.disk, 'many')
  await mkdir(dir)
  for (const name of names) await writeFile(join(a.disk, name), `this is ${name}`)
  const [head] = await a.files.sharing.sharePaths([dir], { how: 'link' })
  await ended(a, head ?? { id: '' })
  await waitFor(() => expect(b.files.shares.all()).toHaveLength(names.length))
  return [a, b]
}

/** Begins to fetch all of it, and tells the one transfer that stands for all. */
function begin(b: FilePeer) {
  const views = b.files.fetching.fetchAll({ folder: 'many' }, { to: 'downloads' })
  expect(views).toEqual([expect.objectContaining({ kind: 'fetch', name: 'many', cid: null })])
  const [view] = views
  if (view === undefined || view.group?.id !== view.id) throw new Error('one that stands for all was to come')
  return view
}

async function expectAllHere(b: FilePeer): Promise<void> {
  expect((await readdir(join(b.downloadDir, 'many'))).toSorted()).toEqual(names.map((name) => name.slice(5)))
  for (const name of names) expect(await readFile(join(b.downloadDir, name), 'utf8')).toBe(`this is ${name}`)
}

const members = (b: FilePeer, id: string) =>
  b.files.transfers.views().filter((one) => one.id !== id && one.group?.id === id)

it('a folder of more files than can wait comes whole, a few at a time, as one transfer', async () => {
  const [, b] = await many()
  const { id, sizeBytes } = begin(b)
  const done = await ended(b, { id })
  expect(done).toMatchObject({ state: 'done', doneBytes: sizeBytes, path: b.downloadDir, step: '15 files fetched' })
  await expectAllHere(b)
  // What is named one by one is refused whole, as before: nothing remembers the names.
  await rm(join(b.downloadDir, 'many'), { recursive: true })
  const cids = b.files.shares.all().map(({ cid }) => cid)
  expect(() => b.files.fetching.fetchAll({ folder: 'many', cids }, { to: 'downloads' })).toThrow(/3 more can wait/)
})

it('such a folder goes on after a restart, stays held over it, and ends when it is called off', async () => {
  const [, b] = await many()
  const { id } = begin(b)
  b.files.transfers.pause(id)
  expect(b.files.transfers.view(id)).toMatchObject({ state: 'paused' })
  await b.restartFiles()
  expect(b.files.transfers.view(id)).toMatchObject({ name: 'many', state: 'paused' })
  await waitFor(() => expect(members(b, id).every(({ state }) => state === 'paused' || state === 'done')).toBe(true))
  b.files.transfers.resume(id)
  await waitFor(() => expect(b.files.transfers.view(id)?.doneBytes).toBeGreaterThan(0))
  await b.restartFiles()
  expect(await ended(b, { id })).toMatchObject({ state: 'done' })
  await expectAllHere(b)

  await rm(join(b.downloadDir, 'many'), { recursive: true })
  const again = begin(b)
  b.files.transfers.pause(again.id)
  b.files.transfers.cancel(again.id)
  await waitFor(() => expect(members(b, again.id).filter(({ endedAtMs }) => endedAtMs === null)).toEqual([]))
  expect(b.files.transfers.view(again.id)).toMatchObject({ state: 'cancelled' })
  await b.restartFiles()
  expect(b.files.transfers.view(again.id)).toBeUndefined()
  expect(JSON.parse(await readFile(join(b.home, 'fetch-orders.json'), 'utf8'))).toEqual({ v: 1, orders: [] })
})

it('what failed of such a folder is told, and can be tried again', async () => {
  const [, b] = await many()
  // A file is where the folder is to be: nothing can be written below it.
  await rm(b.downloadDir, { recursive: true, force: true })
  await mkdir(dirname(b.downloadDir), { recursive: true })
  await writeFile(b.downloadDir, '')
  const { id } = begin(b)
  const failed = await ended(b, { id })
  expect(failed).toMatchObject({ state: 'failed', error: { code: 'FETCH_FAILED' } })
  expect(failed.error?.message).toContain('15 of 15 files could not be fetched. ')
  await rm(b.downloadDir)
  b.files.transfers.resume(id)
  expect(await ended(b, { id })).toMatchObject({ state: 'done' })
  await expectAllHere(b)
})

it('robots that call their folders alike are told apart; who has a part of the same is not in the way', async () => {
  const [a, b] = await pair()
  await shared(a, 'run/x.txt', Buffer.from('of a'))
  await shared(b, 'run/x.txt', Buffer.from('of b'))
  await waitFor(() => expect(a.files.shares.all()).toHaveLength(2))
  const fetchAll = (query = {}): unknown => a.files.fetching.fetchAll({ folder: 'run', ...query }, { to: 'downloads' })
  expect(() => fetchAll()).toThrow(
    /2 machines share a folder "run", and not the same in it: [ab] \(1 file\), [ab] \(1 file\)\. Say whose is meant: --robot/,
  )
  const [view] = fetchAll({ origin: b.peerId }) as { readonly id: string }[]
  expect(await ended(a, view ?? { id: '' })).toMatchObject({ state: 'done' })
  expect(await readFile(join(a.downloadDir, 'run', 'x.txt'), 'utf8')).toBe('of b')
  // In the store they lie side by side.
  expect(a.files.fetching.fetchAll({ folder: 'run' }, { to: 'store' })).toEqual([])

  await shared(b, 'drive/one.bin', Buffer.from('one'))
  await shared(b, 'drive/two.bin', randomBytes(100))
  await shared(a, 'drive/one.bin', Buffer.from('one'))
  await waitFor(() => expect(a.files.shares.matching({ folder: 'drive' })).toHaveLength(2))
  expect(a.files.fetching.fetchAll({ folder: 'drive' }, { to: 'downloads' })).toHaveLength(2)
})

it('another that shares a folder of that name later is not in the way of one that is under way', async () => {
  const [, b] = await many()
  const { id } = begin(b)
  b.files.transfers.pause(id)
  await shared(b, 'many/own.txt', Buffer.from('of b'))
  await waitFor(() => expect(b.files.shares.matching({ folder: 'many' })).toHaveLength(names.length + 1))
  await b.restartFiles()
  expect(b.files.transfers.view(id)).toMatchObject({ name: 'many', state: 'paused' })
  b.files.transfers.resume(id)
  expect(await ended(b, { id })).toMatchObject({ state: 'done', step: '15 files fetched' })
  await expectAllHere(b)
  expect(() => b.files.fetching.fetchAll({ folder: 'many' }, { to: 'downloads' })).toThrow(/2 machines share a folder/)
})

it('what is under way to another place is there and in the folder in the end', async () => {
  const [, b] = await many()
  const one = b.files.shares.all().find(({ name }) => name === names[7])
  if (one === undefined) throw new Error('it is shared')
  const path = join(b.disk, 'elsewhere.txt')
  const single = b.files.fetching.fetch(one.cid, { to: { path } })
  b.files.transfers.pause(single.id)
  const { id } = begin(b)
  await waitFor(() => expect(b.files.transfers.view(id)?.step).toBe('14 of 15 files fetched'))
  expect(b.files.transfers.view(id)).toMatchObject({ state: 'running' })
  b.files.transfers.resume(single.id)
  expect(await ended(b, { id })).toMatchObject({ state: 'done', step: '15 files fetched' })
  await expectAllHere(b)
  expect(await readFile(path, 'utf8')).toBe(`this is ${one.name}`)
})

it('what is under way to another place and called off there comes into the folder', async () => {
  const [, b] = await many()
  const one = b.files.shares.all().find(({ name }) => name === names[7])
  if (one === undefined) throw new Error('it is shared')
  const single = b.files.fetching.fetch(one.cid, { to: { path: join(b.disk, 'elsewhere.txt') } })
  b.files.transfers.pause(single.id)
  const { id } = begin(b)
  await waitFor(() => expect(b.files.transfers.view(id)?.step).toBe('14 of 15 files fetched'))
  b.files.transfers.cancel(single.id)
  expect(await ended(b, { id })).toMatchObject({ state: 'done', step: '15 files fetched' })
  await expectAllHere(b)
})

it('what cannot be looked up at the start is shown as failed, stays in the file, and goes when it is in the way', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dt-swarm-orders-'))
  const path = join(home, 'fetch-orders.json')
  const about = { name: 'run', query: { folder: 'run' }, to: 'downloads' as const, files: 20_000, sizeBytes: 1 }
  const kept = { ...newFetchOrder({ id: randomUUID(), ...about }), done: 7 }
  await writeFile(path, JSON.stringify({ v: 1, orders: [kept] }))
  const transfers = new TransferList({ clock: systemClock, changed: () => {}, forgot: () => {} })
  const stop = new AbortController()
  const orders = new FetchOrders(
    {
      clock: systemClock,
      counters: new Counters(),
      log: silentLog,
      signal: () => stop.signal,
      transfers,
      downloadDir: () => '/downloads',
      wanted: () => {
        throw new SwarmError('INVALID_INPUT', 'It cannot be told whose it is.')
      },
      share: () => undefined,
      fetch: () => ({ group: null }),
      goesTo: () => undefined,
      room: () => 0,
      begun: () => [],
      saveBegun: () => {},
    },
    { path },
  )
  try {
    orders.start()
    expect(transfers.view(kept.id)).toMatchObject({ state: 'failed', error: { code: 'INVALID_INPUT' } })
    const share = { cid: 'bafka', sizeBytes: 1, local: false } as ShareView
    const add = (): unknown => orders.add({ search: 'x' }, 'store', { name: 'x', files: [{ share, to: 'store' }] })
    for (let n = 0; n < 7; n += 1) add()
    const saved = JSON.parse(await readFile(path, 'utf8')) as { readonly orders: readonly unknown[] }
    expect(saved.orders[0]).toEqual(kept)
    expect(saved.orders).toHaveLength(8)
    expect(add).toThrow(/8 fetches of more files/)
    transfers.forget(kept.id)
    add()
    expect(add).toThrow(/8 fetches of more files/)
  } finally {
    stop.abort()
    orders.stop()
    await rm(home, { recursive: true })
  }
})
