import { decode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { importByteStream } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats/cid'
import { expect, it } from 'vitest'
import { buildFile, chunkBytes, maxLinks } from './dag-build.ts'

const leaf = Uint8Array.from({ length: chunkBytes }, (_, n) => n % 251)

/** A file of so many bytes, in pieces that do not fit the leaves. */
async function* file(sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let left = sizeBytes, n = 1; left > 0; n += 1) {
    const piece = leaf.subarray(0, Math.min(left, 100_000 + (n % 7) * 20_000))
    left -= piece.length
    yield piece
  }
}

/** What the importer of Helia makes of it with Kubo's parameters. */
async function imported(sizeBytes: number): Promise<string> {
  const storage = { put: async (cid: CID) => cid }
  const { cid } = await importByteStream(file(sizeBytes), storage, {
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: chunkBytes }),
    layout: balanced({ maxChildrenPerNode: maxLinks }),
  })
  return cid.toString()
}

it.each([0, 1, chunkBytes, chunkBytes + 1, 174 * chunkBytes, 174 * chunkBytes + 1, 349 * chunkBytes - 3])(
  'a file of %d bytes gets the CID that the IPFS importer gives it',
  async (sizeBytes) => {
    const built = await buildFile(file(sizeBytes), async () => {})
    expect(built.cid.toString()).toBe(await imported(sizeBytes))
    expect(built.sizeBytes).toBe(sizeBytes)
  },
)

it('tells the sizes of a file of more than 2 GiB', async () => {
  const sizeBytes = 2 ** 31 + 5
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let left = sizeBytes; left > 0; left -= leaf.length) yield leaf.subarray(0, Math.min(left, leaf.length))
  }
  const nodes = new Map<string, Uint8Array>()
  const { cid } = await buildFile(large(), async (block, bytes) => {
    if (block.code !== 0x55) nodes.set(block.toString(), bytes)
  })
  const root = decode(nodes.get(cid.toString()) ?? new Uint8Array())
  const unixfs = UnixFS.unmarshal(root.Data ?? new Uint8Array())
  expect(unixfs.fileSize()).toBe(BigInt(sizeBytes))
  // The size as Kubo reads it: field 3, 2^31 + 5 as a varint.
  expect(
    Buffer.from(root.Data ?? [])
      .subarray(0, 8)
      .toString('hex'),
  ).toBe('0802188580808008')
})

it('fails as writing a block fails, once nothing is being written any more', async () => {
  let writing = 0
  let written = 0
  const put = async (): Promise<void> => {
    writing += 1
    await new Promise((resolve) => setImmediate(resolve))
    writing -= 1
    written += 1
    if (written === 20) throw new Error('the disk is full')
  }
  await expect(buildFile(file(100 * chunkBytes), put)).rejects.toThrow('the disk is full')
  expect(writing).toBe(0)
  expect(written).toBeLessThan(60)
})
