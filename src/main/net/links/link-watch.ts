import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'

/** One connection, as far as the watch needs it. */
export interface WatchedLink {
  /** The same for as long as the connection lives. */
  readonly id: string
  readonly peer: string
  /** Data waits to leave: a ping is behind it. */
  readonly sending: boolean
  /** Resolves once the other side has answered; rejects when it cannot be told. */
  ping(options: { readonly signal: AbortSignal }): Promise<void>
  cut(error: Error): void
}

export interface LinkWatchDeps {
  readonly links: () => readonly WatchedLink[]
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

export interface LinkWatchInit {
  /** How often a link that answers is asked again. Default 5 s. */
  readonly pingEveryMs?: number
  /** How long one may be silent before it is cut. Default 15 s: a busy Raspberry Pi answers late, and is not gone. */
  readonly patienceMs?: number
  /** The same while data waits to leave: a slow Wi-Fi link with a log on it carries the ping last. Default 45 s. */
  readonly sendingPatienceMs?: number
  /** How often the watch looks. Default 1 s. */
  readonly lookEveryMs?: number
}

interface State {
  /** How long we have listened for an answer in vain. */
  silentMs: number
  nextPingAtMs: number
  /** A ping is due, and was sent at least once. */
  asked: boolean
  ping: Promise<void> | null
}

/**
 * Cuts links that carry nothing any more: one whose Wi-Fi vanished shows no error. Our own slowness is no reason: however
 * late a look comes, it counts for one look's time, and what came meanwhile is read before the next one.
 */
export class LinkWatch implements Startable {
  readonly #deps: LinkWatchDeps
  readonly #pingEveryMs: number
  readonly #patienceMs: number
  readonly #sendingPatienceMs: number
  readonly #lookEveryMs: number
  readonly #states = new Map<string, State>()
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: LinkWatchDeps, init: LinkWatchInit = {}) {
    this.#deps = deps
    this.#pingEveryMs = init.pingEveryMs ?? 5_000
    this.#patienceMs = init.patienceMs ?? 15_000
    this.#sendingPatienceMs = init.sendingPatienceMs ?? 45_000
    this.#lookEveryMs = init.lookEveryMs ?? 1_000
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#loop = this.#watch(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
    await Promise.all([...this.#states.values()].flatMap(({ ping }) => ping ?? []))
    this.#states.clear()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, links } = this.#deps
    try {
      for (;;) {
        await clock.sleep(this.#lookEveryMs, { signal })
        const open = links()
        const ids = new Set(open.map(({ id }) => id))
        for (const id of this.#states.keys()) if (!ids.has(id)) this.#states.delete(id)
        for (const link of open) this.#look(link, signal)
      }
    } catch (error) {
      if (!isAbort(error)) this.#deps.log.error({ err: error }, 'watching the links ended')
    }
  }

  #look(link: WatchedLink, signal: AbortSignal): void {
    const now = this.#deps.clock.monotonic()
    let state = this.#states.get(link.id)
    if (state === undefined) {
      // At once, so that a new link's latency is known soon.
      state = { silentMs: 0, nextPingAtMs: now, asked: false, ping: null }
      this.#states.set(link.id, state)
    }
    if (now < state.nextPingAtMs) return
    const asked = state.asked
    state.asked = true
    state.ping ??= this.#ping(link, state, signal)
    if (!asked) return
    state.silentMs += this.#lookEveryMs
    if (state.silentMs < (link.sending ? this.#sendingPatienceMs : this.#patienceMs)) return
    this.#states.delete(link.id)
    this.#deps.counters.add('links.cut:silent')
    this.#deps.log.info({ peer: link.peer, silentMs: state.silentMs }, 'a link that does not answer was cut')
    link.cut(new Error(`no answer within ${state.silentMs} ms`))
  }

  /** A ping that fails says nothing: the next look asks again, and the silence goes on counting. */
  async #ping(link: WatchedLink, state: State, signal: AbortSignal): Promise<void> {
    try {
      await link.ping({ signal })
      state.silentMs = 0
      state.asked = false
      state.nextPingAtMs = this.#deps.clock.monotonic() + this.#pingEveryMs
    } catch {
      // Nothing is known yet.
    } finally {
      state.ping = null
    }
  }
}
