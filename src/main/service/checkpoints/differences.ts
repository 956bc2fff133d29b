import type { CID } from 'multiformats/cid'
import { setImmediate } from 'node:timers/promises'
import type { CheckpointView } from '../../../shared/checkpoint-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { RecentMap } from '../../base/recent-map.ts'
import { readChunkInSteps } from '../../model/checkpoint-chunk.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { BlockStore } from '../files/block-store.ts'
import { readTree } from './tree.ts'

export interface DifferencesDeps {
  readonly blocks: () => BlockStore
  readonly book: Pick<RecordBook, 'has' | 'counts'>
  readonly clock: Clock
  readonly log: Log
  /** One is known, or is another than before. */
  readonly changed: () => void
}

/** Comparing 100,000 records takes a few seconds of a laptop, between other things: not for every look. */
const staleMs = 60_000
/** Checkpoints that are kept here, and room for those that go. */
const maxKept = 16

/** How far what is held now is from checkpoints that are here; found out when somebody looks, one at a time. */
export class Differences {
  readonly #deps: DifferencesDeps
  readonly #known = new RecentMap<string, { readonly difference: CheckpointView['difference']; readonly atMs: number }>(
    maxKept,
  )
  #underWay: Promise<void> = Promise.resolve()
  readonly #waiting = new Set<string>()

  constructor(deps: DifferencesDeps) {
    this.#deps = deps
  }

  /** What is known of a checkpoint whose blocks are here; null at first: it is told when it is found out. */
  of(root: CID, signal: AbortSignal): CheckpointView['difference'] {
    const name = root.toString()
    const known = this.#known.get(name)
    const isStale = known === undefined || known.atMs + staleMs < this.#deps.clock.monotonic()
    if (isStale && !this.#waiting.has(name)) {
      this.#waiting.add(name)
      this.#underWay = this.#underWay.then(() => this.#find(root, signal)).finally(() => this.#waiting.delete(name))
    }
    return known?.difference ?? null
  }

  /** Resolves when nothing is compared any more; the signal must have been aborted. */
  stopped(): Promise<void> {
    return this.#underWay
  }

  async #find(root: CID, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    const name = root.toString()
    try {
      const difference = await this.#compare(root, signal)
      this.#known.set(name, { difference, atMs: clock.monotonic() })
      this.#deps.changed()
    } catch (err) {
      if (!signal.aborted) log.debug({ err, root: name }, 'a checkpoint could not be compared with what is held')
    }
  }

  async #compare(cid: CID, signal: AbortSignal): Promise<CheckpointView['difference']> {
    const { blocks, book } = this.#deps
    const load = async (one: CID): Promise<Uint8Array> => {
      signal.throwIfAborted()
      const bytes = await blocks().get(one)
      if (bytes === undefined) throw new Error(`the block ${one} is not here`)
      return bytes
    }
    const { chunks } = await readTree(cid, load)
    let both = 0
    let missingHere = 0
    for (const { bucket, entry } of chunks) {
      const steps = readChunkInSteps(bucket, entry, await load(entry.cid))
      let step = steps.next()
      for (; step.done !== true; step = steps.next()) await setImmediate()
      if (step.value.kind === 'bad') throw new Error(step.value.problem)
      for (const [i, { id }] of step.value.value.entries()) {
        if (i % 200 === 199) await setImmediate()
        if (book.has(bucket, id)) both += 1
        else missingHere += 1
      }
    }
    const held = book.counts().reduce((sum, { bucket, records }) => sum + (bucket === 'checkpoints' ? 0 : records), 0)
    return { missingHere, newHere: Math.max(0, held - both) }
  }
}
