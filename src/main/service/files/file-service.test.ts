import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { startFilePeers, stopFilePeers } from './testing/file-peers.ts'
import { ended, pair, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

it('a file dropped in the share folder is shared once it stopped growing, and fetched by another peer', async () => {
  const [a, b] = await pair()
  const bytes = randomBytes(3_000_000)
  await mkdir(join(a.shareDir, 'runs'), { recursive: true })
  await writeFile(join(a.shareDir, 'runs', 'one.bag'), bytes)
  const share = await waitFor(() => {
    const found = b.files.shares.all()[0]
    if (found === undefined) throw new Error('not shared yet')
    return found
  })
  expect(share).toMatchObject({
    name: 'runs/one.bag',
    sizeBytes: 3_000_000,
    mediaType: 'application/x-rosbag',
    origin: a.peerId,
    originName: 'a',
    local: false,
  })
  const view = await ended(b, b.files.fetching.fetch(share.cid, { to: 'downloads' }))
  expect(view).toMatchObject({ state: 'done', path: join(b.downloadDir, 'one.bag'), doneBytes: 3_000_000 })
  expect((await readFile(join(b.downloadDir, 'one.bag'))).equals(bytes)).toBe(true)
  await waitFor(() => expect(a.files.shares.get(share.cid)?.copies.map(({ name }) => name)).toEqual(['a', 'b']))
  expect(b.files.shares.get(share.cid)?.local).toBe(true)
  const why = b.files.shares.evidence(share.cid)
  expect(why.map(({ fact, fromName }) => [fact, fromName])).toEqual(
    expect.arrayContaining([
      ['file', 'a'],
      ['copy', null],
    ]),
  )
})

it('a fetch of what nobody has fails with the reason, and goes on when its holder comes', async () => {
  const [a, b] = await pair({ patienceMs: 300 })
  const bytes = randomBytes(500_000)
  const cid = await shared(a, 'late.bin', bytes)
  await a.node.stop()
  await waitFor(() => expect(b.node.linked(a.peerId)).toBe(false))
  const failed = await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))
  expect(failed.error).toMatchObject({ code: 'FETCH_FAILED' })
  expect(failed.error?.message).toContain('held by a')
  const { length } = b.files.transfers.views()
  await a.node.start()
  await a.restartFiles()
  b.node.setBootstrap(a.node.addresses())
  await waitFor(() => expect(b.files.transfers.views().at(-1)).toMatchObject({ state: 'done', cid }))
  expect(b.files.transfers.views()).toHaveLength(length)
  expect((await readFile(join(b.downloadDir, 'late.bin'))).equals(bytes)).toBe(true)
})

it('blocks that came before a restart are not fetched again, and the fetch goes on by itself', async () => {
  const [a, b] = await pair()
  const leaf = 256 * 1024
  const bytes = randomBytes(160 * leaf)
  const cid = await shared(a, 'big.bin', bytes)
  b.files.fetching.fetch(cid, { to: 'downloads' })
  await waitFor(() => expect(b.files.transfers.views()[0]?.doneBytes).toBeGreaterThan(80 * leaf))
  await b.restartFiles()
  const [resumed] = b.files.transfers.views()
  if (resumed === undefined) throw new Error('nothing goes on')
  expect(await ended(b, resumed)).toMatchObject({ state: 'done' })
  expect(await readdir(b.downloadDir)).toEqual(['big.bin'])
  // 160 leaves and the root; those under way at the stop, at most 24, may have been asked for twice.
  expect(b.counters.get('files.block:fetched')).toBeLessThanOrEqual(161 + 24)
  expect((await readFile(join(b.downloadDir, 'big.bin'))).equals(bytes)).toBe(true)
})

