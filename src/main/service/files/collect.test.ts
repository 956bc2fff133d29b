import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { base32 } from 'multiformats/bases/base32'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { BlockDisk } from './block-disk.ts'
import type { KeptRoots } from './content-store.ts'
import { buildFile, chunkBytes } from './dag-build.ts'
import { HeliaStore } from './helia-store.ts'

const never = new AbortController().signal
const away = 'away' as PeerId
let dirs: string[] = []

beforeEach(() => {
  dirs = []
})
afterEach(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true }))))

async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-collect-'))
  dirs.push(dir)
  return dir
}

/** Files that have blocks in common, the last chunk being a short one of their own. */
const leaves = Array.from({ length: 5 }, (_, n) => Buffer.alloc(chunkBytes, createHash('md5').update(`${n}`).digest()))
const plans = [[0], [0, 1], [1, 2, 0], [3, 3, 3], [4, 2], [0, 1, 2, 3, 4], []]

async function* contentOf(file: number): AsyncGenerator<Uint8Array> {
  for (const leaf of plans[file] ?? []) {
    await setImmediate()
    yield leaves[leaf] ?? Buffer.of()
  }
  yield Buffer.from(`the end of ${file}`)
}

interface Expected {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly blocks: readonly string[]
}

async function expectedOf(file: number): Promise<Expected> {
  const blocks: string[] = []
  const { cid, sizeBytes } = await buildFile(contentOf(file), async (block) => {
    blocks.push(base32.baseEncode(block.multihash.bytes))
  })
  return { cid: cid.toString() as Cid, sizeBytes, blocks }
}

async function blocksIn(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true })
  return names.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort()
}

/** A started store that has nobody to ask. */
async function offlineStore(dir: string, onCorrupt: () => void = () => {}): Promise<HeliaStore> {
  const exchange = {
    start: async () => {},
    stop: async () => {},
    announce: async () => {},
    request: () => Promise.reject(new Error('nobody is there')),
  }
  const counters = new Counters()
  const store = new HeliaStore(
    { libp2p, exchange, clock: systemClock, random: Math.random, counters, onCorrupt },
    { blocksDir: dir },
  )
  await store.start()
  return store
}

const libp2p = (): never => {
  throw new Error('there is no network in this test')
}

/** A peer of one process after the other; what it keeps is what its index would say. */
class Body {
  readonly kept = new Map<Cid, { readonly sizeBytes: number }>()
  readonly partial = new Set<Cid>()
  readonly #dir: string
  readonly #source: BlockDisk
  readonly #random: () => number
  #store: HeliaStore
  #life = new AbortController()
  #work: Promise<void>[] = []
  #collecting: Promise<void> | null = null

  constructor(dir: string, source: BlockDisk, random: () => number) {
    this.#dir = dir
    this.#source = source
    this.#random = random
    this.#store = this.#open()
  }

  #open(): HeliaStore {
    const exchange = {
      start: async () => {},
      stop: async () => {},
      announce: async () => {},
      request: async (_: PeerId, cid: Parameters<BlockDisk['get']>[0]) => {
        if (this.#random() < 0.5) await setTimeout(1)
        const block = await this.#source.get(cid)
        if (block === undefined) throw new Error('it has none')
        return block
      },
    }
    return new HeliaStore(
      { libp2p, exchange, clock: systemClock, random: this.#random, counters: new Counters() },
      { blocksDir: this.#dir },
    )
  }

  start(): Promise<void> {
    return this.#store.start()
  }

  #do(work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#life
    this.#work.push(
      work(signal).catch((error: unknown) => {
        if (!signal.aborted) throw error
      }),
    )
  }

  add(file: number): void {
    this.#do(async (signal) => {
      const added = await this.#store.add(contentOf(file), { signal })
      // Giving a file its name takes a while, and only then is it kept by name.
      await setTimeout(this.#random() * 4)
      if (!signal.aborted) this.kept.set(added.cid, { sizeBytes: added.sizeBytes })
      added.release()
    })
  }

  fetch({ cid, sizeBytes }: Expected): void {
    this.#do(async (signal) => {
      this.partial.add(cid)
      let bytes = 0
      for await (const chunk of this.#store.read(cid, { signal, from: { candidates: () => [away] } })) {
        bytes += chunk.length
        if (this.#random() < 0.3) await setTimeout(1)
      }
      if (bytes !== sizeBytes) throw new Error(`${bytes} bytes of ${sizeBytes} were read`)
      this.kept.set(cid, { sizeBytes })
      this.partial.delete(cid)
    })
  }

  collect(): void {
    this.#do(async (signal) => {
      if (this.#collecting !== null) return
      this.#collecting = this.collected(signal).then(() => {})
      await this.#collecting.finally(() => {
        this.#collecting = null
      })
    })
  }

  async collected(signal: AbortSignal = never): Promise<void> {
    const roots = (): KeptRoots => ({ whole: new Map(this.kept), partial: [...this.partial] })
    const done = await this.#store.collect(roots, { signal })
    if (done === null) throw new Error('a kept file is not whole')
  }

  /** What was under way breaks off somewhere; what is on disk, and the index, is all that stays. */
  async crash(): Promise<void> {
    this.#life.abort()
    await this.idle()
    this.#life = new AbortController()
    this.#store = this.#open()
    await this.start()
    this.partial.clear()
  }

  async idle(): Promise<void> {
    const work = this.#work
    this.#work = []
    await Promise.all(work)
  }

  async read(cid: Cid): Promise<number> {
    let bytes = 0
    for await (const chunk of this.#store.read(cid, { signal: never })) bytes += chunk.length
    return bytes
  }
}

