import { decode, encode, prepare } from '@ipld/dag-pb'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { BlockDisk } from './block-disk.ts'
import { HeliaStore } from './helia-store.ts'

const leaf = 256 * 1024
const { signal } = new AbortController()
let dir: string
let store: HeliaStore
let disk: BlockDisk

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dt-swarm-store-'))
  const counters = new Counters()
  disk = new BlockDisk({ counters }, { dir })
  await disk.start()
  // Not started: what is here needs no network, and asks for none.
  const libp2p = () => {
    throw new SwarmError('INTERNAL', 'there is no network in this test')
  }
  store = new HeliaStore({ libp2p, clock: systemClock, random: Math.random, counters }, { blocksDir: dir })
})
afterEach(() => rm(dir, { recursive: true }))

async function* inPieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(cid: Cid, offset?: number, length?: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const range = { ...(offset === undefined ? {} : { offset }), ...(length === undefined ? {} : { length }) }
  for await (const chunk of store.read(cid, { signal, ...range })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

it('gives the CID that `ipfs add --cid-version=1` gives', async () => {
  const { cid } = await store.add(inPieces(Buffer.from('hello world\n')), { signal })
  expect(cid).toBe('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
})

it('builds the tree that Kubo builds: raw leaves of 256 KiB, at most 174 links a node', async () => {
  const bytes = Buffer.alloc(175 * leaf + 5, 7)
  const { cid, sizeBytes } = await store.add(inPieces(bytes), { signal })
  expect(sizeBytes).toBe(bytes.length)
  const root = decode((await disk.get(CID.parse(cid))) ?? new Uint8Array())
  expect(root.Links.map(({ Name }) => Name)).toEqual(['', ''])
  const children = await Promise.all(root.Links.map(async ({ Hash }) => decode((await disk.get(Hash)) ?? Buffer.of())))
  expect(children.map(({ Links }) => Links.length)).toEqual([174, 2])
  expect(children[0]?.Links[0]).toMatchObject({ Hash: { code: 0x55 }, Tsize: leaf })
  // Compared as a whole: matching 44 MB byte by byte takes a quarter of a minute.
  expect((await read(cid)).equals(bytes)).toBe(true)
})

it('reads any range', async () => {
  const bytes = randomBytes(3 * leaf + 77)
  const { cid } = await store.add(inPieces(bytes), { signal })
  const at = fc.integer({ min: 0, max: bytes.length + 10 })
  await fc.assert(
    fc.asyncProperty(at, at, async (offset, length) => {
      expect(await read(cid, offset, length)).toEqual(bytes.subarray(offset, offset + length))
    }),
    { numRuns: 30 },
  )
})

it('keeps an empty file', async () => {
  const { cid } = await store.add(inPieces(new Uint8Array()), { signal })
  expect(await read(cid)).toEqual(Buffer.alloc(0))
  expect(await store.sizeBytes(cid, { signal })).toBe(0)
  expect(await store.complete(cid, { signal })).toBe(true)
})

async function put(unixfs: UnixFS, links: readonly { readonly Hash: CID; readonly Tsize: number }[]): Promise<Cid> {
  const block = encode(prepare({ Data: unixfs.marshal(), Links: links.map((link) => ({ Name: '', ...link })) }))
  const cid = CID.createV1(0x70, await sha256.digest(block))
  await disk.put(cid, block)
  return cid.toString() as Cid
}

it('refuses a tree whose sizes are a lie, a folder, and what is no tree at all', async () => {
  const { cid } = await store.add(inPieces(randomBytes(1_000)), { signal })
  const link = { Hash: CID.parse(cid), Tsize: 1_000 }
  const lie = await put(new UnixFS({ type: 'file', blockSizes: [2_000n] }), [link])
  await expect(read(lie)).rejects.toMatchObject({ code: 'FETCH_FAILED' })
  const missing = await put(new UnixFS({ type: 'file', blockSizes: [] }), [link])
  await expect(read(missing)).rejects.toMatchObject({ code: 'FETCH_FAILED' })
  const folder = await put(new UnixFS({ type: 'directory' }), [])
  await expect(read(folder)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  const noise = randomBytes(500)
  const noiseCid = CID.createV1(0x70, await sha256.digest(noise))
  await disk.put(noiseCid, noise)
  await expect(read(noiseCid.toString() as Cid)).rejects.toMatchObject({ code: 'FETCH_FAILED' })
})

it('refuses a tree that is too deep to be a file', async () => {
  let { cid } = await store.add(inPieces(Buffer.of(1)), { signal })
  for (let n = 0; n < 12; n += 1) {
    cid = await put(new UnixFS({ type: 'file', blockSizes: [1n] }), [{ Hash: CID.parse(cid), Tsize: 1 }])
  }
  await expect(read(cid)).rejects.toMatchObject({ code: 'FETCH_FAILED' })
})
