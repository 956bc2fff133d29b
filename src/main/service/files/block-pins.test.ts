import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { blockOf } from '../../model/checkpoint.ts'
import { BlockPins } from './block-pins.ts'
import { blockStoreOf, type BlockStore } from './block-store.ts'
import { HeliaStore } from './helia-store.ts'

const never = new AbortController().signal
let home: string
let counters: Counters
let store: HeliaStore
let pins: BlockPins
let blocks: BlockStore

const exchange = {
  start: async () => {},
  stop: async () => {},
  announce: async () => {},
  request: () => Promise.reject(new Error('no peer')),
}
const open = (): BlockPins => {
  const opened = new BlockPins({ counters, log: silentLog }, { path: join(home, 'pins.json') })
  opened.load()
  return opened
}
const collect = () => store.collect(() => ({ whole: new Map(), partial: [], blocks: pins.all() }), { signal: never })
const [first, second, third] = ['first', 'second', 'third'].map((text) => blockOf(Buffer.from(text))) as [
  ReturnType<typeof blockOf>,
  ReturnType<typeof blockOf>,
  ReturnType<typeof blockOf>,
]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dt-swarm-pins-'))
  counters = new Counters()
  const libp2p = (): never => {
    throw new Error('no network here')
  }
  store = new HeliaStore(
    { libp2p, exchange, clock: systemClock, random: Math.random, counters },
    { blocksDir: join(home, 'blocks') },
  )
  await store.start()
  pins = open()
  blocks = blockStoreOf(store, pins, () => {})
  for (const { cid, bytes } of [first, second, third]) await blocks.put(cid, bytes)
})
afterEach(async () => {
  await store.stop()
  await rm(home, { recursive: true })
})

it('a collection leaves what is pinned, by any name, and takes the rest', async () => {
  blocks.pin('a', [first.cid, second.cid])
  blocks.pin('b', [second.cid])
  expect(await collect()).toMatchObject({ freedBlocks: 1 })
  expect(await blocks.has(third.cid)).toBe(false)
  blocks.unpin('a')
  expect(await collect()).toMatchObject({ freedBlocks: 1 })
  expect(await blocks.get(second.cid)).toEqual(Buffer.from(second.bytes))
})

it('pins outlive a restart, and a damaged list costs no more than the blocks', async () => {
  blocks.pin('a', [first.cid])
  pins = open()
  expect([...pins.all()].map(String)).toEqual([CID.parse(first.cid.toString()).toString()])
  await writeFile(join(home, 'pins.json'), '{"v":1,"pins":{"a":["not a cid"]}}')
  pins = open()
  expect(pins.names()).toEqual([])
  expect(counters.get('files.pins:corrupt')).toBe(1)
  expect(await collect()).toMatchObject({ freedBlocks: 3 })
})
