import { join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { PinServiceView, PinView } from '../../../shared/pinning-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import { linkToDelegates } from './delegates.ts'
import { mayPin, type MayPinDeps } from './may-pin.ts'
import { PinBook, pinId, type KnownPin } from './pin-book.ts'
import { pinEndpoint } from './pin-endpoint.ts'
import { PinServices } from './pin-services.ts'
import { PinWatch, type PinWatchInit } from './pin-watch.ts'

export interface PinningServiceDeps extends MayPinDeps {
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly node: Pick<SwarmNode, 'addresses' | 'connectAt'>
}

export interface PinningServiceInit extends PinWatchInit {
  readonly home: string
}

/** Copies of files at services that speak the IPFS Pinning Service API: asked for, watched, and taken back. */
export class PinningService implements Startable {
  readonly #deps: PinningServiceDeps
  readonly #services: PinServices
  readonly #book: PinBook
  readonly #events: Emitter<{ 'pins:changed': { readonly ids: readonly string[] } }>
  readonly #watch: PinWatch
  /** Requests under way: two clicks are one request. */
  readonly #adding = new Map<string, Promise<PinView>>()
  #run = new AbortController()
  #loop: Promise<void> | null = null

  constructor(deps: PinningServiceDeps, init: PinningServiceInit) {
    this.#deps = deps
    this.#services = new PinServices({ path: join(init.home, 'pinning-services.json') })
    this.#book = new PinBook(
      { ...deps, signal: () => this.#run.signal },
      { path: join(init.home, 'pins-elsewhere.json') },
    )
    this.#watch = new PinWatch(
      { ...deps, services: this.#services, book: this.#book, changed: (pins) => this.#tell(pins) },
      init,
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
    this.#tell(this.#book.all())
    this.#loop = this.#watch.run(this.#run.signal)
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
    await this.#watch.apiOf(name, service).check(this.#run.signal)
    this.#services.set(name, service)
    this.#watch.forgetService(name)
    this.#tell(this.#book.all().filter((pin) => pin.service === name))
    return this.#serviceView(name)
  }

  /** Forgets it with its token and pins; what it holds stays there. @throws SwarmError NOT_FOUND */
  removeService(name: string): void {
    this.#services.get(name)
    this.#services.remove(name)
    this.#watch.forgetService(name)
    const pins = this.#book.all().filter((pin) => pin.service === name)
    for (const pin of pins) this.#watch.forget(pin)
  }

  /** Newest first. */
  list(query: { readonly service?: string | undefined; readonly cid?: Cid | undefined } = {}): readonly PinView[] {
    return this.#book
      .all()
      .filter(({ service, cid }) => (query.service ?? service) === service && (query.cid ?? cid) === cid)
      .toSorted((a, b) => b.sinceMs - a.sinceMs || (pinId(a) < pinId(b) ? -1 : 1))
      .map((pin) => this.#view(pin))
  }

  /** Names of the services that say they have it pinned. */
  pinnedAt(cid: Cid): readonly string[] {
    const services = [...this.#services.all().keys()]
    return services.filter((service) => this.#book.get(pinId({ cid, service }))?.state === 'pinned')
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
    await this.#watch.ask({ ...pin, state: 'removing' }, this.#run.signal)
  }

  async #add(cid: Cid, service: string, signal: AbortSignal): Promise<PinView> {
    const { clock, counters } = this.#deps
    const api = this.#watch.api(service)
    const id = pinId({ cid, service })
    const before = this.#book.get(id)
    if (before !== undefined && ['queued', 'pinning', 'pinned'].includes(before.state)) return this.#view(before)
    const share = mayPin(cid, this.#deps)
    const coming = [...this.#adding.keys()].filter((other) => other !== id && this.#book.get(other) === undefined)
    if (before === undefined) this.#book.mustHaveRoom(coming.length)
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
      this.#watch.went(pin)
      counters.add('pinning.asked')
      void linkToDelegates(status, this.#deps, signal)
      return this.#view(pin)
    } catch (error) {
      this.#watch.failed(service, error)
      throw error
    }
  }

  #serviceView(name: string): PinServiceView {
    const { endpoint, token } = this.#services.get(name)
    const pins = this.#book.all().filter((pin) => pin.service === name).length
    return { name, endpoint, hasToken: token !== null, problem: this.#watch.problemOf(name), pins }
  }

  #view(pin: KnownPin): PinView {
    const { service, cid, name, state, details, sinceMs, checkedAtMs } = pin
    const id = pinId(pin)
    return { id, service, cid, name, state, details, sinceMs, checkedAtMs, problem: this.#watch.problemOfPin(id) }
  }

  #tell(pins: readonly KnownPin[]): void {
    if (pins.length > 0) this.#events.emit('pins:changed', { ids: pins.map(pinId) })
  }
}
