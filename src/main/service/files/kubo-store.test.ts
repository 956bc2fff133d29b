import { CID } from 'multiformats/cid'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { base32upper } from 'multiformats/bases/base32'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { ContentStores } from './content-stores.ts'
import { KuboStore } from './kubo-store.ts'
import { contentStoreSuite, exchangeOf, kuboCids, seeded, whole } from './testing/content-store-suite.ts'
import { KuboDaemon, realKubo } from './testing/kubo-daemon.ts'

const kubo = await realKubo()
if (kubo.path === null) process.stdout.write(`the tests with a real Kubo are skipped: ${kubo.reason}\n`)

const { signal: never } = new AbortController()

describe.skipIf(kubo.path === null)('a store in a real Kubo', () => {
  let daemon: KuboDaemon
  beforeAll(async () => {
    daemon = await (await KuboDaemon.make(kubo.path ?? '')).start()
  }, 60_000)
  afterAll(() => daemon.remove())

  const make = (
    peer: string,
    { exchange = exchangeOf(new Map()), onCorrupt = (): void => {}, url = daemon.url } = {},
  ): KuboStore =>
    new KuboStore(
      {
        exchange,
        peerId: peer as PeerId,
        clock: systemClock,
        random: Math.random,
        counters: new Counters(),
        onCorrupt,
      },
      { url },
    )

  /** Flatfs has a file a block, named by its multihash. */
  const fileOf = (cid: CID): string => {
    const name = `${base32upper.baseEncode(cid.multihash.bytes)}.data`
    const found = readdirSync(join(daemon.repo, 'blocks'), { recursive: true, encoding: 'utf8' })
    const path = found.find((one) => one.endsWith(name))
    if (path === undefined) throw new Error(`no file of ${cid}`)
    return join(daemon.repo, 'blocks', path)
  }
  const pins = (): string => daemon.ipfs('pin', 'ls', '--type=recursive', '--names')
  const unpinAll = async (store: KuboStore): Promise<void> => {
    for await (const { cid } of store.rpc.pins()) await store.rpc.unpin(cid)
  }

  let peers = 0
  contentStoreSuite('as every other', async (exchange) => {
    let corrupt = 0
    const store = make(`suite-${(peers += 1)}`, { exchange, onCorrupt: () => (corrupt += 1) })
    await store.start()
    return {
      store,
      blocks: store.blocks,
      free: async () => void daemon.ipfs('repo', 'gc'),
      lose: async (cid) => {
        await unpinAll(store)
        daemon.ipfs('block', 'rm', cid.toString())
      },
      damage: async (cid) => writeFileSync(fileOf(cid), 'this is not it'),
      corrupt: () => corrupt,
      close: async () => {
        await unpinAll(store)
        await store.stop()
        daemon.ipfs('repo', 'gc')
      },
    }
  })

  const nothing = () => ({ whole: new Map<Cid, { readonly sizeBytes: number }>(), partial: [] })

  it('pins what it keeps under its own name, and leaves the pins of others as they are', async () => {
    const store = make('one')
    const others = await store.rpc.add(seeded(1_000, 'of others'), { signal: never })
    daemon.ipfs('pin', 'add', '--name=precious', others.toString())
    const both = await store.add(seeded(1_000, 'of others'), { signal: never })
    const own = await store.add(seeded(1_000, 'our own'), { signal: never })
    expect(both.cid).toBe(others.toString())
    expect(pins()).toContain(`${own.cid} recursive dt-swarm/one`)
    expect(pins()).toContain(`${both.cid} recursive precious`)
    both.release()
    own.release()
    await store.collect(nothing, { signal: never })
    expect(pins()).not.toContain(own.cid)
    expect(pins()).toContain(`${both.cid} recursive precious`)
    await unpinAll(store)
  })

  it('two peers may share a daemon: what one lets go of stays for the other', async () => {
    const [one, two] = [make('one'), make('two')]
    const { cid, release } = await one.add(seeded(500_000, 'of both'), { signal: never })
    release()
    const other = await two.add(seeded(500_000, 'of both'), { signal: never })
    other.release()
    const kept = () => ({ ...nothing(), whole: new Map([[cid, { sizeBytes: 500_000 }]]) })
    await one.collect(nothing, { signal: never })
    await two.collect(kept, { signal: never })
    expect(pins()).toContain(`${cid} recursive dt-swarm/two`)
    await one.collect(nothing, { signal: never })
    expect(pins()).toContain(`${cid} recursive dt-swarm/two`)
    await unpinAll(one)
  })

  it("settings of Kubo's own do not change a CID", async () => {
    const store = make('one')
    daemon.set('Import.UnixFSFileMaxLinks', 10)
    daemon.set('Import.UnixFSChunker', 'size-1048576')
    daemon.set('Import.CidVersion', 0)
    await daemon.stop()
    await daemon.start()
    const [size, cid] = kuboCids[5] ?? [0, '']
    expect((await make('one').add(seeded(size), { signal: never })).cid).toBe(cid)
    await unpinAll(make('one'))
    await store.stop()
  })

  it('is switched to and from at any moment, and in the end every file is in the chosen store, and in no other', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-stores-'))
    let atEnd: (() => void) | null = null
    const held = new (class extends Map<Cid, { readonly sizeBytes: number }> {
      /** Tells when a mover has gone through all of them. */
      override *[Symbol.iterator]() {
        yield* super[Symbol.iterator]()
        atEnd?.()
        return undefined
      }
    })()
    const told: Cid[] = []
    const stores = new ContentStores(
      {
        libp2p: () => {
          throw new Error('there is no network in this test')
        },
        // Not started with a network: what it serves is looked at in e2e/swarm/kubo.test.ts.
        exchange: exchangeOf(new Map()),
        peerId: 'switching' as PeerId,
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        counters: new Counters(),
        held: () => held,
        lost: (cids) => told.push(...cids),
        away: (cids) => told.push(...cids),
        onBack: () => {},
      },
      { home: dir, blocksDir: join(dir, 'blocks'), store: { kind: 'embedded' } },
    )
    const add = async (seed: string): Promise<void> => {
      const { cid, sizeBytes, release } = await stores.add(seeded(5_000_000, seed), { signal: never })
      held.set(cid, { sizeBytes })
      release()
    }
    const inKubo = { kind: 'kubo', url: daemon.url } as const
    const isWhole = async (): Promise<boolean[]> =>
      Promise.all([...held.keys()].map((cid) => stores.complete(cid, { signal: never })))
    const settled = (): Promise<void> => vi.waitFor(() => expect(stores.moving()).toBeNull(), 20_000)
    const collect = () => stores.collect(() => ({ whole: held, partial: [] }), { signal: never })
    try {
      await stores.start()
      stores.settle()
      for (const seed of ['s1', 's2', 's3', 's4']) await add(seed)
      for (let round = 0; round < 4; round += 1) {
        await stores.use(round % 2 === 0 ? inKubo : { kind: 'embedded' })
        // In the middle of the first file, of a later one, or before any.
        await setTimeout(round * 25)
        await add(`round ${round}`)
        expect(await isWhole()).not.toContain(false)
      }
      // At the very moment at which all files have been brought to the other store.
      await stores.use({ kind: 'embedded' })
      await settled()
      await add('in the embedded store alone')
      await stores.use(inKubo)
      const { promise: changed, resolve: onEnd } = Promise.withResolvers<void>()
      atEnd = () => {
        atEnd = null
        onEnd(stores.use(inKubo))
      }
      await stores.use({ kind: 'embedded' })
      await changed
      await settled()
      expect(await isWhole()).not.toContain(false)
      expect(await collect()).not.toBeNull()
      for (const cid of held.keys()) expect(pins()).toContain(`${cid} recursive dt-swarm/switching`)
      expect(await stores.own.usedBytes({ signal: never })).toBe(0)
      await stores.use({ kind: 'embedded' })
      await settled()
      expect(await isWhole()).not.toContain(false)
      await vi.waitFor(() => expect(pins()).not.toContain('dt-swarm/switching'), 20_000)
      expect(await collect()).not.toBeNull()
      expect(told).toEqual([])
      for (const cid of held.keys()) expect((await whole(stores.read(cid, { signal: never }))).length).toBe(5_000_000)
    } finally {
      await stores.stop()
      await rm(dir, { recursive: true })
    }
  })

  it('says that the daemon is gone, and goes on when it is back', async () => {
    daemon.keepPorts()
    await daemon.stop()
    await daemon.start()
    const store = make('one')
    const { cid } = await store.add(seeded(3_000_000, 'kept'), { signal: never })
    const half = store.add(
      (async function* () {
        let sent = 0
        for await (const chunk of seeded(30_000_000, 'half')) {
          yield chunk
          sent += chunk.length
          if (sent > 10_000_000 && sent - chunk.length <= 10_000_000) await daemon.stop('SIGKILL')
        }
      })(),
      { signal: never },
    )
    await expect(half).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE', message: expect.stringContaining(daemon.url) })
    await expect(store.complete(cid, { signal: never })).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE' })
    await expect(whole(store.read(cid, { signal: never }))).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE' })
    await expect(store.rpc.facts()).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE' })
    await daemon.start()
    expect(await store.rpc.facts()).toMatchObject({ version: expect.stringMatching(/^0\./) })
    expect((await whole(store.read(cid, { signal: never }))).equals(await whole(seeded(3_000_000, 'kept')))).toBe(true)
    expect((await store.rpc.room()).usedBytes).toBeGreaterThan(3_000_000)
  })
})
