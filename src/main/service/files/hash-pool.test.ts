import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { SmallDisks } from '../../store/testing/small-disk.ts'
import { buildFile } from './dag-build.ts'
import { HashPool } from './hash-pool.ts'
import { ShareBytes } from './share-bytes.ts'
import { PartFile } from './write-file.ts'

const leaf = 256 * 1024
let home: string
let pool: HashPool
let counters: Counters

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dt-swarm-hash-'))
  counters = new Counters()
  pool = new HashPool({ clock: systemClock, counters }, { workers: 1 })
  await pool.start()
})

afterEach(async () => {
  await pool.stop()
  await rm(home, { recursive: true, force: true })
})

const { signal } = new AbortController()

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What is put is copied: the buffer goes back. */
function memory() {
  const blocks = new Map<string, Uint8Array>()
  const open = new Set<CID>()
  return {
    blocks,
    open,
    put: async (cid: CID, bytes: Uint8Array): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      blocks.set(cid.toString(), Uint8Array.from(bytes))
    },
  }
}

it.each([0, 1, leaf - 1, leaf, leaf + 1, 5 * leaf, 175 * leaf + 7])(
  'a file of %i bytes has the blocks, the CID and the SHA-1 that it has when built here',
  async (size) => {
    const bytes = randomBytes(size)
    const path = join(home, 'file')
    await writeFile(path, bytes)
    const here = memory()
    const built = await buildFile(cut(bytes, leaf), here.put)
    const there = memory()
    let told = 0
    const source = new ShareBytes({ path }, { signal })
    const hashed = await pool.build(source, { ...there, signal, onBytes: (n) => (told += n) })
    expect(hashed.cid.toString()).toBe(built.cid.toString())
    expect(hashed.sizeBytes).toBe(size)
    expect(told).toBe(size)
    expect(source.sha1).toBe(createHash('sha1').update(bytes).digest('hex'))
    expect([...there.blocks.keys()].toSorted()).toEqual([...here.blocks.keys()].toSorted())
    for (const [cid, block] of here.blocks) expect(Buffer.compare(there.blocks.get(cid) ?? leafless, block)).toBe(0)
    expect([...there.open].map(String)).toEqual([built.cid.toString()])
  },
)
const leafless = new Uint8Array(0)

/** How nice each thread of this process is: the 19th word of its line, of which the second may hold blanks. See proc(5). */
function niceness(): readonly number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const line = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16])
  })
}

it.runIf(process.platform === 'linux')('its thread gives way to all others, and only that', async () => {
  const own = getPriority(0)
  const nicer = (): number => niceness().filter((nice) => nice > own).length
  const before = nicer()
  await pool.build(new ShareBytes({ stream: cut(randomBytes(leaf), leaf) }, { signal }), { ...memory(), signal })
  expect(nicer()).toBe(before + 1)
  expect(getPriority(0)).toBe(own)
})

it('what comes in is hashed alike, and written to the part file; so is the copy of a file', async () => {
  const bytes = randomBytes(3 * leaf + 5)
  const part = await PartFile.create(join(home, 'part'))
  const streamed = new ShareBytes({ stream: cut(bytes, 60_000) }, { part, signal })
  const first = await pool.build(streamed, { ...memory(), signal })
  await part.sync()
  expect((await readFile(join(home, 'part'))).equals(bytes)).toBe(true)
  const copy = await PartFile.create(join(home, 'copy'))
  const source = new ShareBytes({ path: join(home, 'part') }, { part: copy, signal })
  const second = await pool.build(source, { ...memory(), signal })
  await copy.sync()
  expect((await readFile(join(home, 'copy'))).equals(bytes)).toBe(true)
  expect(second.cid.toString()).toBe(first.cid.toString())
  expect([streamed.sha1, source.sha1]).toEqual(Array(2).fill(createHash('sha1').update(bytes).digest('hex')))
})

/** A file of many blocks that is held when the fourth is stored. */
async function heldAtFourth(stop: AbortSignal) {
  const path = join(home, 'file')
  await writeFile(path, randomBytes(60 * leaf))
  const { blocks, open, put } = memory()
  const source = new ShareBytes({ path }, { signal: stop })
  const building = pool.build(source, {
    open,
    signal: stop,
    put: async (cid, bytes) => {
      await put(cid, bytes)
      if (blocks.size === 4) source.hold()
    },
  })
  building.catch(() => {})
  await vi.waitFor(() => expect(source.held).toBe(true))
  // Another file goes on meanwhile, on the same thread.
  const other = await pool.build(new ShareBytes({ path }, { signal }), { ...memory(), signal })
  return { source, building, blocks, other }
}

