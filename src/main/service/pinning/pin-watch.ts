import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import { linkToDelegates } from './delegates.ts'
import { PinApi, PinServiceError, type PinStatus } from './pin-api.ts'
import { pinId, type KnownPin, type PinBook } from './pin-book.ts'
import { dueMs } from './pin-schedule.ts'
import type { PinServices } from './pin-services.ts'

export interface PinWatchDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly node: Pick<SwarmNode, 'connectAt'>
  readonly services: PinServices
  readonly book: PinBook
  /** What is known of these differs now. */
  readonly changed: (pins: readonly KnownPin[]) => void
}

export interface PinWatchInit {
  /** How often it is looked which pins are due. Default 2 s. */
  readonly tickMs?: number
  /** A request to a service is given up after this. Default 20 s. */
  readonly timeoutMs?: number
}

/** What is known of a service; kept in memory alone. */
interface Mood {
  readonly problem: string | null
  /** By the monotonic clock: not asked before. */
  readonly restUntilMs: number
}

/** After this a service that failed is tried again, when it did not say itself how long it wants to rest. */
const failedRestMs = 60_000

/** Asks the services how the pins of the book are, each when it is due, and takes back those that are to go. */
export class PinWatch {
  readonly #deps: PinWatchDeps
  readonly #init: PinWatchInit
  readonly #moods = new Map<string, Mood>()
  /** Why a pin could not be asked for since its state was last told. */
  readonly #problems = new Map<string, string>()
  readonly #triedAtMs = new Map<string, number>()

  constructor(deps: PinWatchDeps, init: PinWatchInit) {
    this.#deps = deps
    this.#init = init
  }

  /** Runs until it is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    try {
      for (;;) {
        await clock.sleep(this.#init.tickMs ?? 2_000, { signal })
        const next = this.#next()
        // One of each service at a time: a slow one holds up nobody else.
        await Promise.all(next.map((pin) => this.ask(pin, signal)))
      }
    } catch (err) {
      if (!signal.aborted) log.error({ err }, 'the pins are watched no longer')
    }
  }

  /** @throws SwarmError NOT_FOUND when there is no such service */
  api(name: string): PinApi {
    return this.apiOf(name, this.#deps.services.get(name))
  }

  /** Of a service that may not be known yet. */
  apiOf(name: string, service: { readonly endpoint: string; readonly token: string | null }): PinApi {
    const { timeoutMs } = this.#init
    return new PinApi({ name, ...service, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
  }

  /** Why a service is not asked now. */
  problemOf(service: string): string | null {
    return this.#moods.get(service)?.problem ?? null
  }

  /** Why a pin could not be asked for. */
  problemOfPin(id: string): string | null {
    return this.#problems.get(id) ?? null
  }

  /** Asks how a pin is, or removes it. Never throws but when stopped. */
  async ask(pin: KnownPin, signal: AbortSignal): Promise<void> {
    const id = pinId(pin)
    this.#triedAtMs.set(id, this.#deps.clock.monotonic())
    try {
      const api = this.api(pin.service)
      if (pin.state === 'removing') {
        await api.remove(pin.requestid, signal)
        this.forget(pin)
        return
      }
      const status = await api.get(pin.requestid, signal)
      this.#heard(pin, status)
      if (status.status === 'queued' || status.status === 'pinning') void linkToDelegates(status, this.#deps, signal)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof PinServiceError && error.code === 'NOT_FOUND') {
        if (pin.state === 'removing') this.forget(pin)
        else this.#heard(pin, null)
        return
      }
      this.#problems.set(id, error instanceof Error ? error.message : String(error))
      this.failed(pin.service, error)
      this.#deps.changed([pin])
    }
  }

  /** Its service answered. */
  went(pin: KnownPin): void {
    this.#moods.delete(pin.service)
    this.#problems.delete(pinId(pin))
    this.#deps.changed([pin])
  }

  /** A service did not answer as it should: it is left alone for a while. */
  failed(service: string, error: unknown): void {
    if (!(error instanceof PinServiceError)) return
    this.#deps.counters.add(`pinning.failed:${error.code.toLowerCase()}`)
    // A refusal of one file says nothing of the others.
    if (error.code === 'INVALID_INPUT' || error.code === 'NOT_FOUND' || error.code === 'TOO_LARGE') return
    const restUntilMs = this.#deps.clock.monotonic() + (error.restMs ?? failedRestMs)
    this.#moods.set(service, { problem: error.message, restUntilMs })
  }

  /** Takes a pin out of the book. */
  forget(pin: KnownPin): void {
    const id = pinId(pin)
    this.#deps.book.remove(id)
    this.#problems.delete(id)
    this.#triedAtMs.delete(id)
    this.#deps.changed([pin])
  }

  /** It is another now, or is gone. */
  forgetService(name: string): void {
    this.#moods.delete(name)
  }

  /** Of each service that may be asked, the pin that is due for longest. */
  #next(): readonly KnownPin[] {
    const { clock, book, services } = this.#deps
    const nowMs = clock.monotonic()
    const due = new Map<string, { readonly pin: KnownPin; readonly atMs: number }>()
    for (const pin of book.all()) {
      if ((this.#moods.get(pin.service)?.restUntilMs ?? -Infinity) > nowMs) continue
      if (!services.all().has(pin.service)) continue
      const atMs = dueMs(pin, this.#triedAtMs.get(pinId(pin)), clock)
      const other = due.get(pin.service)
      if (atMs <= nowMs && (other === undefined || atMs < other.atMs)) due.set(pin.service, { pin, atMs })
    }
    return [...due.values()].map(({ pin }) => pin)
  }

  /** @param status null: the service knows of no such pin */
  #heard(pin: KnownPin, status: PinStatus | null): void {
    const { book, counters, clock } = this.#deps
    const state = status?.status ?? 'gone'
    if (state !== pin.state) counters.add(`pinning.pin:${state}`)
    // Taken back meanwhile.
    if (book.get(pinId(pin))?.state === 'removing') return
    book.update(pinId(pin), { state, details: status?.details ?? null, checkedAtMs: Math.trunc(clock.now()) })
    this.went(pin)
  }
}
