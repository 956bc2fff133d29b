import { join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { PinServiceView, PinView } from '../../../shared/pinning-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import { linkToDelegates } from './delegates.ts'
import { PinApi, PinServiceError, type PinStatus } from './pin-api.ts'
import { PinBook, pinId, type KnownPin } from './pin-book.ts'
import { pinEndpoint } from './pin-endpoint.ts'
import { dueMs } from './pin-schedule.ts'
import { PinServices } from './pin-services.ts'

export interface PinningServiceDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly node: Pick<SwarmNode, 'addresses' | 'connectAt'>
  readonly share: (cid: Cid) => ShareView | undefined
  /** Where the Kubo that keeps the files can be dialled; undefined: there is none. */
  readonly kuboAddresses: () => readonly string[] | undefined
  /** The swarm has a network key: nobody without it can link to this peer. */
  readonly isPrivate: boolean
}

export interface PinningServiceInit {
  readonly home: string
  /** How often it is looked which pins are due. Default 2 s. */
  readonly tickMs?: number
  /** A request to a service is given up after this. Default 20 s. */
  readonly timeoutMs?: number
}

/** What the loop knows of a service; kept in memory alone. */
interface Mood {
  problem: string | null
  /** By the monotonic clock: not asked before. */
  restUntilMs: number
}

/** After this a service that failed is tried again, when it did not say itself how long it wants to rest. */
const failedRestMs = 60_000

/** Copies of files at services that speak the IPFS Pinning Service API: asked for, watched, and taken back. */
export class PinningService implements Startable {
  readonly #deps: PinningServiceDeps
  readonly #init: PinningServiceInit
  readonly #services: PinServices
  readonly #book: PinBook
  readonly #events: Emitter<{ 'pins:changed': { readonly ids: readonly string[] } }>
  readonly #moods = new Map<string, Mood>()
  /** Why a pin could not be asked for since its state was last told. */
  readonly #problems = new Map<string, string>()
  readonly #triedAtMs = new Map<string, number>()
  /** Requests under way: two clicks are one request. */
  readonly #adding = new Map<string, Promise<PinView>>()
  #run = new AbortController()
  #loop: Promise<void> | null = null

  constructor(deps: PinningServiceDeps, init: PinningServiceInit) {
    this.#deps = deps
    this.#init = init
    this.#services = new PinServices({ path: join(init.home, 'pinning-services.json') })
    this.#book = new PinBook(
      { ...deps, signal: () => this.#run.signal },
      { path: join(init.home, 'pins-elsewhere.json') },
    )
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener of the pins failed'))
  }

  get events(): EventSource<{ 'pins:changed': { readonly ids: readonly string[] } }> {
    return this.#events
  }

