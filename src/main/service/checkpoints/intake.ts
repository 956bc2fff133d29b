import { setImmediate } from 'node:timers/promises'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { readChunkInSteps } from '../../model/checkpoint-chunk.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RejectReason } from '../../model/reject.ts'
import { SetSum } from '../../model/set-sum.ts'
import { checksOf } from '../../net/ingest/verify-once.ts'
import type { VerifyPool } from '../../net/ingest/verify-pool.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { BadCheckpointError, type CheckpointTree, type Load, type PlannedChunk } from './tree.ts'

export interface IntakeDeps {
  readonly book: Pick<RecordBook, 'check' | 'merge' | 'swarm'>
  readonly pool: Pick<VerifyPool, 'verify'>
  readonly clock: Clock
  readonly counters: Counters
}

export interface IntakeOptions {
  readonly load: Load
  readonly signal: AbortSignal
  /** Who announced it; null when it came as a file. */
  readonly from: PeerId | null
  /** After each chunk. */
  readonly onProgress?: (progress: IntakeProgress) => void
}

export interface IntakeProgress {
  readonly records: number
  readonly chunks: number
}

/** What became of the records of a checkpoint. */
export interface IntakeResult {
  readonly records: number
  readonly signatures: number
  readonly added: number
  /** They, or newer ones that took their place, are here. */
  readonly known: number
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** Chunks on their way at a time: 4 MiB at most, and enough that threads and network are never idle. */
const chunksAtATime = 6
/** Records handled between two turns of the event loop: some 5 ms. */
const sliceRecords = 200
/** As one transaction, 20 ms or so with what listens to it: each rewrites pages of the index all over the file. */
const mergeRecords = 500

/**
 * Takes over what a checkpoint holds, or only looks at it: every chunk is held against its entry, every signature is
 * verified on the pool's threads, and trust decides in the book, as for a record from any other way, what counts.
 */
export class CheckpointIntake {
  readonly #deps: IntakeDeps

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  /** @throws BadCheckpointError with the first thing that is wrong; what `load` throws; the signal's reason */
  take(tree: CheckpointTree, options: IntakeOptions): Promise<IntakeResult> {
    return new Run(this.#deps, tree, options, true).all()
  }

  /** Reads and verifies everything, known or not, and stores nothing. @throws as `take` */
  look(tree: CheckpointTree, options: IntakeOptions): Promise<IntakeResult> {
    return new Run(this.#deps, tree, options, false).all()
  }
}

/** One pass over a checkpoint. */
class Run {
  readonly #deps: IntakeDeps
  readonly #tree: CheckpointTree
  readonly #options: IntakeOptions
  readonly #merges: boolean
  readonly #sums = new Map<string, SetSum>()
  readonly #refused: Record<string, number> = {}
  #records = 0
  #chunks = 0
  #signatures = 0
  #added = 0
  #known = 0

  constructor(deps: IntakeDeps, tree: CheckpointTree, options: IntakeOptions, merges: boolean) {
    this.#deps = deps
    this.#tree = tree
    this.#options = options
    this.#merges = merges
    for (const bucket of tree.root.buckets.keys()) this.#sums.set(bucket, new SetSum())
  }

  async all(): Promise<IntakeResult> {
    const { chunks } = this.#tree
    // What authors may say depends on all of trust: it is in the book before anything else comes.
    await this.#each(chunks.filter(({ bucket }) => bucket === 'trust'))
    await this.#each(chunks.filter(({ bucket }) => bucket !== 'trust'))
    for (const [bucket, part] of this.#tree.root.buckets) {
      const sum = this.#sums.get(bucket)?.fingerprint() ?? part.fingerprint
      if (Buffer.compare(sum, part.fingerprint) !== 0) {
        this.#bad(`${bucket}: its records do not add up to its fingerprint`)
      }
    }
    const { added, known } = { added: this.#added, known: this.#known }
    return { records: this.#records, signatures: this.#signatures, added, known, refused: this.#refused }
  }

  async #each(chunks: readonly PlannedChunk[]): Promise<void> {
    const failed = new AbortController()
    const signal = AbortSignal.any([this.#options.signal, failed.signal])
    const left = [...chunks].reverse()
    const lane = async (): Promise<void> => {
      for (let chunk = left.pop(); chunk !== undefined; chunk = left.pop()) {
        signal.throwIfAborted()
        await this.#chunk(chunk, signal)
      }
    }
    const lanes = Array.from({ length: Math.min(chunksAtATime, chunks.length) }, async () => {
      try {
        await lane()
      } catch (error) {
        failed.abort()
        throw error
      }
    })
    const ends = await Promise.allSettled(lanes)
    this.#options.signal.throwIfAborted()
    // The first failure; the others are of its making.
    const causes = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
    const cause = causes.find((one) => one !== failed.signal.reason)
    if (cause !== undefined) throw cause
  }

  async #chunk({ bucket, entry }: PlannedChunk, signal: AbortSignal): Promise<void> {
    const bytes = await this.#options.load(entry.cid)
    signal.throwIfAborted()
    const steps = readChunkInSteps(bucket, entry, bytes, this.#sums.get(bucket))
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) await setImmediate()
    const chunk = step.value
    if (chunk.kind === 'bad') return this.#bad(chunk.problem)
    const fresh = this.#merges ? await this.#worthIt(chunk.value) : chunk.value
    const checks = fresh.map((record) => checksOf(record, this.#deps.book.swarm))
    const verified = await this.#deps.pool.verify(checks.flat())
    signal.throwIfAborted()
    this.#signatures += verified.length
    if (verified.some((byte) => byte !== 1)) {
      this.#deps.counters.add('checkpoints.refused:bad-signature')
      return this.#bad(`chunk ${entry.cid} of ${bucket}: a signature in it does not verify`)
    }
    if (this.#merges) await this.#merge(fresh, signal)
    this.#records += chunk.value.length
    this.#chunks += 1
    this.#options.onProgress?.({ records: this.#records, chunks: this.#chunks })
  }

  /** Those that are new here, and may come in. */
  async #worthIt(records: readonly SignedRecord[]): Promise<readonly SignedRecord[]> {
    const { book, clock } = this.#deps
    const fresh: SignedRecord[] = []
    for (const [i, record] of records.entries()) {
      if (i % sliceRecords === sliceRecords - 1) await setImmediate()
      const checked = book.check(record, clock.now())
      if (checked.kind === 'known') this.#known += 1
      else if (checked.kind === 'check-signature') fresh.push(checked.record)
      else this.#refuse(checked.reason)
    }
    return fresh
  }

  async #merge(records: readonly SignedRecord[], signal: AbortSignal): Promise<void> {
    const { book, clock } = this.#deps
    const { from } = this.#options
    for (let at = 0; at < records.length; at += mergeRecords) {
      signal.throwIfAborted()
      const part = records.slice(at, at + mergeRecords)
      const arrival = { via: 'caught-up', from, channel: 'checkpoint', receivedAtMs: clock.now(), hops: 2 } as const
      const { added, refused } = book.merge(part, arrival)
      this.#added += added.length
      this.#known += part.length - added.length - refused.length
      for (const { reason } of refused) this.#refuse(reason)
      await setImmediate()
    }
  }

  #refuse(reason: RejectReason): void {
    // A checkpoint is of its time: that its authors have said something newer since is no fault of it.
    if (reason === 'superseded') this.#known += 1
    else this.#refused[reason] = (this.#refused[reason] ?? 0) + 1
  }

  #bad(problem: string): void {
    throw new BadCheckpointError(this.#tree.cid, [problem])
  }
}
