import { decode, code as dagPbCode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import { maxBlockBytes } from './block-hash.ts'

export type LoadBlock = (cid: CID, options: { readonly signal: AbortSignal }) => Promise<Uint8Array>

/** A stretch of a file: a block of its own, or bytes within a node. */
export type Piece =
  | { readonly kind: 'block'; readonly cid: CID; readonly at: number; readonly sizeBytes: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly at: number }

const rawCode = 0x55
/** 174 links a node: five levels are 40 PB. Deeper is no file but an attempt to keep us busy. */
const maxDepth = 8

/** What a root block says of its file. */
export function fileSize(cid: CID, block: Uint8Array): number {
  return cid.code === rawCode ? block.length : nodeOf(cid, block).sizeBytes
}

/**
 * The pieces of a file in order, from `offset` (bytes) on. Loads inner nodes only. Each node is held to what its
 * parent said of its size, so a lie ends the walk where it is told.
 * @throws SwarmError UNSUPPORTED for a folder or another kind of object, FETCH_FAILED for a malformed one
 */
export async function* pieces(
  root: CID,
  load: LoadBlock,
  options: { readonly offset?: number; readonly end?: number; readonly signal: AbortSignal },
): AsyncGenerator<Piece> {
  const { offset = 0, end = Infinity, signal } = options
  yield* walk(root, 0, null, 0)

  async function* walk(cid: CID, at: number, sizeBytes: number | null, depth: number): AsyncGenerator<Piece> {
    if (depth > maxDepth) throw malformed(root, 'it is nested too deeply')
    if (cid.code === rawCode && sizeBytes !== null) {
      if (sizeBytes > maxBlockBytes) throw malformed(root, 'a block is too large')
      yield { kind: 'block', cid, at, sizeBytes }
      return
    }
    const block = await load(cid, { signal })
    if (cid.code === rawCode) {
      yield { kind: 'bytes', bytes: block, at }
      return
    }
    const node = nodeOf(cid, block)
    if (sizeBytes !== null && node.sizeBytes !== sizeBytes) throw malformed(root, 'sizes do not add up')
    let position = at
    if (node.data !== undefined && node.data.length > 0) {
      if (position + node.data.length > offset && position < end) {
        yield { kind: 'bytes', bytes: node.data, at: position }
      }
      position += node.data.length
    }
    for (const child of node.children) {
      if (position >= end) return
      if (position + child.sizeBytes > offset) yield* walk(child.cid, position, child.sizeBytes, depth + 1)
      position += child.sizeBytes
    }
  }
}

/** What a block refers to: nothing for a leaf, or for what is no file. */
export function linksOf(cid: CID, block: Uint8Array): readonly CID[] {
  if (cid.code !== dagPbCode) return []
  try {
    return nodeOf(cid, block).children.map((child) => child.cid)
  } catch {
    return []
  }
}

interface FileNode {
  readonly sizeBytes: number
  readonly data: Uint8Array | undefined
  readonly children: readonly { readonly cid: CID; readonly sizeBytes: number }[]
}

function nodeOf(cid: CID, block: Uint8Array): FileNode {
  if (cid.code !== dagPbCode) {
    throw new SwarmError('UNSUPPORTED', `${cid} is not a file but another kind of object (codec ${cid.code}).`)
  }
  let unixfs: UnixFS
  let links: readonly { readonly Hash: unknown }[]
  try {
    const node = decode(block)
    if (node.Data === undefined) throw new Error('no data')
    unixfs = UnixFS.unmarshal(node.Data)
    links = node.Links
  } catch (error) {
    throw malformed(cid, 'a node cannot be read', error)
  }
  if (unixfs.type !== 'file' && unixfs.type !== 'raw') {
    throw new SwarmError('UNSUPPORTED', `${cid} is not a file but a ${unixfs.type}; fetch the files in it one by one.`)
  }
  if (links.length !== unixfs.blockSizes.length) throw malformed(cid, 'links and sizes differ in number')
  const children = links.map((link, index) => {
    const sizeBytes = Number(unixfs.blockSizes[index])
    const hash = CID.asCID(link.Hash)
    if (hash === null || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw malformed(cid, 'a link is broken')
    return { cid: hash, sizeBytes }
  })
  const sizeBytes = children.reduce((sum, child) => sum + child.sizeBytes, unixfs.data?.length ?? 0)
  if (!Number.isSafeInteger(sizeBytes)) throw malformed(cid, 'its size is absurd')
  return { sizeBytes, data: unixfs.data, children }
}

function malformed(cid: CID, why: string, cause?: unknown): SwarmError {
  return new SwarmError('FETCH_FAILED', `${cid} is not a sound file: ${why}. It must be shared anew by its origin.`, {
    cause,
    detail: { reason: 'malformed' },
  })
}
