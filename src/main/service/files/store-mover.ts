import { CID } from 'multiformats/cid'
import type { Cid } from '../../../shared/ids.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { Blocks } from './blocks.ts'
import { copyFile } from './store-move.ts'

/** Where files may lie that should lie elsewhere. */
export interface Place {
  readonly blocks: Pick<Blocks, 'get'>
  /** Rejects when it is not what it should be, and so what it says of blocks means nothing. Default: never. */
  readonly check?: (options: { readonly signal: AbortSignal }) => Promise<unknown>
}

export interface StoreMoverDeps {
  /** Files that should be whole. */
  readonly held: () => ReadonlyMap<Cid, { readonly sizeBytes: number }>
  /** Where they should be, and whether one is there and stays there. */
  readonly to: Blocks
  readonly keep: (cid: Cid, options: { readonly signal: AbortSignal }) => Promise<boolean>
  readonly from: readonly Place[]
  /** These are in none of the places. */
  readonly lost: (cids: readonly Cid[]) => void
  /** These may be in a place that cannot be asked now. */
  readonly away: (cids: readonly Cid[]) => void
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

/** How far it is. */
export interface MoveProgress {
  readonly doneFiles: number
  readonly files: number
  readonly doneBytes: number
  readonly bytes: number
  /** What it waits for; null: it goes on. */
  readonly waitsFor: string | null
}

/** Brings all files to the store that was chosen, from where they were before. What is there is not copied again. */
export class StoreMover {
  readonly #deps: StoreMoverDeps
  readonly #done = new Set<Cid>()
  #doneBytes = 0
  #waitsFor: string | null = null
  #again = new AbortController()

  constructor(deps: StoreMoverDeps) {
    this.#deps = deps
  }

  progress(): MoveProgress {
    const held = this.#deps.held()
    let bytes = 0
    for (const { sizeBytes } of held.values()) bytes += sizeBytes
    const doneFiles = Math.min(this.#done.size, held.size)
    return { doneFiles, files: held.size, doneBytes: Math.min(this.#doneBytes, bytes), bytes, waitsFor: this.#waitsFor }
  }

  /** Whether all that is held now was brought, or found to be nowhere: more may have come since `run` looked. */
  isThrough(): boolean {
    for (const cid of this.#deps.held().keys()) if (!this.#done.has(cid)) return false
    return true
  }

  /** A place that could not be asked may answer now. */
  again(): void {
    this.#again.abort()
  }

  /** Resolves when every file is there, or was found to be nowhere; rejects only with the signal's reason. May be run again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps
    for (let tries = 0; ; tries += 1) {
      const { lost, away, problem } = await this.#pass(signal)
      if (lost.length > 0) this.#deps.lost(lost)
      if (problem === null) return
      log.warn({ problem, files: away.length }, 'files could not be brought to the chosen store yet')
      this.#waitsFor = problem
      if (tries === 0 && away.length > 0) this.#deps.away(away)
      this.#again = new AbortController()
      await clock
        .sleep(backoffMs(tries, random(), { minMs: 1_000 }), { signal: AbortSignal.any([signal, this.#again.signal]) })
        .catch(() => {})
      signal.throwIfAborted()
    }
  }

  async #pass(
    signal: AbortSignal,
  ): Promise<{ readonly lost: readonly Cid[]; readonly away: readonly Cid[]; readonly problem: string | null }> {
    const lost: Cid[] = []
    const away: Cid[] = []
    let problem: string | null = null
    for (const [cid, { sizeBytes }] of this.#deps.held()) {
      signal.throwIfAborted()
      if (this.#done.has(cid)) continue
      try {
        const before = this.#doneBytes
        const unasked = await this.#bring(cid, signal)
        if (unasked === 'lost') {
          this.#doneBytes = before
          lost.push(cid)
          continue
        }
        if (unasked === null) {
          this.#doneBytes = before + sizeBytes
          this.#waitsFor = null
        } else {
          this.#doneBytes = before
          away.push(cid)
          problem ??= unasked
          continue
        }
        this.#done.add(cid)
      } catch (error) {
        signal.throwIfAborted()
        // The store to fill cannot be used: no other file fares better. What is lost is found out with the next try.
        return { lost: [], away, problem: error instanceof Error ? error.message : String(error) }
      }
    }
    if (lost.length === 0) return { lost, away, problem }
    const unasked = await this.#unasked(signal)
    if (unasked !== null) return { lost: [], away: [...away, ...lost], problem: problem ?? unasked }
    for (const cid of lost) this.#done.add(cid)
    return { lost, away, problem }
  }

  /** Why one of the places cannot be believed; null: all can be. */
  async #unasked(signal: AbortSignal): Promise<string | null> {
    for (const { check } of this.#deps.from) {
      try {
        await check?.({ signal })
      } catch (error) {
        signal.throwIfAborted()
        return error instanceof Error ? error.message : String(error)
      }
    }
    return null
  }

  /** Null when it is there; else that it is nowhere, or why a place could not be asked. */
  async #bring(cid: Cid, signal: AbortSignal): Promise<null | 'lost' | (string & {})> {
    const { to, keep, from, counters } = this.#deps
    if (await keep(cid, { signal })) return null
    let unasked: string | null = null
    const places = {
      get: async (block: CID): Promise<Uint8Array | undefined> => {
        for (const { blocks } of from) {
          try {
            const bytes = await blocks.get(block)
            if (bytes !== undefined) return bytes
          } catch (error) {
            signal.throwIfAborted()
            unasked = error instanceof Error ? error.message : String(error)
          }
        }
        return undefined
      },
    }
    const onBytes = (bytes: number): void => {
      this.#doneBytes += bytes
      counters.add('files.store:moved-bytes', bytes)
    }
    const whole =
      (await copyFile(CID.parse(cid), { from: places, to }, { signal, onBytes })) && (await keep(cid, { signal }))
    return whole ? null : (unasked ?? 'lost')
  }
}
