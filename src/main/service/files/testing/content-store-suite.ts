import { createCipheriv, createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../../shared/ids.ts'
import type { Blocks } from '../blocks.ts'
import type { ContentStore, KeptRoots } from '../content-store.ts'
import { buildFile, chunkBytes } from '../dag-build.ts'
import { NoProviderError } from '../provider-pool.ts'
import type { BlockExchange } from '../tree-reader.ts'

/** A store, and a hand in its back. */
export interface StoreUnderTest {
  readonly store: ContentStore
  readonly blocks: Blocks
  /** Frees what the store no longer keeps, where that is somebody else's work. */
  free(): Promise<void>
  /** Takes a block away behind the store's back, with whatever held it. */
  lose(cid: CID): Promise<void>
  /** Writes over a block behind the store's back. */
  damage(cid: CID): Promise<void>
  /** How often it was told that something is damaged or missing. */
  corrupt(): number
  close(): Promise<void>
}

/** Bytes that are the same in every run: AES-CTR of zeros under a key made from the seed. */
export async function* seeded(sizeBytes: number, seed = 'a file'): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(100_000)
  for (let at = 0; at < sizeBytes; at += zeros.length) {
    yield cipher.update(zeros.subarray(0, Math.min(zeros.length, sizeBytes - at)))
  }
}

