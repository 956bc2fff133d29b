import { hash } from 'node:crypto'
import type { RecordId } from '../../shared/ids.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import { cutLeaves } from '../model/checkpoint-leaves.ts'
import { joinBatch } from '../model/checkpoint-record.ts'
import { blockOf, type Block, type ChunkEntry } from '../model/checkpoint.ts'
import { SetSum } from '../model/set-sum.ts'
import { CheckpointScan, type BucketColumns } from './checkpoint-scan.ts'

/** What a checkpoint speaks of: announcements of checkpoints would make each one outdate itself. */
const checkpointBuckets: readonly BucketName[] = bucketNames.filter((bucket) => bucket !== 'checkpoints')

export interface CheckpointOrder {
  /** The database of the running peer. */
  readonly path: string
  readonly swarm: RecordId
  readonly nowMs: number
  /** Keys of the authors whose records go in: hex, upper case. */
  readonly authors: ReadonlySet<string>
  /** Chunks of the checkpoint before, by what is in them: they are not read again. */
  readonly known: ReadonlyMap<string, BuiltChunk>
  /** Only the fingerprints are wanted. */
  readonly sumsOnly?: boolean
}

/** A chunk, and `leaf`: what names its content without reading it. */
export interface BuiltChunk extends ChunkEntry {
  readonly leaf: string
}

export interface BuiltPart {
  readonly count: number
  readonly fingerprint: Uint8Array
  readonly chunks: readonly BuiltChunk[]
}

/**
 * Makes the chunks of a checkpoint of one moment of the database.
 * @param emit takes each new chunk; the next is made when it resolves
 */
export async function buildParts(
  order: CheckpointOrder,
  emit: (block: Block) => Promise<void>,
): Promise<ReadonlyMap<BucketName, BuiltPart>> {
  const scan = new CheckpointScan(order.path)
  try {
    const { nowMs, authors } = order
    const columns = scan.read(checkpointBuckets, { nowMs, isWanted: (author) => authors.has(author) })
    const parts = new Map<BucketName, BuiltPart>()
    for (const [bucket, own] of columns) {
      if (own.count === 0) continue
      const chunks = order.sumsOnly === true ? [] : await chunksOf(scan, own, bucket, order.known, emit)
      parts.set(bucket, { count: own.count, fingerprint: fingerprintOf(own), chunks })
    }
    return parts
  } finally {
    scan.close()
  }
}

async function chunksOf(
  scan: CheckpointScan,
  columns: BucketColumns,
  bucket: BucketName,
  known: CheckpointOrder['known'],
  emit: (block: Block) => Promise<void>,
): Promise<readonly BuiltChunk[]> {
  const chunks: BuiltChunk[] = []
  for (const rows of cutLeaves(
    columns,
    Uint32Array.from({ length: columns.count }, (_, at) => at),
  )) {
    const leaf = leafOf(columns, bucket, rows)
    const before = known.get(leaf)
    if (before !== undefined) {
      chunks.push(before)
      continue
    }
    const block = blockOf(joinBatch(Array.from(rows, (row) => scan.signed(columns.rows[row] ?? 0))))
    const from = columns.validFrom[rows[0] ?? 0] ?? 0
    const to = columns.validFrom[rows.at(-1) ?? 0] ?? 0
    chunks.push({ cid: block.cid, from, to, count: rows.length, bytes: block.bytes.length, leaf })
    // Last: the bytes may go to another thread with it.
    await emit(block)
  }
  return chunks
}

/** Other for other records, other attestations, another order, another bucket. */
function leafOf(columns: BucketColumns, bucket: BucketName, rows: Uint32Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(bucket), ...Array.from(rows, (row) => columns.item(row))]), 'base64')
}

function fingerprintOf(columns: BucketColumns): Uint8Array {
  const sum = new SetSum()
  for (let at = 0; at < columns.count; at += 1) sum.add(columns.item(at))
  return sum.fingerprint()
}
