import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { flightCauseSchema, flightSchema } from '../../../shared/recorder-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { StateFile } from '../files/state-file.ts'
import { maxFlights, surplus, type Flown } from './flight-budget.ts'
import { folderOf, openPrefix, type Flight } from './flight-maker.ts'

/** More than are kept at once: for those whose folder cannot be removed. */
const maxRemembered = 4 * maxFlights
/** More than may be saved in two days, by faults and by hand. */
const maxFlown = 128

const stateSchema = z.object({
  v: z.literal(1),
  /** False once it has stopped as it should. */
  running: z.boolean(),
  /** Newest first. */
  flights: z.array(flightSchema.extend({ files: z.array(flightSchema.shape.files.element.omit({ cid: true })) })),
  /** When something was saved, newest first, also what was removed since. */
  flown: z.array(z.object({ cause: flightCauseSchema, atMs: z.number() })).catch([]),
})
type State = z.infer<typeof stateSchema>

/** What the flight recorder saved: on the disk within its bounds, and remembered over a restart. */
export class FlightShelf {
  readonly #file: StateFile<State>
  #flights: readonly Flight[] = []
  #flown: readonly Flown[] = []

  constructor(
    deps: { readonly clock: Clock; readonly counters: Counters; readonly log: Log },
    init: { readonly home: string },
  ) {
    this.#file = new StateFile(deps, {
      path: join(init.home, 'recorder.json'),
      schema: stateSchema,
      name: 'recorder',
      cost: 'it is forgotten what the flight recorder saved, and how often',
    })
  }

  /** Newest first. */
  get flights(): readonly Flight[] {
    return this.#flights
  }

  /** All that was saved lately, newest first. */
  get flown(): readonly Flown[] {
    return this.#flown
  }

  /** Removes what a peer that died was saving. @returns whether the last run ended without a goodbye */
  async open(shareDir: string): Promise<boolean> {
    const before = this.#file.load()
    this.#flights = before?.flights ?? []
    this.#flown = before?.flown ?? []
    for (const name of await readdir(shareDir).catch(() => [])) {
      if (name.startsWith(openPrefix)) await rm(join(shareDir, name), { recursive: true, force: true }).catch(() => {})
    }
    return before?.running === true
  }

  /** The oldest make room; what is gone from the share folder is shared no longer. */
  async add(flight: Flight, shareDir: string): Promise<void> {
    this.#flights = [flight, ...this.#flights].slice(0, maxRemembered)
    this.#flown = [{ cause: flight.cause, atMs: flight.atMs }, ...this.#flown].slice(0, maxFlown)
    const gone = new Set<Flight>()
    for (const old of surplus(this.#flights)) {
      const done = await rm(folderOf(shareDir, old.id), { recursive: true, force: true }).catch(() => false)
      if (done !== false) gone.add(old)
    }
    this.#flights = this.#flights.filter((one) => !gone.has(one))
    this.save(true)
  }

  save(running: boolean): void {
    const state = (): State => ({
      v: 1,
      running,
      flights: this.#flights.map((flight) => ({ ...flight, files: [...flight.files], leftOut: [...flight.leftOut] })),
      flown: [...this.#flown],
    })
    this.#file.changed(state, AbortSignal.abort())
    this.#file.save()
  }
}
