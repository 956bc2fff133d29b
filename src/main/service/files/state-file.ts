import { readFileSync, renameSync } from 'node:fs'
import type { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { systemCode } from './disk-error.ts'

export interface StateFileInit<State> {
  readonly path: string
  readonly schema: z.ZodType<State>
  /** For counters: `files.NAME:corrupt`, `files.NAME:not-saved`. */
  readonly name: string
  /** What losing it costs, for the log: "fetches under way are forgotten". */
  readonly cost: string
  /** From a change to its saving: changes that come together are saved together. Default 100 ms. */
  readonly afterMs?: number
}

export interface StateFileDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** Of a part that remembers something in such a file as long as its service runs. */
export interface StateBookDeps extends StateFileDeps {
  /** Aborts when the service stops: then it is saved at once. */
  readonly signal: () => AbortSignal
}

/** Saving may take a twentieth of the time. */
const restFactor = 19

/** A small file that holds what one part must remember over a restart. One that cannot be read is put aside. */
export class StateFile<State> {
  readonly #deps: StateFileDeps
  readonly #init: StateFileInit<State>
  #unsaved: (() => State) | null = null
  #due = false
  /** What the last saving took. */
  #tookMs = 0

  constructor(deps: StateFileDeps, init: StateFileInit<State>) {
    this.#deps = deps
    this.#init = init
  }

  /** Null: there is none, or none that can be read. */
  load(): State | null {
    const { path, schema, name, cost } = this.#init
    const { counters, log, clock } = this.#deps
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch (err) {
      if (systemCode(err) === 'ENOENT') return null
      counters.add(`files.${name}:corrupt`)
      log.warn({ err, path }, `a file cannot be read and was put aside; ${cost}`)
      try {
        renameSync(path, `${path}.corrupt-${clock.now()}`)
      } catch {
        // It is written over with the next change.
      }
      return null
    }
  }

  /** Tells that it changed; saved soon, and at once when the signal aborts. */
  changed(state: () => State, signal: AbortSignal): void {
    this.#unsaved = state
    if (this.#due) return
    this.#due = true
    // Of many entries saving takes its time, which must stay a small part of all.
    const afterMs = Math.max(this.#init.afterMs ?? 100, restFactor * this.#tookMs)
    void this.#deps.clock
      .sleep(afterMs, { signal })
      .catch(() => {})
      .then(() => {
        this.#due = false
        this.save()
      })
  }

  /** Saves now what is not saved. A disk that is full costs the memory of it, not the peer. */
  save(): void {
    const state = this.#unsaved
    this.#unsaved = null
    if (state === null) return
    const { path, name, cost } = this.#init
    const startedMs = this.#deps.clock.monotonic()
    try {
      writeFileAtomic(path, JSON.stringify(state()))
    } catch (err) {
      this.#deps.counters.add(`files.${name}:not-saved`)
      this.#deps.log.warn({ err, path }, `a file cannot be saved; after a restart ${cost}`)
    }
    this.#tookMs = this.#deps.clock.monotonic() - startedMs
  }
}
