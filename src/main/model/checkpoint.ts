import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { RecordId } from '../../shared/ids.ts'
import { bucketNames, isBucketName, type BucketName } from './bucket.ts'
import { decodeCbor, encodeCbor, isMapValue, type CborMap, type CborValue } from './cbor.ts'
import { maxChunkBytes, maxChunkRecords } from './checkpoint-leaves.ts'
import { recordIdBytes, recordIdOfDigest } from './record-id.ts'

/**
 * A checkpoint is a summary of all live records of a swarm, as a tree of DAG-CBOR blocks:
 *
 * root  `{v: 1, type: 'dt-swarm/checkpoint', swarm, buckets: {NAME: {count, bytes, chunks, fingerprint}}}`, where `swarm`
 *       is the 36 bytes of the swarm's id, and `chunks` is a list of entries, or of links to lists of entries
 * entry `[CID, from, to, count, bytes]`: the chunk, the first and last `validFrom` in it, its records, its size
 * chunk a batch of signed records, as on the wire, in the order of (validFrom, id)
 *
 * The same set of records gives the same root on every peer, so nothing that differs between peers is in it.
 */
export interface CheckpointRoot {
  readonly swarm: RecordId
  readonly buckets: ReadonlyMap<BucketName, BucketPart>
}

export interface BucketPart {
  readonly count: number
  readonly bytes: number
  /** 32 bytes, see SetSum: of the records' ids and attestations. */
  readonly fingerprint: Uint8Array
  readonly chunks:
    | { readonly kind: 'inline'; readonly entries: readonly ChunkEntry[] }
    | { readonly kind: 'index'; readonly blocks: readonly CID[] }
}

export interface ChunkEntry {
  readonly cid: CID
  /** validFrom of its first and its last record. */
  readonly from: number
  readonly to: number
  readonly count: number
  readonly bytes: number
}

export interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** A million robots' worth of statements; a robot's memory and card could take no more. */
export const maxCheckpointRecords = 2_000_000
export const maxCheckpointBytes = 1_024 * 1_024 * 1_024
/** Root and index blocks; Bitswap carries up to 2 MiB. */
export const maxRootBytes = 1_024 * 1_024
/** Entries of about 70 bytes in one block: 280 KiB. */
export const maxEntriesPerBlock = 4_096
/** Chunks hold 500 records on average and 100 at worst, when each bucket's are scattered over time. */
export const maxChunks = 65_536

const type = 'dt-swarm/checkpoint'
const fingerprintBytes = 32
/** An entry is a list, a tag with its bytes, and four numbers. */
const itemsPerEntry = 8
const dagCborCode = 0x71
const sha256Code = 0x12

/** The block of these canonical bytes. */
export function blockOf(bytes: Uint8Array): Block {
  const digest = createDigest(sha256Code, Uint8Array.from(hash('sha256', bytes, 'buffer')))
  return { cid: CID.createV1(dagCborCode, digest), bytes }
}

/** The root block, and the index blocks it needs when there are many chunks. */
export function encodeCheckpoint(
  swarm: RecordId,
  parts: ReadonlyMap<BucketName, Omit<BucketPart, 'chunks'> & { readonly entries: readonly ChunkEntry[] }>,
): { readonly root: Block; readonly index: readonly Block[] } {
  const total = [...parts.values()].reduce((sum, { entries }) => sum + entries.length, 0)
  const index: Block[] = []
  const buckets: Record<string, CborValue> = {}
  for (const [bucket, { count, bytes, fingerprint, entries }] of parts) {
    const chunks = total <= maxEntriesPerBlock ? entries.map(entryValue) : indexOf(entries, index)
    buckets[bucket] = { count, bytes, fingerprint, chunks }
  }
  const value: CborMap = { v: 1, type, swarm: recordIdBytes(swarm) ?? new Uint8Array(0), buckets }
  return { root: blockOf(encodeCbor(value)), index }
}

function indexOf(entries: readonly ChunkEntry[], index: Block[]): CborValue {
  const links: CID[] = []
  for (let at = 0; at < entries.length; at += maxEntriesPerBlock) {
    const block = blockOf(encodeCbor(entries.slice(at, at + maxEntriesPerBlock).map(entryValue)))
    index.push(block)
    links.push(block.cid)
  }
  return links
}

function entryValue({ cid, from, to, count, bytes }: ChunkEntry): CborValue {
  return [cid, from, to, count, bytes]
}

export type Decoded<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'bad'; readonly problem: string }

const bad = (problem: string) => ({ kind: 'bad', problem }) as const

