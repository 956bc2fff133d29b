import { join } from 'node:path'
import { z } from 'zod'
import type { PeerId } from '../../../shared/ids.ts'
import { flightCauseSchema, flightSchema } from '../../../shared/recorder-views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import { StateFile } from '../files/state-file.ts'
import { maxFlights, surplus, type Flown } from './flight-budget.ts'
import { findFlights, removeFlight, sweepFlights } from './flight-folder.ts'
import type { Flight } from './flight-maker.ts'

/** More than are kept at once: for those whose folder cannot be removed. */
const maxRemembered = 4 * maxFlights
/** More than may be saved in two days, by faults and by hand. */
const maxFlown = 128
/** Clocks drift by less in a day; it is not worth a write. */
const steadyMs = 10_000

const stateSchema = z.object({
  v: z.literal(1),
  /** False once it has stopped as it should. */
  running: z.boolean(),
  /** Swarm time minus the machine's clock, as of then. */
  offsetMs: z.number().nullable().catch(null),
  /** Newest first. */
  flights: z.array(
    flightSchema.extend({
      files: z.array(flightSchema.shape.files.element.omit({ cid: true })),
      /** The share folder that it is in, which may be another by now. Earlier builds did not say. */
      shareDir: z.string().optional(),
    }),
  ),
  /** When something was saved, newest first, also what was removed since. */
  flown: z.array(z.object({ cause: flightCauseSchema, atMs: z.number() })).catch([]),
})
type State = z.infer<typeof stateSchema>

/** What the flight recorder saved: on the disk within its bounds, and remembered over a restart. */
export class FlightShelf {
  readonly #file: StateFile<State>
  readonly #clock: SwarmClock
  readonly #self: PeerId
  #flights: readonly Flight[] = []
  /** The share folder that each is in, by its id. */
  readonly #dirs = new Map<string, string>()
  #flown: readonly Flown[] = []
  #noted: number | null = null
  #before: number | null = null

  constructor(
    deps: { readonly clock: SwarmClock; readonly counters: Counters; readonly log: Log },
    init: { readonly home: string; readonly self: PeerId },
  ) {
    this.#clock = deps.clock
    this.#self = init.self
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

  /** Swarm time minus the machine's clock in the last run: a power cut sets the clock of a Pi back. Null: not known. */
  get offsetBeforeMs(): number | null {
    return this.#before
  }

  /** Removes what a peer that died was saving. @returns whether the last run ended without a goodbye */
  async open(shareDir: string): Promise<boolean> {
    const before = this.#file.load()
    this.#before = before?.offsetMs ?? null
    this.#dirs.clear()
    this.#flights = (before?.flights ?? []).map(({ shareDir: dir, ...flight }) => {
      this.#dirs.set(flight.id, dir ?? shareDir)
      return flight
    })
    await this.#find(shareDir)
    this.#flown = before?.flown ?? this.#flights.slice(0, maxFlown).map(({ cause, atMs }) => ({ cause, atMs }))
    await sweepFlights(shareDir)
    return before?.running === true
  }

  /** The oldest make room; what is gone from the share folder is shared no longer. */
  async add(flight: Flight, shareDir: string): Promise<void> {
    this.#flights = [flight, ...this.#flights]
    this.#dirs.set(flight.id, shareDir)
    this.#flown = [{ cause: flight.cause, atMs: flight.atMs }, ...this.#flown].slice(0, maxFlown)
    await this.#find(shareDir)
    const gone = new Set<Flight>()
    for (const old of surplus(this.#flights)) {
      if (await removeFlight(this.#dirs.get(old.id) ?? shareDir, old.id)) gone.add(old)
    }
    this.#flights = this.#flights.filter((one) => !gone.has(one)).slice(0, maxRemembered)
    const kept = new Set(this.#flights.map(({ id }) => id))
    for (const id of this.#dirs.keys()) if (!kept.has(id)) this.#dirs.delete(id)
    this.save(true)
  }

  /** What lies there and was forgotten (a kill before it was noted, a lost file) takes room all the same; it goes first. */
  async #find(shareDir: string): Promise<void> {
    const known = new Set(this.#flights.flatMap(({ id }) => (this.#dirs.get(id) === shareDir ? [id] : [])))
    const found = await findFlights(shareDir, { peer: this.#self, known })
    // A person may have moved them with the share folder.
    this.#flights = [...this.#flights, ...found.filter(({ id }) => !this.#dirs.has(id))]
    for (const { id } of found) this.#dirs.set(id, shareDir)
  }

  /** To be called when the time changes. */
  noteOffset(): void {
    if (this.#noted === null || Math.abs(this.#clock.offsetMs - this.#noted) > steadyMs) this.save(true)
  }

  save(running: boolean): void {
    const offsetMs = this.#clock.offsetMs
    this.#noted = offsetMs
    const state = (): State => ({
      v: 1,
      running,
      offsetMs,
      flights: this.#flights.map((flight) => ({
        ...flight,
        shareDir: this.#dirs.get(flight.id),
        files: [...flight.files],
        leftOut: [...flight.leftOut],
      })),
      flown: [...this.#flown],
    })
    this.#file.changed(state, AbortSignal.abort())
    this.#file.save()
  }
}
