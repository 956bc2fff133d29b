import { readFileSync, rmSync } from 'node:fs'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import { cidSchema, recordIdSchema } from '../../../shared/ids-schema.ts'
import type { RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { isBucketName, type BucketName } from '../../model/bucket.ts'
import type { Announcement, BucketSum } from '../../model/checkpoint-announcement.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import type { BlockStore } from '../files/block-store.ts'

/** A checkpoint whose blocks are all here. */
export interface Shelved extends Announcement {
  readonly how: 'made' | 'fetched' | 'imported'
  readonly sharedChunks: number
}

export interface ShelfDeps {
  readonly blocks: () => Pick<BlockStore, 'pin' | 'unpin' | 'pins'>
  /** Another one is kept, or one less. */
  readonly changed: () => void
  readonly counters: Counters
  readonly log: Log
}

/** Of those made here, and of those from elsewhere: whoever began to fetch one has this many intervals to finish. */
const kept = 3
const pinPrefix = 'checkpoint:'

const count = z.number().int().nonnegative()
const shelfSchema = z.object({
  v: z.literal(1),
  swarm: recordIdSchema,
  kept: z
    .array(
      z.object({
        root: cidSchema,
        at: count,
        records: count,
        bytes: count,
        chunks: count,
        sharedChunks: count,
        how: z.enum(['made', 'fetched', 'imported']),
        buckets: z.record(
          z.string(),
          z.object({ count, chunks: count, fingerprint: z.string().regex(/^[0-9a-f]{64}$/) }),
        ),
      }),
    )
    .max(4 * kept),
})

/** The checkpoints of which this peer holds every block; those it lets go of are collected. */
export class CheckpointShelf {
  readonly #deps: ShelfDeps
  readonly #path: string
  #swarm: RecordId | null = null
  readonly #kept = new Map<string, Shelved>()
  /** Pins of an earlier run that this one has not taken up: names without the prefix. */
  readonly #left = new Set<string>()

  constructor(deps: ShelfDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#path = init.path
  }

  /** What was kept for another swarm is let go of: a home may have changed its swarm. */
  load(swarm: RecordId): void {
    this.#swarm = swarm
    this.#left.clear()
    for (const name of this.#deps.blocks().pins()) {
      if (name.startsWith(pinPrefix)) this.#left.add(name.slice(pinPrefix.length))
    }
    this.#kept.clear()
    try {
      const shelf = shelfSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
      if (shelf.swarm !== swarm) return this.#clear()
      for (const { root, buckets, ...facts } of shelf.kept) {
        this.#kept.set(root, { ...facts, root: CID.parse(root), buckets: readSums(buckets) })
      }
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return
      this.#deps.counters.add('checkpoints.shelf:corrupt')
      this.#deps.log.warn({ err }, 'the list of checkpoints cannot be read; they are made or fetched again')
      this.#clear()
    }
  }

  /** Newest first. */
  all(): readonly Shelved[] {
    return [...this.#kept.values()].toSorted((a, b) => b.at - a.at)
  }

  get(root: string): Shelved | undefined {
    return this.#kept.get(root)
  }

  /** Blocks that must not be collected while one is being made or brought: those of earlier calls stay too. */
  hold(name: string, cids: readonly CID[]): void {
    this.#left.delete(name)
    this.#deps.blocks().pin(`${pinPrefix}${name}`, cids)
  }

  release(name: string): void {
    this.#deps.blocks().unpin(`${pinPrefix}${name}`)
  }

  /** All blocks are here: keeps them, and lets go of the oldest of the same kind. */
  add(one: Shelved, cids: readonly CID[]): void {
    const root = one.root.toString()
    const before = this.#kept.get(root)
    // One that was made here stays so, whatever else brings it.
    this.#kept.set(root, before?.how === 'made' ? { ...one, how: 'made', sharedChunks: before.sharedChunks } : one)
    this.hold(root, cids)
    for (const isMade of [true, false]) {
      const over = this.all()
        .filter(({ how }) => (how === 'made') === isMade)
        .slice(kept)
      for (const { root: old } of over) this.drop(old.toString(), false)
    }
    this.#save()
    this.#deps.changed()
  }

  drop(root: string, save = true): void {
    if (!this.#kept.delete(root)) return
    this.release(root)
    if (save) this.#save()
  }

  /** Lets go of blocks that an earlier run left and this one did not take up: what it was about is done or given up. */
  tidy(): void {
    for (const name of this.#left) if (!this.#kept.has(name)) this.release(name)
    this.#left.clear()
  }

  #clear(): void {
    rmSync(this.#path, { force: true })
    this.tidy()
  }

  #save(): void {
    if (this.#swarm === null) return
    const list = this.all().map(({ root, buckets, ...facts }) => ({
      ...facts,
      root: root.toString(),
      buckets: Object.fromEntries(
        [...buckets].map(([name, sum]) => [
          name,
          { ...sum, fingerprint: Buffer.from(sum.fingerprint).toString('hex') },
        ]),
      ),
    }))
    try {
      writeFileAtomic(this.#path, JSON.stringify({ v: 1, swarm: this.#swarm, kept: list }))
    } catch (err) {
      this.#deps.counters.add('checkpoints.shelf:not-saved')
      this.#deps.log.warn({ err }, 'the list of checkpoints cannot be saved; they are made or fetched again')
    }
  }
}

function readSums(
  buckets: Readonly<Record<string, { readonly count: number; readonly chunks: number; readonly fingerprint: string }>>,
): ReadonlyMap<BucketName, BucketSum> {
  const sums = new Map<BucketName, BucketSum>()
  for (const [name, sum] of Object.entries(buckets)) {
    if (!isBucketName(name)) continue
    sums.set(name, { ...sum, fingerprint: Uint8Array.from(Buffer.from(sum.fingerprint, 'hex')) })
  }
  return sums
}
