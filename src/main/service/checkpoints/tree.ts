import type { CID } from 'multiformats/cid'
import { bucketNames, type BucketName } from '../../model/bucket.ts'
import type { Announcement, BucketSum } from '../../model/checkpoint-announcement.ts'
import { checkEntries, decodeIndex, decodeRoot, type ChunkEntry, type CheckpointRoot } from '../../model/checkpoint.ts'

/** Loads a block by its CID; checked by its hash. Throws when nobody gives it. */
export type Load = (cid: CID) => Promise<Uint8Array>

/** One chunk, and where it belongs. */
export interface PlannedChunk {
  readonly bucket: BucketName
  readonly entry: ChunkEntry
}

/** All of a checkpoint but its chunks. */
export interface CheckpointTree {
  readonly cid: CID
  readonly root: CheckpointRoot
  /** Trust first: it decides what the rest counts for. */
  readonly chunks: readonly PlannedChunk[]
  /** Of all its blocks, chunks too. */
  readonly cids: readonly CID[]
  /** Of all its blocks. */
  readonly bytes: number
}

/** A checkpoint is not what it should be: its announcer lies, or who made it has a fault. */
export class BadCheckpointError extends Error {
  override readonly name = 'BadCheckpointError'
  readonly root: CID
  /** One line each. */
  readonly problems: readonly string[]

  constructor(root: CID, problems: readonly string[]) {
    super(`the checkpoint ${root} is not sound: ${problems.join('; ')}`)
    this.root = root
    this.problems = problems
  }
}

/** Index blocks of one bucket: as many as its chunks may need. */
const maxIndexBlocks = 32

/**
 * Loads root and index blocks, and checks that they add up.
 * @throws BadCheckpointError, and what `load` throws
 */
export async function readTree(cid: CID, load: Load): Promise<CheckpointTree> {
  const first = await load(cid)
  let bytes = first.length
  const decoded = decodeRoot(first)
  if (decoded.kind === 'bad') throw new BadCheckpointError(cid, [decoded.problem])
  const root = decoded.value
  const chunks: PlannedChunk[] = []
  const cids: CID[] = [cid]
  for (const bucket of ['trust' as const, ...bucketNames.filter((name) => name !== 'trust')]) {
    const part = root.buckets.get(bucket)
    if (part === undefined) continue
    const { chunks: list } = part
    let entries: readonly ChunkEntry[] = list.kind === 'inline' ? list.entries : []
    if (list.kind === 'index') {
      if (list.blocks.length > maxIndexBlocks) throw new BadCheckpointError(cid, [`${bucket}: its index has no end`])
      const all: ChunkEntry[] = []
      for (const block of list.blocks) {
        const loaded = await load(block)
        bytes += loaded.length
        const index = decodeIndex(loaded)
        if (index.kind === 'bad') throw new BadCheckpointError(cid, [`${bucket}: ${index.problem}`])
        cids.push(block)
        all.push(...index.value)
      }
      const problem = checkEntries(part, all)
      if (problem !== undefined) throw new BadCheckpointError(cid, [`${bucket}: ${problem}`])
      entries = all
    }
    for (const entry of entries) {
      chunks.push({ bucket, entry })
      cids.push(entry.cid)
      bytes += entry.bytes
    }
  }
  return { cid, root, chunks, cids, bytes }
}

/** What is to be said of a checkpoint, from itself. */
export function factsOf({ cid, root, chunks, bytes }: CheckpointTree, at: number): Announcement {
  const byBucket = Map.groupBy(chunks, ({ bucket }) => bucket)
  const buckets = new Map<BucketName, BucketSum>()
  let records = 0
  for (const [bucket, { count, fingerprint }] of root.buckets) {
    buckets.set(bucket, { count, fingerprint, chunks: byBucket.get(bucket)?.length ?? 0 })
    records += count
  }
  return { root: cid, at, records, bytes, chunks: chunks.length, buckets }
}

/** Whether a checkpoint is what was announced. */
export function isAsAnnounced(tree: CheckpointTree, announced: Announcement): boolean {
  const { buckets, records } = factsOf(tree, announced.at)
  return (
    records === announced.records &&
    [...buckets].every(([bucket, { count, fingerprint }]) => {
      const said = announced.buckets.get(bucket)
      return said !== undefined && said.count === count && Buffer.compare(said.fingerprint, fingerprint) === 0
    })
  )
}