it('one that is held takes no more than what is under way, and goes on to the same end', async () => {
  const { source, building, blocks, other } = await heldAtFourth(signal)
  const before = blocks.size
  expect(before).toBeLessThan(40)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(blocks.size).toBe(before)
  source.go()
  expect((await building).cid.toString()).toBe(other.cid.toString())
})

it('one that is given up ends at once, also when it is held, and stores nothing afterwards', async () => {
  const stop = new AbortController()
  const { building, blocks } = await heldAtFourth(stop.signal)
  stop.abort()
  await expect(building).rejects.toMatchObject({ name: 'AbortError' })
  const { size } = blocks
  await pool.build(new ShareBytes({ path: join(home, 'file') }, { signal }), { ...memory(), signal })
  expect(blocks.size).toBe(size)
})

it('a file that is gone, a disk that is full and a line that breaks are told apart', async () => {
  const gone = new ShareBytes({ path: join(home, 'no-such') }, { signal })
  await expect(pool.build(gone, { ...memory(), signal })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const path = join(home, 'file')
  await writeFile(path, randomBytes(3 * leaf))
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  const put = (): Promise<void> => Promise.reject(full)
  await expect(pool.build(new ShareBytes({ path }, { signal }), { ...memory(), put, signal })).rejects.toBe(full)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(5)
    throw new Error('the line broke')
  }
  const stream = new ShareBytes({ stream: broken() }, { signal })
  await expect(pool.build(stream, { ...memory(), signal })).rejects.toThrow('the line broke')
  // The thread is fine.
  await pool.build(new ShareBytes({ path }, { signal }), { ...memory(), signal })
  expect(pool.threads).toBe(1)
})

/** A full disk that is real. */
const disks = new SmallDisks()

it.skipIf(disks.whyNot !== null)('a copy that fills the disk says so', async () => {
  const [path, small] = [join(home, 'file'), join(home, 'small')]
  await writeFile(path, randomBytes(2 * 1024 ** 2))
  await mkdir(small)
  disks.mount(small, 1)
  try {
    const part = await PartFile.create(join(small, 'part'))
    const copying = pool.build(new ShareBytes({ path }, { part, signal }), { ...memory(), signal })
    await expect(copying).rejects.toMatchObject({ code: 'DISK_FULL' })
    await part.rest()
  } finally {
    disks.unmount()
  }
})

it('a thread that dies fails what it had, and the next has another', async () => {
  const program = join(home, 'dies.mjs')
  await writeFile(
    program,
    "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => process.exit(1))",
  )
  const dying = new HashPool({ clock: systemClock, counters }, { workerUrl: new URL(`file://${program}`) })
  const path = join(home, 'file')
  await writeFile(path, 'x')
  const build = () => dying.build(new ShareBytes({ path }, { signal }), { ...memory(), signal })
  await expect(build()).rejects.toMatchObject({ code: 'INTERNAL' })
  await expect(build()).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(counters.get('files.hash-thread:died')).toBe(2)
  await dying.stop()
  await expect(build()).rejects.toThrow(/the peer is stopping/)
})

/** A stream that goes on when it is told to. */
function slow(stop: AbortSignal) {
  const rest = Promise.withResolvers<void>()
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield randomBytes(10)
    await rest.promise
    yield randomBytes(10)
  }
  return { source: new ShareBytes({ stream: pieces() }, { signal: stop }), end: () => rest.resolve() }
}

it('a file is read to its end after others were called off together, however long it takes', async () => {
  const clock = new FakeClock()
  const calm = new HashPool({ clock, counters }, { workers: 1 })
  const stop = new AbortController()
  const given = [1, 2, 3].map(() => calm.build(slow(stop.signal).source, { ...memory(), signal: stop.signal }))
  stop.abort()
  await Promise.allSettled(given)
  const { source, end } = slow(signal)
  const built = calm.build(source, { ...memory(), signal })
  await clock.advance(31_000)
  expect(calm.threads).toBe(1)
  end()
  expect(await built).toMatchObject({ sizeBytes: 20 })
  // Then it ends by itself.
  await clock.advance(31_000)
  expect(calm.threads).toBe(0)
  await calm.stop()
})