/** Reads a root strictly: its form, its bounds, and that its sums add up. Never throws. */
export function decodeRoot(bytes: Uint8Array): Decoded<CheckpointRoot> {
  const map = decodeBlock(bytes)
  if (!isMapValue(map)) return bad('the root is not canonical DAG-CBOR of a map')
  if (map['type'] !== type) return bad('the root is not that of a checkpoint')
  if (map['v'] !== 1) return bad('the root is of a version that this peer does not know')
  const swarm = map['swarm'] instanceof Uint8Array ? swarmOf(map['swarm']) : undefined
  if (swarm === undefined) return bad('the root names no swarm')
  const listed = map['buckets']
  if (Object.keys(map).length !== 4 || !isMapValue(listed)) return bad('the root has other fields than it should')
  const buckets = new Map<BucketName, BucketPart>()
  let records = 0
  let size = 0
  let chunks = 0
  for (const [name, value] of Object.entries(listed)) {
    if (!isBucketName(name)) return bad(`the root lists a bucket "${name.slice(0, 40)}" that this peer does not know`)
    const part = readPart(value)
    if (part.kind === 'bad') return bad(`${name}: ${part.problem}`)
    buckets.set(name, part.value)
    records += part.value.count
    size += part.value.bytes
    const { chunks: list } = part.value
    chunks += list.kind === 'inline' ? list.entries.length : list.blocks.length * maxEntriesPerBlock
  }
  if (records > maxCheckpointRecords || size > maxCheckpointBytes)
    return bad('it claims more than a checkpoint may hold')
  if (chunks > maxChunks + bucketNames.length * maxEntriesPerBlock) return bad('it lists more chunks than it may')
  return { kind: 'ok', value: { swarm, buckets } }
}

/** Reads a list of entries, and checks it by itself: order, and that each is within its bounds. Never throws. */
export function decodeIndex(bytes: Uint8Array): Decoded<readonly ChunkEntry[]> {
  const list = decodeBlock(bytes)
  return Array.isArray(list) ? readEntries(list as readonly CborValue[]) : bad('an index block is no list')
}

/** What is wrong with all entries of a bucket together; undefined when nothing is. */
export function checkEntries(part: BucketPart, entries: readonly ChunkEntry[]): string | undefined {
  let count = 0
  let size = 0
  let last = -1
  for (const { from, to, count: own, bytes } of entries) {
    // Equal where one millisecond has more records than a chunk.
    if (from < last) return 'its chunks are not in order, or overlap'
    last = to
    count += own
    size += bytes
  }
  if (count !== part.count) return `it says ${part.count} records, its chunks ${count}`
  return size === part.bytes ? undefined : `it says ${part.bytes} bytes, its chunks ${size}`
}

function decodeBlock(bytes: Uint8Array): CborValue | undefined {
  if (bytes.length > maxRootBytes) return undefined
  const decoded = decodeCbor(bytes, { maxItems: maxEntriesPerBlock * itemsPerEntry + 1_024 })
  return decoded.kind === 'ok' ? decoded.value : undefined
}

function swarmOf(bytes: Uint8Array): RecordId | undefined {
  if (bytes.length !== 36) return undefined
  const id = recordIdOfDigest(bytes.subarray(4))
  const own = recordIdBytes(id)
  return own !== undefined && Buffer.compare(own, bytes) === 0 ? id : undefined
}

function readPart(value: CborValue): Decoded<BucketPart> {
  if (!isMapValue(value) || Object.keys(value).length !== 4) return bad('its part has other fields than it should')
  const { count, bytes, fingerprint, chunks } = value
  if (!isCount(count) || !isCount(bytes)) return bad('its counts are no counts')
  if (!(fingerprint instanceof Uint8Array) || fingerprint.length !== fingerprintBytes)
    return bad('it has no fingerprint')
  if (!Array.isArray(chunks)) return bad('it lists no chunks')
  const list = chunks as readonly CborValue[]
  const links = list.map((item) => linkOf(item))
  if (list.length > 0 && links.every((link) => link !== undefined)) {
    return { kind: 'ok', value: { count, bytes, fingerprint, chunks: { kind: 'index', blocks: links } } }
  }
  const entries = readEntries(list)
  if (entries.kind === 'bad') return entries
  const part: BucketPart = { count, bytes, fingerprint, chunks: { kind: 'inline', entries: entries.value } }
  const problem = checkEntries(part, entries.value)
  return problem === undefined ? { kind: 'ok', value: part } : bad(problem)
}

function readEntries(list: readonly CborValue[]): Decoded<readonly ChunkEntry[]> {
  const entries: ChunkEntry[] = []
  if (list.length > maxEntriesPerBlock) return bad('an index block lists too many chunks')
  for (const item of list) {
    if (!Array.isArray(item) || item.length !== 5) return bad('an entry is none')
    const [link, from, to, count, bytes] = item as readonly CborValue[]
    const cid = linkOf(link)
    if (cid === undefined) return bad('an entry links to no block of ours')
    if (!isCount(from) || !isCount(to) || to < from) return bad('an entry has no range of time')
    if (!isCount(count) || !isCount(bytes)) return bad('an entry has no counts')
    if (count < 1 || count > maxChunkRecords) return bad(`a chunk claims ${count} records`)
    if (bytes < 1 || bytes > maxChunkBytes + 16) return bad(`a chunk claims ${bytes} bytes`)
    entries.push({ cid, from, to, count, bytes })
  }
  return { kind: 'ok', value: entries }
}

/** Only blocks as we make them: others could not be checked, or would be found under two names. */
function linkOf(value: CborValue | undefined): CID | undefined {
  const cid = value instanceof Object ? CID.asCID(value) : null
  if (cid === null || cid.version !== 1 || cid.code !== dagCborCode) return undefined
  return cid.multihash.code === sha256Code && cid.multihash.digest.length === 32 ? cid : undefined
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