/** What `ipfs add --cid-version=1` of Kubo 0.41 prints for `seeded(size)`. */
export const kuboCids: readonly (readonly [number, Cid])[] = (
  [
    [0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
    [1, 'bafkreievdxhohj5e6ovmm7whniwoiru4y5w7muhrgs7sk4v7mctfzgbdha'],
    [262143, 'bafkreiahzakk3oxufakdvrqsvb4cuzvj4fkdx5rsdea4ubgtt2te44rlci'],
    [262144, 'bafkreicgnakqlt4o4oanlis3qb4z5b4yfox45egh5qeglcr2tfgutlelva'],
    [262145, 'bafybeiaf7gzshs2zq4dzfheibjzs55iuyvthhs7qzsbmfbxczzvq4gld2y'],
    [10485760, 'bafybeienmaz5hyx4mkajw7n6pygwxgnbknv6cwogxp5sle3khuqpszxwam'],
    [45875205, 'bafybeidrjp3vf3gnkfxwtvk3ipwbocr4pdqq6g6lawwfp3en47ffuuttlq'],
    [45613056, 'bafybeib33h2ibyk33o3cdjh4pqanjxlbym2thzzg7a7as55ktxy4v254h4'],
  ] as const
).map(([size, cid]) => [size, cid as Cid] as const)

const never = new AbortController().signal
const away = 'away' as PeerId

export async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A peer that has what is in `blocks`. */
export function exchangeOf(blocks: ReadonlyMap<string, Uint8Array>): BlockExchange {
  return {
    start: async () => {},
    stop: async () => {},
    announce: async () => {},
    request: async (_peer, cid) => {
      const block = blocks.get(cid.toString())
      if (block === undefined) throw new Error('it has none')
      return block
    },
  }
}

async function blocksOf(bytes: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, Uint8Array>> {
  const blocks = new Map<string, Uint8Array>()
  await buildFile(bytes, async (cid, block) => void blocks.set(cid.toString(), Uint8Array.from(block)))
  return blocks
}

/** What every content store promises. @param open a new, empty one; blocks that it lacks come from `exchange` */
export function contentStoreSuite(name: string, open: (exchange: BlockExchange) => Promise<StoreUnderTest>): void {
  describe(`${name}`, () => {
    let elsewhere: Map<string, Uint8Array>
    let test: StoreUnderTest
    let store: ContentStore
    beforeEach(async () => {
      elsewhere = new Map()
      test = await open(exchangeOf(elsewhere))
      store = test.store
    })
    afterEach(() => test.close())

    const kept = (...cids: readonly Cid[]): KeptRoots => ({
      whole: new Map(cids.map((cid) => [cid, { sizeBytes: 0 }])),
      partial: [],
    })
    const read = (cid: Cid, offset?: number, length?: number): Promise<Buffer> =>
      whole(
        store.read(cid, {
          signal: never,
          ...(offset === undefined ? {} : { offset }),
          ...(length === undefined ? {} : { length }),
        }),
      )
    const fromAway = { candidates: () => [away] }
    /** A block of a file that is not its root. */
    const leafOf = async (sizeBytes: number, seed: string): Promise<CID> => {
      const all = [...(await blocksOf(seeded(sizeBytes, seed))).keys()].map((cid) => CID.parse(cid))
      const leaf = all.find(({ code }) => code === 0x55)
      if (leaf === undefined) throw new Error('no leaf')
      return leaf
    }

    it.each(kuboCids)('gives a file of %i bytes the CID that Kubo gives it, and its bytes back', async (size, cid) => {
      let counted = 0
      const added = await store.add(seeded(size), { signal: never, onBytes: (bytes) => (counted += bytes) })
      expect(added).toMatchObject({ cid, sizeBytes: size })
      expect(counted).toBe(size)
      expect(await store.sizeBytes(added.cid, { signal: never })).toBe(size)
      expect(await store.complete(added.cid, { signal: never })).toBe(true)
      expect((await read(added.cid)).equals(await whole(seeded(size)))).toBe(true)
    })

    it('reads any range, also past the end', async () => {
      const size = 3 * chunkBytes + 77
      const bytes = await whole(seeded(size))
      const { cid } = await store.add(seeded(size), { signal: never })
      const ranges: [number, number | undefined][] = [
        [0, 1],
        [chunkBytes - 1, 2],
        [chunkBytes, chunkBytes],
        [100, 2 * chunkBytes],
        [size - 1, 100],
        [size, 5],
        [size + 10, undefined],
        [chunkBytes + 3, 0],
        [7, undefined],
      ]
      for (const [offset, length] of ranges) {
        const expected = bytes.subarray(offset, length === undefined ? undefined : offset + length)
        expect((await read(cid, offset, length)).equals(expected), `${offset} ${length}`).toBe(true)
      }
    })

    it('says what is missing, and brings it from whoever has it', async () => {
      const size = 2 * chunkBytes + 1
      const { cid } = await store.add(seeded(size, 'missing'), { signal: never })
      await test.lose(await leafOf(size, 'missing'))
      expect(await store.complete(cid, { signal: never })).toBe(false)
      await expect(read(cid)).rejects.toThrow(NoProviderError)
      for (const [name, block] of await blocksOf(seeded(size, 'missing'))) elsewhere.set(name, block)
      const received: number[] = []
      const from = { ...fromAway, onReceived: (_from: PeerId | null, bytes: number) => void received.push(bytes) }
      expect((await whole(store.read(cid, { signal: never, from }))).equals(await whole(seeded(size, 'missing')))).toBe(
        true,
      )
      expect(received).not.toEqual([])
      expect(await store.complete(cid, { signal: never })).toBe(true)
    })

    it('fetches a file of which it has nothing', async () => {
      const size = 176 * chunkBytes + 3
      for (const [name, block] of await blocksOf(seeded(size, 'remote'))) elsewhere.set(name, block)
      const { cid: root } = await buildFile(seeded(size, 'remote'), async () => {})
      const cid = root.toString() as Cid
      expect(await store.complete(cid, { signal: never })).toBe(false)
      expect(await store.sizeBytes(cid, { signal: never, from: fromAway })).toBe(size)
      const bytes = await whole(store.read(cid, { signal: never, from: fromAway }))
      expect(bytes.equals(await whole(seeded(size, 'remote')))).toBe(true)
      elsewhere.clear()
      expect(await store.complete(cid, { signal: never })).toBe(true)
      expect((await store.collect(() => kept(cid), { signal: never })) !== null).toBe(true)
      await test.free()
      expect((await read(cid)).equals(bytes)).toBe(true)
    })

    it('never gives damaged bytes, says that they are, and is whole again when the file is added again', async () => {
      const size = 2 * chunkBytes
      const { cid } = await store.add(seeded(size, 'damaged'), { signal: never })
      await test.damage(await leafOf(size, 'damaged'))
      await expect(read(cid)).rejects.toThrow(NoProviderError)
      expect(test.corrupt()).toBeGreaterThan(0)
      expect(await store.complete(cid, { signal: never })).toBe(false)
      await store.add(seeded(size, 'damaged'), { signal: never })
      expect(await store.complete(cid, { signal: never })).toBe(true)
      expect((await read(cid)).equals(await whole(seeded(size, 'damaged')))).toBe(true)
    })

    it('a damaged block of a fetched file is fetched again', async () => {
      const size = 2 * chunkBytes
      const { cid } = await store.add(seeded(size, 'mended'), { signal: never })
      for (const [name, block] of await blocksOf(seeded(size, 'mended'))) elsewhere.set(name, block)
      await test.damage(await leafOf(size, 'mended'))
      const bytes = await whole(store.read(cid, { signal: never, from: fromAway }))
      expect(bytes.equals(await whole(seeded(size, 'mended')))).toBe(true)
      elsewhere.clear()
      expect((await read(cid)).equals(bytes)).toBe(true)
    })

    it('collects what nobody keeps, and nothing else', async () => {
      const size = 2 * chunkBytes + 5
      const [one, two, three] = await Promise.all(
        ['one', 'two', 'three'].map((seed) => store.add(seeded(size, seed), { signal: never })),
      )
      if (one === undefined || two === undefined || three === undefined) throw new Error('three were added')
      one.release()
      two.release()
      // The third one is not yet kept by name, but not released either.
      expect(await store.collect(() => kept(one.cid), { signal: never })).not.toBeNull()
      await test.free()
      const there = (cid: Cid): Promise<boolean> => store.complete(cid, { signal: never })
      expect([await there(one.cid), await there(two.cid), await there(three.cid)]).toEqual([true, false, true])
      expect((await read(one.cid)).equals(await whole(seeded(size, 'one')))).toBe(true)
      three.release()
      three.release()
      await store.collect(() => kept(one.cid), { signal: never })
      await test.free()
      expect([await there(one.cid), await there(three.cid)]).toEqual([true, false])
    })

    it('collects nothing while a file that should be whole is not', async () => {
      const size = 2 * chunkBytes + 5
      const one = await store.add(seeded(size, 'one'), { signal: never })
      const two = await store.add(seeded(size, 'two'), { signal: never })
      two.release()
      const { cid: absent } = await buildFile(seeded(size, 'absent'), async () => {})
      const roots = kept(one.cid, absent.toString() as Cid)
      expect(await store.collect(() => roots, { signal: never })).toBeNull()
      expect(test.corrupt()).toBe(1)
      await test.free()
      expect(await store.complete(two.cid, { signal: never })).toBe(true)
    })

    it('ends an addition and a reading that are aborted, with the reason', async () => {
      const stop = new AbortController()
      const reason = new Error('no longer wanted')
      const adding = store.add(
        (async function* () {
          for await (const chunk of seeded(10_000_000)) {
            yield chunk
            stop.abort(reason)
          }
        })(),
        { signal: stop.signal },
      )
      await expect(adding).rejects.toThrow('no longer wanted')
      const { cid } = await store.add(seeded(2_000_000), { signal: never })
      const other = new AbortController()
      const reading = (async () => {
        for await (const _ of store.read(cid, { signal: other.signal })) other.abort(reason)
      })()
      await expect(reading).rejects.toThrow('no longer wanted')
    })

    it('passes on why the bytes ended too soon', async () => {
      const broken = (async function* () {
        yield new Uint8Array(700_000)
        throw new Error('the card was pulled out')
      })()
      await expect(store.add(broken, { signal: never })).rejects.toThrow('the card was pulled out')
    })

    it('streams: memory does not grow with the file', async () => {
      const size = 320 * 1024 ** 2
      let most = 0
      const before = process.memoryUsage()
      const look = (): void => {
        const { heapUsed, external } = process.memoryUsage()
        most = Math.max(most, heapUsed + external - before.heapUsed - before.external)
      }
      let n = 0
      const { cid } = await store.add(seeded(size, 'large'), {
        signal: never,
        onBytes: () => (n += 1) % 50 === 0 && look(),
      })
      let bytes = 0
      for await (const chunk of store.read(cid, { signal: never })) {
        bytes += chunk.length
        if ((n += 1) % 50 === 0) look()
      }
      expect(bytes).toBe(size)
      // Half of it at most, garbage included.
      expect(most).toBeLessThan(160 * 1024 ** 2)
    })
  })
}