  async start(): Promise<void> {
    if (this.#loop !== null) return
    this.#run = new AbortController()
    this.#services.load(this.#deps.log)
    this.#book.load()
    this.#loop = this.#watch(this.#run.signal)
  }

  async stop(): Promise<void> {
    if (this.#loop === null) return
    this.#run.abort()
    await Promise.allSettled([this.#loop, ...this.#adding.values()])
    this.#loop = null
    this.#book.save()
  }

  services(): readonly PinServiceView[] {
    return [...this.#services.all().keys()].sort().map((name) => this.#serviceView(name))
  }

  /**
   * Adds or changes a service, after asking it once. @param token undefined: as it was
   * @throws SwarmError INVALID_INPUT, PERMISSION_DENIED for a wrong token, UNREACHABLE, TIMEOUT, LIMIT_REACHED
   */
  async setService(
    name: string,
    { endpoint: text, token }: { readonly endpoint: string; readonly token?: string | null | undefined },
  ): Promise<PinServiceView> {
    const before = this.#services.all().get(name)
    const endpoint = pinEndpoint(text)
    // A token never goes to another place than that for which it was given.
    const kept = before?.endpoint === endpoint ? before.token : null
    const service = { endpoint, token: token === undefined ? kept : token }
    await new PinApi({ name, ...service, ...this.#timeout() }).check(this.#run.signal)
    this.#services.set(name, service)
    this.#moods.delete(name)
    this.#tell(this.#book.all().filter((pin) => pin.service === name))
    return this.#serviceView(name)
  }

  /** Forgets it with its token and pins; what it holds stays there. @throws SwarmError NOT_FOUND */
  removeService(name: string): void {
    this.#services.get(name)
    this.#services.remove(name)
    this.#moods.delete(name)
    const pins = this.#book.all().filter((pin) => pin.service === name)
    for (const pin of pins) this.#forget(pin)
  }

  /** Newest first. */
  list(query: { readonly service?: string | undefined; readonly cid?: Cid | undefined } = {}): readonly PinView[] {
    return this.#book
      .all()
      .filter(({ service, cid }) => (query.service ?? service) === service && (query.cid ?? cid) === cid)
      .toSorted((a, b) => b.sinceMs - a.sinceMs || (pinId(a) < pinId(b) ? -1 : 1))
      .map((pin) => this.#view(pin))
  }

  get(id: string): PinView | undefined {
    const pin = this.#book.get(id)
    return pin && this.#view(pin)
  }

  /**
   * Has a file that is here pinned at a service; one that it has already is not asked for twice. Resolves when the
   * service took the request; `list` tells how it goes on.
   * @throws SwarmError NOT_FOUND, UNSUPPORTED, LIMIT_REACHED, and what the service says
   */
  add(cid: Cid, service: string): Promise<PinView> {
    const id = pinId({ cid, service })
    const known = this.#adding.get(id)
    if (known !== undefined) return known
    const adding = this.#add(cid, service, this.#run.signal).finally(() => this.#adding.delete(id))
    this.#adding.set(id, adding)
    return adding
  }

  /**
   * Takes a pin back. When the service cannot be asked now it is told later, also after a restart.
   * @throws SwarmError NOT_FOUND
   */
  async remove(cid: Cid, service: string): Promise<void> {
    const id = pinId({ cid, service })
    const pin = this.#book.get(id)
    if (pin === undefined) throw new SwarmError('NOT_FOUND', `${cid} is not pinned at "${service}" from here.`)
    this.#book.set({ ...pin, state: 'removing' })
    this.#tell([pin])
    await this.#ask({ ...pin, state: 'removing' }, this.#run.signal)
  }

  async #add(cid: Cid, service: string, signal: AbortSignal): Promise<PinView> {
    const { clock, counters } = this.#deps
    const api = this.#api(service)
    const id = pinId({ cid, service })
    const before = this.#book.get(id)
    if (before !== undefined && ['queued', 'pinning', 'pinned'].includes(before.state)) return this.#view(before)
    const share = this.#mayPin(cid)
    if (before === undefined) this.#book.mustHaveRoom()
    try {
      // The answer to an earlier request may have been lost on its way.
      const there = (await api.ofCid(cid, signal)).find(({ status }) => status !== 'failed')
      const origins = [...(this.#deps.kuboAddresses() ?? []), ...this.#deps.node.addresses()]
      const status = there ?? (await api.add({ cid, name: share.name, origins }, signal))
      const nowMs = Math.trunc(clock.now())
      const pin: KnownPin = {
        service,
        cid,
        name: share.name,
        requestid: status.requestid,
        state: status.status,
        details: status.details,
        sinceMs: nowMs,
        checkedAtMs: nowMs,
      }
      this.#book.set(pin)
      this.#went(pin)
      counters.add('pinning.asked')
      void linkToDelegates(status, this.#deps, signal)
      return this.#view(pin)
    } catch (error) {
      this.#failed(service, error)
      throw error
    }
  }

  #mayPin(cid: Cid): ShareView {
    const share = this.#deps.share(cid)
    if (share === undefined) throw new SwarmError('NOT_FOUND', `Nobody shares ${cid}: only shared files can be pinned.`)
    if (!share.local) {
      throw new SwarmError(
        'UNSUPPORTED',
        `"${share.name}" is not here, so the service could not get it. Fetch it first.`,
      )
    }
    if (share.channel !== null) {
      throw new SwarmError(
        'UNSUPPORTED',
        `"${share.name}" is meant for the file channel "${share.channel}" alone; who pins a file may give it to anybody.`,
      )
    }
    if (this.#deps.isPrivate && this.#deps.kuboAddresses() === undefined) {
      throw new SwarmError(
        'UNSUPPORTED',
        'This swarm has a network key, so no pinning service can link to this peer to get the file. Keep the files in a Kubo daemon (Settings, Files), which it can reach.',
      )
    }
    return share
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    try {
      for (;;) {
        await clock.sleep(this.#init.tickMs ?? 2_000, { signal })
        const next = this.#next()
        // One of each service at a time: a slow one holds up nobody else.
        await Promise.all(next.map((pin) => this.#ask(pin, signal)))
      }
    } catch (err) {
      if (!signal.aborted) log.error({ err }, 'the pins are watched no longer')
    }
  }

  /** Of each service that may be asked, the pin that is due for longest. */
  #next(): readonly KnownPin[] {
    const nowMs = this.#deps.clock.monotonic()
    const due = new Map<string, { readonly pin: KnownPin; readonly atMs: number }>()
    for (const pin of this.#book.all()) {
      if ((this.#moods.get(pin.service)?.restUntilMs ?? -Infinity) > nowMs) continue
      if (!this.#services.all().has(pin.service)) continue
      const atMs = dueMs(pin, this.#triedAtMs.get(pinId(pin)), this.#deps.clock)
      const other = due.get(pin.service)
      if (atMs <= nowMs && (other === undefined || atMs < other.atMs)) due.set(pin.service, { pin, atMs })
    }
    return [...due.values()].map(({ pin }) => pin)
  }

  /** Asks how a pin is, or removes it. Never throws but when stopped. */
  async #ask(pin: KnownPin, signal: AbortSignal): Promise<void> {
    const id = pinId(pin)
    this.#triedAtMs.set(id, this.#deps.clock.monotonic())
    try {
      const api = this.#api(pin.service)
      if (pin.state === 'removing') {
        await api.remove(pin.requestid, signal)
        this.#forget(pin)
        return
      }
      const status = await api.get(pin.requestid, signal)
      this.#heard(pin, status)
      if (status.status === 'queued' || status.status === 'pinning') void linkToDelegates(status, this.#deps, signal)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof PinServiceError && error.code === 'NOT_FOUND') {
        if (pin.state === 'removing') this.#forget(pin)
        else this.#heard(pin, null)
        return
      }
      this.#problems.set(id, error instanceof Error ? error.message : String(error))
      this.#failed(pin.service, error)
      this.#tell([pin])
    }
  }

  /** @param status null: the service knows of no such pin */
  #heard(pin: KnownPin, status: PinStatus | null): void {
    const state = status?.status ?? 'gone'
    if (state !== pin.state) this.#deps.counters.add(`pinning.pin:${state}`)
    // Taken back meanwhile.
    if (this.#book.get(pinId(pin))?.state === 'removing') return
    this.#book.update(pinId(pin), {
      state,
      details: status?.details ?? null,
      checkedAtMs: Math.trunc(this.#deps.clock.now()),
    })
    this.#went(pin)
  }

  #went(pin: KnownPin): void {
    this.#moods.delete(pin.service)
    this.#problems.delete(pinId(pin))
    this.#tell([pin])
  }

  #failed(service: string, error: unknown): void {
    if (!(error instanceof PinServiceError)) return
    this.#deps.counters.add(`pinning.failed:${error.code.toLowerCase()}`)
    // A refusal of one file says nothing of the others.
    if (error.code === 'INVALID_INPUT' || error.code === 'NOT_FOUND' || error.code === 'TOO_LARGE') return
    const restUntilMs = this.#deps.clock.monotonic() + (error.restMs ?? failedRestMs)
    this.#moods.set(service, { problem: error.message, restUntilMs })
  }

  #forget(pin: KnownPin): void {
    const id = pinId(pin)
    this.#book.remove(id)
    this.#problems.delete(id)
    this.#triedAtMs.delete(id)
    this.#tell([pin])
  }

  #api(name: string): PinApi {
    return new PinApi({ name, ...this.#services.get(name), ...this.#timeout() })
  }

  #timeout(): { readonly timeoutMs?: number } {
    const { timeoutMs } = this.#init
    return timeoutMs === undefined ? {} : { timeoutMs }
  }

  #serviceView(name: string): PinServiceView {
    const { endpoint, token } = this.#services.get(name)
    const pins = this.#book.all().filter((pin) => pin.service === name).length
    return { name, endpoint, hasToken: token !== null, problem: this.#moods.get(name)?.problem ?? null, pins }
  }

  #view(pin: KnownPin): PinView {
    const { service, cid, name, state, details, sinceMs, checkedAtMs } = pin
    const id = pinId(pin)
    return { id, service, cid, name, state, details, sinceMs, checkedAtMs, problem: this.#problems.get(id) ?? null }
  }

  #tell(pins: readonly KnownPin[]): void {
    if (pins.length > 0) this.#events.emit('pins:changed', { ids: pins.map(pinId) })
  }
}
