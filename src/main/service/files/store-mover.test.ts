import { CID } from 'multiformats/cid'
import { expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { bytesHere } from './bytes-here.ts'
import type { Blocks } from './blocks.ts'
import { buildFile, chunkBytes } from './dag-build.ts'
import { copyFile } from './store-move.ts'
import { StoreMover } from './store-mover.ts'
import { seeded } from './testing/content-store-suite.ts'

const { signal } = new AbortController()

class MemoryBlocks implements Blocks {
  /** It answers, but is not what it should be. */
  wrong: Error | null = null
  readonly all = new Map<string, Uint8Array>()
  /** Keys in the order in which they were put. */
  readonly puts: string[] = []
  broken: Error | null = null

  async has(cid: CID): Promise<boolean> {
    if (this.broken !== null) throw this.broken
    return this.all.has(keyOf(cid))
  }

  async get(cid: CID): Promise<Uint8Array | undefined> {
    if (this.broken !== null) throw this.broken
    return this.all.get(keyOf(cid))
  }

  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    if (this.broken !== null) throw this.broken
    this.puts.push(keyOf(cid))
    this.all.set(keyOf(cid), bytes)
  }
}

const keyOf = (cid: CID): string => cid.multihash.bytes.toString()

async function fileIn(blocks: MemoryBlocks, sizeBytes: number, seed: string): Promise<[Cid, { sizeBytes: number }]> {
  const { cid } = await buildFile(seeded(sizeBytes, seed), (one, bytes) => blocks.put(one, Uint8Array.from(bytes)))
  return [cid.toString() as Cid, { sizeBytes }]
}

function mover(
  {
    from,
    to,
    held,
  }: { from: readonly MemoryBlocks[]; to: MemoryBlocks; held: ReadonlyMap<Cid, { sizeBytes: number }> },
  told: { lost: Cid[]; away: Cid[] } = { lost: [], away: [] },
  clock = systemClock,
): StoreMover {
  return new StoreMover({
    held: () => held,
    to,
    keep: async (cid) => {
      if (to.broken !== null) throw to.broken
      return (await bytesHere(cid, to, { signal })) === held.get(cid)?.sizeBytes
    },
    from: from.map((blocks) => ({
      blocks,
      check: async () => {
        if (blocks.wrong !== null) throw blocks.wrong
      },
    })),
    lost: (cids) => told.lost.push(...cids),
    away: (cids) => told.away.push(...cids),
    clock,
    random: () => 0,
    counters: new Counters(),
    log: silentLog,
  })
}

it('copies a file of several levels, a parent after its children, and nothing that is there', async () => {
  const from = new MemoryBlocks()
  const to = new MemoryBlocks()
  const [cid] = await fileIn(from, 350 * chunkBytes + 1, 'levels')
  from.puts.length = 0
  const leaf = [...from.all.keys()][0] ?? ''
  to.all.set(leaf, from.all.get(leaf) ?? new Uint8Array())
  expect(await copyFile(CID.parse(cid), { from, to }, { signal })).toBe(true)
  expect([...to.all.keys()].toSorted()).toEqual([...from.all.keys()].toSorted())
  expect(to.puts).not.toContain(leaf)
  expect(to.puts.at(-1)).toBe(keyOf(CID.parse(cid)))
  to.puts.length = 0
  expect(await copyFile(CID.parse(cid), { from, to }, { signal })).toBe(true)
  expect(to.puts).toEqual([])
})

it('brings what lies in several places together, and tells what is nowhere', async () => {
  const [one, two, to] = [new MemoryBlocks(), new MemoryBlocks(), new MemoryBlocks()]
  const a = await fileIn(one, 3 * chunkBytes, 'a')
  const b = await fileIn(two, 2 * chunkBytes + 9, 'b')
  const gone = await fileIn(new MemoryBlocks(), chunkBytes + 1, 'gone')
  // Half of it in one place, half in the other.
  const split = await fileIn(one, 2 * chunkBytes, 'split')
  const leaf = [...one.all.keys()].at(-2) ?? ''
  two.all.set(leaf, one.all.get(leaf) ?? new Uint8Array())
  one.all.delete(leaf)
  const held = new Map([a, b, gone, split])
  const told = { lost: [] as Cid[], away: [] as Cid[] }
  const run = mover({ from: [one, two], to, held }, told)
  await run.run(signal)
  expect(told).toEqual({ lost: [gone[0]], away: [] })
  for (const [cid, { sizeBytes }] of [a, b, split]) expect(await bytesHere(cid, to, { signal })).toBe(sizeBytes)
  expect(run.progress()).toMatchObject({ doneFiles: 4, files: 4, waitsFor: null })
})

it('waits for a place that cannot be asked, tells which files may be there, and goes on when it is back', async () => {
  const [from, to] = [new MemoryBlocks(), new MemoryBlocks()]
  const file = await fileIn(from, 3 * chunkBytes, 'away')
  from.broken = new Error('the daemon is gone')
  const told = { lost: [] as Cid[], away: [] as Cid[] }
  const run = mover({ from: [from], to, held: new Map([file]) }, told, new FakeClock())
  const ended = run.run(signal)
  await expect.poll(() => told.away).toEqual([file[0]])
  expect(run.progress()).toMatchObject({ doneFiles: 0, files: 1, waitsFor: 'the daemon is gone' })
  from.broken = null
  run.again()
  await ended
  expect(told).toEqual({ lost: [], away: [file[0]] })
  expect(await bytesHere(file[0], to, { signal })).toBe(3 * chunkBytes)
})

it('what is not in a place that is not what it should be is not lost: it is waited for', async () => {
  const [before, from, to] = [new MemoryBlocks(), new MemoryBlocks(), new MemoryBlocks()]
  const file = await fileIn(before, 3 * chunkBytes, 'behind a proxy')
  from.wrong = new Error('that is no Kubo')
  const told = { lost: [] as Cid[], away: [] as Cid[] }
  const run = mover({ from: [from], to, held: new Map([file]) }, told, new FakeClock())
  const ended = run.run(signal)
  await expect.poll(() => told.away).toEqual([file[0]])
  expect(run.progress().waitsFor).toBe('that is no Kubo')
  expect(run.isThrough()).toBe(false)
  from.wrong = null
  run.again()
  await ended
  expect(told).toEqual({ lost: [file[0]], away: [file[0]] })
  expect(run.isThrough()).toBe(true)
})

it('waits for the chosen store, and loses nothing meanwhile', async () => {
  const [from, to] = [new MemoryBlocks(), new MemoryBlocks()]
  const file = await fileIn(from, 3 * chunkBytes, 'full')
  to.broken = new Error('the disk is full')
  const told = { lost: [] as Cid[], away: [] as Cid[] }
  const run = mover({ from: [from], to, held: new Map([file]) }, told, new FakeClock())
  const ended = run.run(signal)
  await expect.poll(() => run.progress().waitsFor).toBe('the disk is full')
  to.broken = null
  run.again()
  await ended
  expect(told).toEqual({ lost: [], away: [] })
})

it('ends when it is stopped, in the middle of a file or of waiting', async () => {
  const [from, to] = [new MemoryBlocks(), new MemoryBlocks()]
  const file = await fileIn(from, 3 * chunkBytes, 'stopped')
  to.broken = new Error('gone')
  const stop = new AbortController()
  const run = mover({ from: [from], to, held: new Map([file]) }, undefined, new FakeClock())
  const ended = run.run(stop.signal)
  await expect.poll(() => run.progress().waitsFor).toBe('gone')
  stop.abort(new Error('stopped'))
  await expect(ended).rejects.toThrow('stopped')
})
