import { code as dagPbCode, encode, prepare } from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { hash } from 'node:crypto'

/**
 * The tree that `ipfs add --cid-version=1` builds: raw leaves of 256 KiB, at most 174 links a node, all leaves equally
 * deep, a single leaf being its own root. So the same file has the same CID here and in Kubo. (Kubo's profile
 * `unixfs-v1-2025` and Helia's own default, 1 MiB and 1,024 links, give other CIDs.)
 *
 * It is built here and not by ipfs-unixfs-importer because that encodes the size of a file of 2 to 4 GiB (modulo 4 GiB)
 * wrongly: protons-runtime 7.1.2 writes a varint whose low 32 bits are negative as zeros and uninitialised memory.
 */
export const chunkBytes = 256 * 1024
export const maxLinks = 174

const rawCode = 0x55
const sha256Code = 0x12

/** Blocks hashed and written at a time: 4 MiB in all, more does not make a card faster. */
const writesAtATime = 16

interface Node {
  readonly cid: CID
  /** Bytes of the file below. */
  readonly sizeBytes: number
  /** Bytes of all blocks below, its own included. */
  readonly totalBytes: number
}

/**
 * Cuts a file into blocks, hands each to `put`, and tells the root. Holds a few MiB whatever the file's size.
 * @param open holds, at any moment, the roots of all that was handed to `put`: a few hundred at most; the file's root
 * alone at the end
 */
export function buildFile(
  bytes: AsyncIterable<Uint8Array>,
  put: (cid: CID, block: Uint8Array) => Promise<void>,
  open: Set<CID> = new Set(),
): Promise<{ readonly cid: CID; readonly sizeBytes: number }> {
  return buildTree(inChunks(bytes), put, open)
}

/** As `buildFile`, of bytes that come cut already: each of 256 KiB, the last one shorter. */
export async function buildTree(
  chunks: AsyncIterable<Uint8Array>,
  put: (cid: CID, block: Uint8Array) => Promise<void>,
  open: Set<CID> = new Set(),
): Promise<{ readonly cid: CID; readonly sizeBytes: number }> {
  const levels: Node[][] = []
  const writes = new Set<Promise<void>>()
  let failed: { readonly error: unknown } | null = null

  const write = async (cid: CID, block: Uint8Array, written: () => void = () => {}): Promise<void> => {
    while (writes.size >= writesAtATime) await Promise.race(writes)
    if (failed !== null) throw failed.error
    const one: Promise<void> = put(cid, block)
      .then(written)
      .catch((error: unknown) => {
        failed ??= { error }
      })
      .finally(() => writes.delete(one))
    writes.add(one)
  }
  const parentOf = async (children: readonly Node[]): Promise<Node> => {
    const block = encode(
      prepare({
        Data: unixfsFile(children.map(({ sizeBytes }) => sizeBytes)),
        Links: children.map(({ cid, totalBytes }) => ({ Name: '', Tsize: totalBytes, Hash: cid })),
      }),
    )
    const cid = cidOf(dagPbCode, block)
    open.add(cid)
    const below = children.map((child) => child.cid)
    // Before it is handed over: then its bytes may be another thread's.
    const { length } = block
    // Only a node that is written leads to its children.
    await write(cid, block, () => below.forEach((child) => open.delete(child)))
    const sum = (of: (node: Node) => number): number => children.reduce((total, child) => total + of(child), 0)
    return {
      cid,
      sizeBytes: sum((child) => child.sizeBytes),
      totalBytes: length + sum((child) => child.totalBytes),
    }
  }
  /** A full list gets its parent only when more comes: what is full at the end may be the root. */
  const add = async (node: Node, level: number): Promise<void> => {
    const list = (levels[level] ??= [])
    if (list.length === maxLinks) await add(await parentOf(list.splice(0)), level + 1)
    list.push(node)
  }
  const addLeaf = async (block: Uint8Array): Promise<void> => {
    const cid = cidOf(rawCode, block)
    open.add(cid)
    const { length } = block
    await write(cid, block)
    await add({ cid, sizeBytes: length, totalBytes: length }, 0)
  }

  try {
    for await (const chunk of chunks) await addLeaf(chunk)
    if (levels.length === 0) await addLeaf(new Uint8Array(0))
    for (let level = 0; ; level += 1) {
      const list = levels[level] ?? []
      const [root] = list
      if (root !== undefined && list.length === 1 && level === levels.length - 1) {
        await Promise.all(writes)
        if (failed !== null) throw (failed as { readonly error: unknown }).error
        return { cid: root.cid, sizeBytes: root.sizeBytes }
      }
      await add(await parentOf(list.splice(0)), level + 1)
    }
  } finally {
    await Promise.all(writes)
  }
}

/** The same bytes in chunks of 256 KiB, the last one shorter. Whoever gives them must not write to them again. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk: Uint8Array = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const piece of bytes) {
    // What is read from a file comes in this size: it is not copied.
    if (filled === 0 && piece.length === chunkBytes) {
      yield piece
      continue
    }
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkBytes - filled)
      chunk.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < chunkBytes) continue
      yield chunk
      chunk = Buffer.allocUnsafeSlow(chunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}

function cidOf(code: number, block: Uint8Array): CID {
  return CID.createV1(code, digestOf(sha256Code, hash('sha256', block, 'buffer')))
}

/** UnixFS `Data` of a file without bytes of its own: type (1), filesize (3), blocksizes (4); see specs.ipfs.tech/unixfs. */
function unixfsFile(sizes: readonly number[]): Uint8Array {
  const fileSize = sizes.reduce((sum, size) => sum + size, 0)
  return Uint8Array.from([0x08, 2, 0x18, ...varint(fileSize), ...sizes.flatMap((size) => [0x20, ...varint(size)])])
}

/** Sizes go past 32 bits: divided, not shifted. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}
