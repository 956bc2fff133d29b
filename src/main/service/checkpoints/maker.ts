import { CID } from 'multiformats/cid'
import { Worker } from 'node:worker_threads'
import { SwarmError } from '../../../shared/errors.ts'
import type { RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { entryUrl } from '../../base/entry.ts'
import type { BucketName } from '../../model/bucket.ts'
import type { Announcement, BucketSum } from '../../model/checkpoint-announcement.ts'
import { encodeCheckpoint, type Block } from '../../model/checkpoint.ts'
import { keyOfPeerId } from '../../model/peer-key.ts'
import type { TrustState } from '../../model/trust.ts'
import type { BuiltChunk, BuiltPart } from '../../store/checkpoint-build.ts'
import type { CheckpointMessage, CheckpointWork, SentChunk } from '../../store/checkpoint-worker.ts'
import type { BlockStore } from '../files/block-store.ts'

export interface MakerDeps {
  /** The running peer's database file. */
  readonly databasePath: string
  readonly trust: () => TrustState
  readonly blocks: () => BlockStore
  readonly clock: Clock
}

/** A checkpoint that was made here; all of its blocks are stored. */
export interface Made extends Announcement {
  /** Of everything that must stay for it. */
  readonly cids: readonly CID[]
  /** Chunks that the one before it had too. */
  readonly sharedChunks: number
}

/** A million records take some 15 s on a robot; what takes longer is stuck. */
const workTimeoutMs = 10 * 60_000

/** Makes checkpoints on a thread of its own that lives as long as one takes. */
export class CheckpointMaker {
  readonly #deps: MakerDeps
  /** Chunks of the last one, by what is in them. */
  #known: ReadonlyMap<string, BuiltChunk> = new Map()

  constructor(deps: MakerDeps) {
    this.#deps = deps
  }

  /** Only what would be announced of each bucket: reads the database once, writes nothing. */
  async sums(signal: AbortSignal): Promise<ReadonlyMap<BucketName, BucketSum>> {
    const { parts } = await this.#work(true, signal, async () => {})
    return sumsOf(parts)
  }

  /**
   * Makes the checkpoint of this moment and stores its blocks; those that the last one shares are not read again.
   * @param keep called before the first block is stored, and with each that came since: what must not be collected
   * @throws SwarmError INTERNAL, DISK_FULL; the signal's reason
   */
  async make(signal: AbortSignal, keep: (cids: readonly CID[]) => void): Promise<Made> {
    const blocks = this.#deps.blocks()
    const cids: CID[] = []
    const store = async (block: Block): Promise<void> => {
      cids.push(block.cid)
      keep([block.cid])
      await blocks.put(block.cid, block.bytes)
    }
    const { at, parts } = await this.#work(false, signal, store)
    const swarm: RecordId = this.#deps.trust().anchor.swarm
    const entries = new Map([...parts].map(([bucket, part]) => [bucket, partOf(part)]))
    const { root, index } = encodeCheckpoint(swarm, entries)
    for (const block of [...index, root]) await store(block)
    const chunks = [...parts.values()].flatMap((part) => part.chunks)
    const sharedChunks = chunks.filter(({ leaf }) => this.#known.has(leaf)).length
    this.#known = new Map(chunks.map((chunk) => [chunk.leaf, chunk]))
    const own = [root, ...index].reduce((sum, block) => sum + block.bytes.length, 0)
    return {
      root: root.cid,
      at,
      records: [...parts.values()].reduce((sum, { count }) => sum + count, 0),
      bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, own),
      chunks: chunks.length,
      buckets: sumsOf(parts),
      cids: [...new Set([root.cid, ...index.map(({ cid }) => cid), ...chunks.map(({ cid }) => cid)])],
      sharedChunks,
    }
  }

  /** The last one's chunks may have been collected: the next is made from scratch. */
  forget(): void {
    this.#known = new Map()
  }

  async #work(
    sumsOnly: boolean,
    signal: AbortSignal,
    store: (block: Block) => Promise<void>,
  ): Promise<{ readonly at: number; readonly parts: ReadonlyMap<BucketName, BuiltPart> }> {
    const { clock, databasePath, trust } = this.#deps
    const state = trust()
    const at = Math.trunc(clock.now())
    const order: CheckpointWork = {
      path: databasePath,
      swarm: state.anchor.swarm,
      nowMs: at,
      authors: new Set(
        state
          .members()
          .filter(({ standing }) => standing === 'root' || standing === 'member')
          .map(({ peer }) =>
            Buffer.from(keyOfPeerId(peer) ?? [])
              .toString('hex')
              .toUpperCase(),
          ),
      ),
      known: [...this.#known.values()].map((chunk) => ({ ...chunk, cid: chunk.cid.bytes })),
      sumsOnly,
    }
    return { at, parts: await runWorker(order, AbortSignal.any([signal, AbortSignal.timeout(workTimeoutMs)]), store) }
  }
}

async function runWorker(
  order: CheckpointWork,
  signal: AbortSignal,
  store: (block: Block) => Promise<void>,
): Promise<ReadonlyMap<BucketName, BuiltPart>> {
  signal.throwIfAborted()
  const worker = new Worker(entryUrl('store/checkpoint-worker.ts'), { name: 'dt-swarm checkpoint', workerData: order })
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<BucketName, BuiltPart>>()
  let stored: Promise<unknown> = Promise.resolve()
  let parts: ReadonlyMap<BucketName, BuiltPart> = new Map()
  const onAbort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  worker.on('error', (cause) => reject(failure(cause.message, cause)))
  // It ends by itself when it is done, while the last blocks are still being stored.
  worker.on('exit', () => void stored.then(() => reject(failure('its thread ended')), reject))
  worker.on('message', (message: CheckpointMessage) => {
    switch (message.kind) {
      case 'block':
        stored = Promise.all([
          stored,
          store({ cid: CID.decode(message.cid), bytes: message.bytes }).then(() => worker.postMessage(null)),
        ])
        stored.catch(reject)
        return
      case 'done':
        parts = new Map(
          message.parts.map(({ bucket, ...part }) => [bucket, { ...part, chunks: part.chunks.map(built) }]),
        )
        stored.then(() => resolve(parts), reject)
        return
      case 'failed':
        reject(failure(message.message))
    }
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    await worker.terminate()
  }
}

function failure(why: string, cause?: unknown): SwarmError {
  return new SwarmError('INTERNAL', `A checkpoint could not be made: ${why}. It is tried again later.`, { cause })
}

const built = (chunk: SentChunk): BuiltChunk => ({ ...chunk, cid: CID.decode(chunk.cid) })

function partOf({ count, fingerprint, chunks }: BuiltPart) {
  return { count, fingerprint, bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0), entries: chunks }
}

function sumsOf(parts: ReadonlyMap<BucketName, BuiltPart>): ReadonlyMap<BucketName, BucketSum> {
  return new Map(
    [...parts].map(([bucket, { count, chunks, fingerprint }]) => [
      bucket,
      { count, chunks: chunks.length, fingerprint },
    ]),
  )
}
