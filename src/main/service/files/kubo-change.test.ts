import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CID } from 'multiformats/cid'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ContentStoreChoice } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { ContentStores } from './content-stores.ts'
import { buildFile } from './dag-build.ts'
import { exchangeOf, seeded, whole } from './testing/content-store-suite.ts'
import { KuboDaemon, realKubo } from './testing/kubo-daemon.ts'
import type { BlockExchange } from './tree-reader.ts'

const kubo = await realKubo()

const { signal: never } = new AbortController()
const embedded = { kind: 'embedded' } as const

/** What is held, as an index tells it; tells when somebody has gone through all of it. */
class Held extends Map<Cid, { readonly sizeBytes: number }> {
  onEnd: (() => void) | null = null;

  override *[Symbol.iterator]() {
    yield* super[Symbol.iterator]()
    this.onEnd?.()
    return undefined
  }
}

describe.skipIf(kubo.path === null)('the store is changed', () => {
  let daemon: KuboDaemon
  let inKubo: ContentStoreChoice
  const opened: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    daemon = await (await KuboDaemon.make(kubo.path ?? '')).start()
    inKubo = { kind: 'kubo', url: daemon.url }
  }, 60_000)
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })
  afterAll(() => daemon.remove())

  async function open(peer: string, store: ContentStoreChoice, exchange: BlockExchange = exchangeOf(new Map())) {
    const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-stores-'))
    const held = new Held()
    const told: Cid[] = []
    const stores = new ContentStores(
      {
        libp2p: () => {
          throw new Error('there is no network in this test')
        },
        // Not started with a network: what it serves is looked at in e2e/swarm/kubo.test.ts.
        exchange,
        peerId: peer as PeerId,
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        counters: new Counters(),
        held: () => held,
        lost: (cids) => told.push(...cids),
        away: (cids) => told.push(...cids),
        onBack: () => {},
      },
      { home: dir, blocksDir: join(dir, 'blocks'), store },
    )
    opened.push({
      close: async () => {
        await stores.stop()
        await rm(dir, { recursive: true })
      },
    })
    await stores.start()
    stores.settle()
    const settled = (): Promise<void> => vi.waitFor(() => expect(stores.moving()).toBeNull())
    await settled()
    const add = async (sizeBytes: number, seed: string): Promise<Cid> => {
      const { cid, release } = await stores.add(seeded(sizeBytes, seed), { signal: never })
      held.set(cid, { sizeBytes })
      release()
      return cid
    }
    const isWhole = (): Promise<boolean[]> =>
      Promise.all([...held.keys()].map((cid) => stores.complete(cid, { signal: never })))
    /** As the service says it: all that this peer shares or holds is also to stay as far as it is here. */
    const collect = () => stores.collect(() => ({ whole: held, partial: [...held.keys()] }), { signal: never })
    return { stores, held, told, settled, add, isWhole, collect }
  }
  const pins = (): string => daemon.ipfs('pin', 'ls', '--type=recursive', '--names')

  /** Half of a file comes, the rest when `gate` opens. */
  async function* halting(sizeBytes: number, seed: string, gate: Promise<void>): AsyncGenerator<Uint8Array> {
    let at = 0
    for await (const chunk of seeded(sizeBytes, seed)) {
      yield chunk
      at += chunk.length
      if (at >= sizeBytes / 2) await gate
    }
  }

  it('at any moment, to and from Kubo, and in the end every file is in the chosen store, and in no other', async () => {
    const { stores, held, told, settled, add, isWhole, collect } = await open('switching', embedded)
    const size = 5_000_000
    for (const seed of ['s1', 's2', 's3', 's4']) await add(size, seed)
    for (let round = 0; round < 4; round += 1) {
      await stores.use(round % 2 === 0 ? inKubo : embedded)
      // In the middle of the first file, of a later one, or before any.
      await setTimeout(round * 25)
      await add(size, `round ${round}`)
      expect(await isWhole()).not.toContain(false)
    }
    // At the very moment at which all files have been brought to the other store.
    await stores.use(embedded)
    await settled()
    await add(size, 'in the embedded store alone')
    await stores.use(inKubo)
    const { promise: changed, resolve: onEnd } = Promise.withResolvers<void>()
    held.onEnd = () => {
      held.onEnd = null
      onEnd(stores.use(inKubo))
    }
    await stores.use(embedded)
    await changed
    await settled()
    expect(await isWhole()).not.toContain(false)
    expect(await collect()).not.toBeNull()
    for (const cid of held.keys()) expect(pins()).toContain(`${cid} recursive dt-swarm/switching`)
    expect(await stores.own.usedBytes({ signal: never })).toBe(0)
    await stores.use(embedded)
    await settled()
    expect(await isWhole()).not.toContain(false)
    await vi.waitFor(() => expect(pins()).not.toContain('dt-swarm/switching'))
    expect(await collect()).not.toBeNull()
    expect(told).toEqual([])
    for (const cid of held.keys()) expect((await whole(stores.read(cid, { signal: never }))).length).toBe(size)
  })

  it.each([
    ['our own to Kubo', true],
    ['Kubo to our own', false],
  ])('from %s while a file is being added: it is brought over when it is whole', async (_, toKubo) => {
    const [from, to] = toKubo ? [embedded, inKubo] : [inKubo, embedded]
    const { stores, held, told, settled, isWhole, collect } = await open(`adding-${toKubo}`, from)
    const { promise: gate, resolve: goOn } = Promise.withResolvers<void>()
    const adding = stores.add(halting(2_000_000, `adding ${toKubo}`, gate), { signal: never })
    await stores.use(to)
    await settled()
    goOn()
    const { cid, sizeBytes, release } = await adding
    held.set(cid, { sizeBytes })
    release()
    release()
    await vi.waitFor(async () => expect(await collect()).not.toBeNull())
    expect(await isWhole()).toEqual([true])
    expect(pins().includes(`${cid} recursive dt-swarm/adding-${toKubo}`)).toBe(toKubo)
    expect(told).toEqual([])
  })

  it.each([
    ['our own to Kubo', true],
    ['Kubo to our own', false],
  ])('from %s while a file is being fetched: it goes on, and all of it is brought over', async (_, toKubo) => {
    const [from, to] = toKubo ? [embedded, inKubo] : [inKubo, embedded]
    const blocks = new Map<string, Uint8Array>()
    const put = async (cid: { toString(): string }, bytes: Uint8Array): Promise<void> =>
      void blocks.set(cid.toString(), Uint8Array.from(bytes))
    // More than is read ahead.
    const size = 20_000_000
    const cid = (await buildFile(seeded(size, `fetching ${toKubo}`), put)).cid.toString() as Cid
    const { stores, held, settled, isWhole, collect } = await open(`fetching-${toKubo}`, from, exchangeOf(blocks))
    const source = { candidates: () => ['away' as PeerId] }
    let bytes = 0
    for await (const chunk of stores.read(cid, { signal: never, from: source })) {
      if (bytes === 0) {
        await stores.use(to)
        await settled()
      }
      bytes += chunk.length
    }
    expect(bytes).toBe(size)
    // As one that was held in the middle, and goes on where it was: the rest comes to the other store.
    held.set(cid, { sizeBytes: size })
    stores.cameIn(cid)
    // The RPC is asked, not the command: that would hold up the test, and what it waits for.
    const isThere = async (): Promise<boolean> =>
      toKubo ? (await stores.kubo?.rpc.pinOf(CID.parse(cid))) !== null : stores.own.keep(cid, { signal: never })
    await vi.waitFor(async () => expect(await isThere()).toBe(true))
    await vi.waitFor(async () => expect(await collect()).not.toBeNull())
    expect(await isWhole()).toEqual([true])
    expect(pins().includes(`${cid} recursive dt-swarm/fetching-${toKubo}`)).toBe(toKubo)
    if (toKubo) expect(await stores.own.usedBytes({ signal: never })).toBe(0)
  })

  it('to the same Kubo, written in another way: what is pinned there stays so', async () => {
    const { stores, settled, add } = await open('same', inKubo)
    const cid = await add(1_000_000, 'in the same Kubo')
    for (const url of [daemon.api, daemon.url.replace('127.0.0.1', 'localhost'), `${daemon.url}/`, daemon.url]) {
      await stores.use({ kind: 'kubo', url })
      await settled()
      expect(pins()).toContain(`${cid} recursive dt-swarm/same`)
    }
    await stores.use(embedded)
    await settled()
    expect(pins()).not.toContain(cid)
  })
})
