import { z } from 'zod'
import type { Cid } from '../../../shared/ids.ts'
import { cidSchema } from '../../../shared/ids-schema.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { pinServiceNameSchema, pinStateSchema } from '../../../shared/pinning-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { StateFile } from '../files/state-file.ts'

const pinSchema = z.object({
  service: pinServiceNameSchema,
  cid: cidSchema,
  name: z.string().max(1_024),
  requestid: z.string().min(1).max(512),
  state: pinStateSchema,
  details: z.string().max(300).nullable(),
  sinceMs: z.number(),
  checkedAtMs: z.number(),
})
export type KnownPin = z.infer<typeof pinSchema>

/** Each is asked for once an hour: one request every two seconds. */
const maxPins = 2_000
const bookSchema = z.object({ v: z.literal(1), pins: z.array(pinSchema).max(maxPins) })

export interface PinBookDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  /** Aborts when the peer stops. */
  readonly signal: () => AbortSignal
}

/** One pin of a file at a service. */
/** The file of a pin, from its id. */
export const cidOfPin = (id: string): Cid => id.slice(id.lastIndexOf('/') + 1) as Cid

export const pinId = ({ service, cid }: Pick<KnownPin, 'service' | 'cid'>): string => `${service}/${cid}`

/** What this peer has had pinned elsewhere, in `<home>/pins-elsewhere.json`. */
export class PinBook {
  readonly #deps: PinBookDeps
  readonly #file: StateFile<z.infer<typeof bookSchema>>
  readonly #pins = new Map<string, KnownPin>()

  constructor(deps: PinBookDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#file = new StateFile(deps, {
      path: init.path,
      schema: bookSchema,
      name: 'pins-elsewhere',
      cost: 'it is forgotten what is pinned at other places',
    })
  }

  load(): void {
    this.#pins.clear()
    for (const pin of this.#file.load()?.pins ?? []) this.#pins.set(pinId(pin), pin)
  }

  all(): readonly KnownPin[] {
    return [...this.#pins.values()]
  }

  get(id: string): KnownPin | undefined {
    return this.#pins.get(id)
  }

  /** @param coming others that are being asked for @throws SwarmError LIMIT_REACHED */
  mustHaveRoom(coming = 0): void {
    if (this.#pins.size + coming < maxPins) return
    throw new SwarmError(
      'LIMIT_REACHED',
      `${maxPins} files are pinned elsewhere from here already: take some back first.`,
    )
  }

  /**
   * Saved at once: a request of a service that is forgotten here would stay there for ever.
   * @throws SwarmError LIMIT_REACHED for one more than are read again: all would be forgotten
   */
  set(pin: KnownPin): void {
    if (!this.#pins.has(pinId(pin))) this.mustHaveRoom()
    this.#pins.set(pinId(pin), pin)
    this.#changed()
    this.#file.save()
  }

  /** News of a pin that is still here; saved soon. */
  update(id: string, change: Partial<KnownPin>): void {
    const pin = this.#pins.get(id)
    if (pin === undefined) return
    this.#pins.set(id, { ...pin, ...change })
    this.#changed()
  }

  remove(id: string): void {
    if (this.#pins.delete(id)) this.#changed()
    this.#file.save()
  }

  save(): void {
    this.#file.save()
  }

  #changed(): void {
    this.#file.changed(() => ({ v: 1, pins: this.all().map((pin) => ({ ...pin })) }), this.#deps.signal())
  }
}