it('no block of a kept file is lost, and nothing else is left, whatever happens at the same time', async () => {
  const files = await Promise.all(plans.map((_, file) => expectedOf(file)))
  const source = new BlockDisk({ counters: new Counters() }, { dir: await newDir() })
  await source.start()
  for (const file of plans.keys()) await buildFile(contentOf(file), (cid, block) => source.put(cid, block))
  const which = fc.nat(plans.length - 1)
  const step = fc.oneof(
    { weight: 3, arbitrary: which.map((file) => ({ kind: 'add' as const, file })) },
    { weight: 3, arbitrary: which.map((file) => ({ kind: 'fetch' as const, file })) },
    { weight: 3, arbitrary: which.map((file) => ({ kind: 'withdraw' as const, file })) },
    { weight: 4, arbitrary: fc.constant({ kind: 'collect' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
    { weight: 3, arbitrary: fc.nat(6).map((ms) => ({ kind: 'wait' as const, ms })) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(), async (steps, seed) => {
      const dir = await newDir()
      let turn = seed
      const body = new Body(dir, source, () => ((turn = (turn * 1_103_515_245 + 12_345) % 2 ** 31) % 1_000) / 1_000)
      await body.start()
      for (const one of steps) {
        const file = 'file' in one ? files[one.file] : undefined
        if (one.kind === 'add') body.add(one.file)
        else if (one.kind === 'fetch' && file !== undefined) body.fetch(file)
        else if (one.kind === 'withdraw' && file !== undefined) body.kept.delete(file.cid)
        else if (one.kind === 'collect') body.collect()
        else if (one.kind === 'crash') await body.crash()
        else if (one.kind === 'wait') await setTimeout(one.ms)
      }
      await body.idle()
      await body.collected()
      const kept = files.filter(({ cid }) => body.kept.has(cid))
      expect(await blocksIn(dir)).toEqual([...new Set(kept.flatMap(({ blocks }) => blocks))].sort())
      for (const { cid, sizeBytes } of kept) expect(await body.read(cid)).toBe(sizeBytes)
    }),
    { numRuns: 60 },
  )
}, 60_000)

it('a large file that is being added, and one that waits for its name, keep their blocks', async () => {
  const dir = await newDir()
  const store = await offlineStore(dir)
  const nothing = (): KeptRoots => ({ whole: new Map(), partial: [] })
  const chunks = 400
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < chunks; n += 1) {
      yield Buffer.alloc(chunkBytes, createHash('md5').update(`${n}`).digest())
      if (n % 90 === 0) expect((await store.collect(nothing, { signal: never }))?.freedBlocks).toBe(0)
    }
  }
  const { cid, release } = await store.add(large(), { signal: never })
  expect((await store.collect(nothing, { signal: never }))?.freedBlocks).toBe(0)
  expect(await store.complete(cid, { signal: never })).toBe(true)
  release()
  // 400 leaves, three nodes over them, the root.
  expect(await store.collect(nothing, { signal: never })).toMatchObject({ freedBlocks: 404, keptBlocks: 0 })
  expect(await blocksIn(dir)).toEqual([])
})

it('nothing is collected while a file that should be whole is not, nor are files that are no blocks', async () => {
  const dir = await newDir()
  let corrupt = 0
  const store = await offlineStore(dir, () => (corrupt += 1))
  const kept = await store.add(contentOf(5), { signal: never })
  const other = await store.add(contentOf(3), { signal: never })
  other.release()
  const { blocks } = await expectedOf(5)
  const root = blocks.at(-1) ?? ''
  await writeFile(join(dir, root.slice(-2), root), 'damaged')
  await writeFile(join(dir, root.slice(-2), 'notes.txt'), 'left by somebody')
  const whole = new Map([[kept.cid, kept]])
  kept.release()
  const before = await blocksIn(dir)
  expect(await store.collect(() => ({ whole, partial: [] }), { signal: never })).toBeNull()
  expect(corrupt).toBeGreaterThan(0)
  expect(await blocksIn(dir)).toHaveLength(before.length - 1)
  await store.collect(() => ({ whole: new Map(), partial: [] }), { signal: never })
  expect(await blocksIn(dir)).toEqual(['notes.txt'])
})
