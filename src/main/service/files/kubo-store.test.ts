import { CID } from 'multiformats/cid'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { base32upper } from 'multiformats/bases/base32'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { KuboStore } from './kubo-store.ts'
import { contentStoreSuite, exchangeOf, kuboCids, seeded, whole } from './testing/content-store-suite.ts'
import { KuboDaemon, realKubo } from './testing/kubo-daemon.ts'

const kubo = await realKubo()

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
