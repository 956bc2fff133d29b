import { setMaxListeners } from 'node:events'
import type { PeerId } from '../../shared/ids.ts'
import { isAbort } from '../../shared/errors.ts'
import { backoffMs } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Cursor } from './catch-up.ts'

export interface CatchUpScheduleDeps {
  /** One session; resolves to whether it came to its end. */
  readonly session: (
    peer: PeerId,
    options: {
      readonly cursor: Cursor | null
      readonly signal: AbortSignal
      readonly onCursor: (cursor: Cursor) => void
    },
  ) => Promise<boolean>
  readonly clock: Clock
  readonly random: () => number
}

interface Neighbour {
  dueAtMs: number
  failures: number
  sessions: number
  running: boolean
  cursor: Cursor | null
}

/** Sessions at the same time: one that waits for a slow neighbour must not hold up a fast one. */
const maxSessions = 2
/**
 * After the first session, once more soon: what was authored while the two were not yet in each other's mesh. Also after
 * one that went on from a cursor: what has come before the cursor since.
 */
const secondMs = 3_000
/** Then now and then, give or take half: gossip loses little, and equal pages cost a hash. */
const periodMs = 5 * 60_000

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
  add(peer: PeerId): void {
    const dueAtMs = this.#deps.clock.monotonic() + this.#deps.random() * 100
    this.#neighbours.set(peer, { dueAtMs, failures: 0, sessions: 0, running: false, cursor: null })
    this.#wake.abort()
  }

  remove(peer: PeerId): void {
    this.#neighbours.delete(peer)
  }

  /** Something was missed, or is new there: a session within about `inMs`. Null means every neighbour. */
  soon(peer: PeerId | null, inMs: number): void {
    const at = this.#deps.clock.monotonic() + inMs * (0.5 + this.#deps.random())
    for (const [name, neighbour] of this.#neighbours) {
      if (peer === null || peer === name) neighbour.dueAtMs = Math.min(neighbour.dueAtMs, at)
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
    // What becomes due meanwhile counts: it may lie before where this session is already.
    neighbour.dueAtMs = Number.POSITIVE_INFINITY
    const onCursor = (cursor: Cursor): void => void (neighbour.cursor = cursor)
    const { cursor } = neighbour
    const done = await this.#deps.session(peer, { cursor, signal, onCursor }).catch(() => false)
    neighbour.running = false
    neighbour.failures = done ? 0 : neighbour.failures + 1
    if (done) neighbour.cursor = null
    neighbour.sessions += done ? 1 : 0
    const waitMs = !done
      ? backoffMs(neighbour.failures, random(), { maxMs: 60_000 })
      : neighbour.sessions === 1 || cursor !== null
        ? secondMs
        : periodMs * (0.5 + random())
    neighbour.dueAtMs = Math.min(neighbour.dueAtMs, clock.monotonic() + waitMs)
  }
}
