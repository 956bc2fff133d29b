import { setMaxListeners } from 'node:events'
import type { PeerId } from '../../../shared/ids.ts'
import { isAbort } from '../../../shared/errors.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'

/** How a session ended: `more` when something is left that others are fetching just now. */
export type SessionEnd = 'done' | 'more' | 'failed'

export interface CatchUpScheduleDeps {
  readonly session: (peer: PeerId, options: { readonly signal: AbortSignal }) => Promise<SessionEnd>
  readonly clock: Clock
  readonly random: () => number
}

interface Neighbour {
  dueAtMs: number
  /** No session before this, whatever it says. */
  notBeforeMs: number
  failures: number
  sessions: number
  running: boolean
  /** When it was last said that there is something. */
  toldAtMs: number
}

/** Sessions at the same time: one that waits for a slow neighbour must not hold up a fast one. */
const maxSessions = 2
/** After the first session, once more soon: what was authored while the two were not yet in each other's mesh. */
const secondMs = 3_000
/** Then now and then, give or take half: gossip loses little, and where nothing differs it costs some 700 bytes. */
const periodMs = 2 * 60_000
/** A session is for both sides: of two that link, the one with the larger id lets the other begin. */
const givesWayMs = 1_500
/** After a session, the next with the same neighbour not before this, whatever it says. */
const restMs = 500

/** When to catch up with whom: on a new link at once, after a failure with growing waits, else now and then. */
export class CatchUpSchedule implements Startable {
  readonly #deps: CatchUpScheduleDeps
  readonly #neighbours = new Map<PeerId, Neighbour>()
  readonly #sessions = new Set<Promise<void>>()
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #wake = new AbortController()

  constructor(deps: CatchUpScheduleDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    setMaxListeners(0, run.signal)
    this.#run = run
    this.#loop = this.#work(run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
    await Promise.all(this.#sessions)
    this.#neighbours.clear()
  }

  /** A new link. */
  add(peer: PeerId, { givesWay = false }: { readonly givesWay?: boolean } = {}): void {
    const now = this.#deps.clock.monotonic()
    const dueAtMs = now + (givesWay ? givesWayMs : 0) + this.#deps.random() * 100
    this.#neighbours.set(peer, {
      dueAtMs,
      notBeforeMs: now,
      failures: 0,
      sessions: 0,
      running: false,
      toldAtMs: Number.NEGATIVE_INFINITY,
    })
    this.#wake.abort()
  }

  /** A session that the neighbour began came to its end: nothing is due, but for what was said since. */
  met(peer: PeerId, startedAtMs: number): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour === undefined || neighbour.running || neighbour.toldAtMs >= startedAtMs) return
    const waitMs = neighbour.sessions === 0 ? secondMs + givesWayMs : periodMs
    neighbour.sessions += 1
    neighbour.failures = 0
    neighbour.dueAtMs = this.#deps.clock.monotonic() + waitMs * (0.5 + this.#deps.random())
  }

  remove(peer: PeerId): void {
    this.#neighbours.delete(peer)
  }

  /** Something was missed, or is new there: a session within about `inMs`. Null means every neighbour. */
  soon(peer: PeerId | null, inMs: number): void {
    const now = this.#deps.clock.monotonic()
    const at = now + inMs * (0.5 + this.#deps.random())
    for (const [name, neighbour] of this.#neighbours) {
      if (peer !== null && peer !== name) continue
      neighbour.dueAtMs = Math.max(neighbour.notBeforeMs, Math.min(neighbour.dueAtMs, at))
      neighbour.toldAtMs = now
    }
    this.#wake.abort()
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const now = this.#deps.clock.monotonic()
      const waitMs = Math.max(0, Math.min(this.#startDue(now, signal) - now, periodMs))
      try {
        await this.#deps.clock.sleep(waitMs, { signal: AbortSignal.any([signal, this.#wake.signal]) })
      } catch (error) {
        if (!isAbort(error)) throw error
      }
    }
  }

  /** Starts sessions that are due, the longest overdue first; returns when to look again. */
  #startDue(now: number, signal: AbortSignal): number {
    let nextAtMs = now + periodMs
    const waiting = [...this.#neighbours].filter(([, { running }]) => !running)
    waiting.sort(([, a], [, b]) => a.dueAtMs - b.dueAtMs)
    for (const [peer, neighbour] of waiting) {
      if (neighbour.dueAtMs > now) {
        nextAtMs = Math.min(nextAtMs, neighbour.dueAtMs)
        continue
      }
      // The end of a session looks again.
      if (this.#sessions.size >= maxSessions) break
      const session = this.#session(peer, neighbour, signal)
      this.#sessions.add(session)
      void session.then(() => {
        this.#sessions.delete(session)
        this.#wake.abort()
      })
    }
    return nextAtMs
  }

  async #session(peer: PeerId, neighbour: Neighbour, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    neighbour.running = true
    // What becomes due meanwhile counts: it may lie where this session has been already.
    neighbour.dueAtMs = Number.POSITIVE_INFINITY
    const end = await this.#deps.session(peer, { signal }).catch((): SessionEnd => 'failed')
    neighbour.running = false
    const isFirst = neighbour.sessions === 0
    neighbour.failures = end === 'failed' ? neighbour.failures + 1 : 0
    neighbour.sessions += end === 'failed' ? 0 : 1
    const waitMs =
      end === 'failed'
        ? backoffMs(neighbour.failures, random(), { maxMs: 60_000 })
        : end === 'more' || isFirst
          ? secondMs * (0.5 + random())
          : periodMs * (0.5 + random())
    const now = clock.monotonic()
    neighbour.notBeforeMs = now + restMs
    neighbour.dueAtMs = Math.max(neighbour.notBeforeMs, Math.min(neighbour.dueAtMs, now + waitMs))
  }
}