it('a damaged block is noticed, not served, and repaired from the share folder', async () => {
  const [a, b] = await pair()
  const bytes = randomBytes(900_000)
  const cid = await shared(a, 'x.bin', bytes)
  const [block] = (await readdir(a.blocksDir, { recursive: true })).filter((name) => name.length > 20)
  await writeFile(join(a.blocksDir, block ?? ''), randomBytes(200_000))
  const view = await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))
  expect(view.state).toBe('done')
  expect((await readFile(join(b.downloadDir, 'x.bin'))).equals(bytes)).toBe(true)
  expect(a.counters.get('files.block:corrupt')).toBe(1)
})

it('a damaged copy is fetched again where it is read', async () => {
  const [a, b] = await pair()
  const bytes = randomBytes(900_000)
  const cid = await shared(a, 'x.bin', bytes)
  await ended(b, b.files.fetching.fetch(cid, { to: 'store' }))
  const [block] = (await readdir(b.blocksDir, { recursive: true })).filter((name) => name.length > 20)
  await writeFile(join(b.blocksDir, block ?? ''), '')
  const chunks: Uint8Array[] = []
  const { signal } = new AbortController()
  for await (const chunk of b.files.reader.content(cid, { signal, offset: 100, length: 800_000 })) chunks.push(chunk)
  expect(Buffer.concat(chunks)).toEqual(bytes.subarray(100, 800_100))
})

it('the next provider is tried when one does not give it', async () => {
  const [a, b, c] = await startFilePeers(['a', 'b', 'c'])
  if (a === undefined || b === undefined || c === undefined) throw new Error('three peers were asked for')
  await waitFor(() => expect(a.node.neighbours()).toHaveLength(2))
  const bytes = randomBytes(2_000_000)
  const cid = await shared(a, 'x.bin', bytes)
  await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))
  // What b says to have is no longer there.
  for (const dir of await readdir(b.blocksDir)) await rm(join(b.blocksDir, dir), { recursive: true })
  expect(await ended(c, c.files.fetching.fetch(cid, { to: 'downloads' }))).toMatchObject({ state: 'done' })
  expect((await readFile(join(c.downloadDir, 'x.bin'))).equals(bytes)).toBe(true)
})

it('a cancelled fetch leaves no part file', async () => {
  const [a, b] = await pair()
  const cid = await shared(a, 'big.bin', randomBytes(50_000_000))
  const { id } = b.files.fetching.fetch(cid, { to: 'downloads' })
  expect(b.files.fetching.fetch(cid, { to: 'downloads' }).id).toBe(id)
  // At the first progress that is told: a look now and then may come when all is there.
  const off = b.files.events.on('transfers:changed', () => {
    if ((b.files.transfers.view(id)?.doneBytes ?? 0) > 500_000) b.files.transfers.cancel(id)
  })
  expect(await ended(b, { id })).toMatchObject({ state: 'cancelled', error: null })
  off()
  await waitFor(async () => expect(await readdir(b.downloadDir)).toEqual([]))
  b.files.transfers.clearEnded()
  expect(b.files.transfers.views()).toEqual([])
})

it.each([
  ['../../escape.txt', 'escape.txt'],
  ['/etc/passwd', 'passwd'],
  ['..\\..\\win.ini', 'win.ini'],
  ['con.txt', '_con.txt'],
  ['a\tb: c?.log', 'ab_ c_.log'],
  ['....', 'CID'],
])('a file that a record names %j stays in the download folder', async (name, expected) => {
  const [a, b] = await pair()
  const bytes = randomBytes(100)
  const cid = await shared(a, 'honest.txt', bytes)
  // A record that anybody could write; its time makes it the first share of the file.
  const liar = {
    kind: 'share',
    name,
    sizeBytes: 100,
    mediaType: 'x/y',
    modifiedAtMs: 1,
    sharedAtMs: 1,
    simulated: false,
  }
  b.book.author({ bucket: 'files', key: cid, value: liar, validForMs: 60_000 })
  const view = await ended(b, b.files.fetching.fetch(cid, { to: 'downloads' }))
  expect(view.path).toBe(join(b.downloadDir, expected === 'CID' ? cid : expected))
  expect(await readdir(b.downloadDir)).toHaveLength(1)
})
