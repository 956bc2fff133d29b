import { AsyncIteratorClass } from '@orpc/server'
import type { Clock } from '../../base/clock.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Slots } from './slots.ts'

/** Least time between two events of one subscriber: four a second is as fast as a person reads. */
export const minGapMs = 250

export interface LiveOptions {
  readonly clock: Clock
  readonly slots: Slots
  readonly signal: AbortSignal | undefined
  /** Turns what `first` and `next` throw into what the caller may see. */
  readonly onError: (error: unknown) => unknown
}

export interface LiveSource<Event> {
  /** Calls `wake` whenever `next` may have something new. */
  subscribe(wake: () => void): Unsubscribe
  /** What a new subscriber gets at once; null for nothing yet. */
  first(): Event | null
  /** The latest state since the last call; null when nothing changed after all. */
  next(): Event | null
  /** Whether `next` has the rest of what it told last, which waits for nothing. Left out: never. */
  hasRest?(): boolean
}

/**
 * Live data as an async iterator: `first`, then `next` after each wake-up, at least `minGapMs` apart, so that a slow
 * reader gets the latest state and never a queue. What is told in parts follows part by part, as fast as it is pulled,
 * with a turn for all others in between. Subscribes with the first pull, unsubscribes when the reader
 * returns, the signal aborts or the source throws.
 */
export function live<Event>(source: LiveSource<Event>, options: LiveOptions): AsyncIteratorClass<Event, undefined> {
  const ended = new AbortController()
  const signal = options.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, options.signal])
  const undo: Unsubscribe[] = []
  let woken = false
  let onWake: (() => void) | null = null
  let lastMs = Number.NEGATIVE_INFINITY

  const wake = () => {
    woken = true
    onWake?.()
  }
  const close = () => {
    ended.abort()
    for (const one of undo.splice(0)) one()
    onWake?.()
  }
  const open = (): Event | null => {
    undo.push(options.slots.take(), source.subscribe(wake))
    signal.addEventListener('abort', close, { once: true })
    return source.first()
  }
  const untilWoken = async () => {
    if (!woken && !signal.aborted) await new Promise<void>((resolve) => (onWake = resolve))
    onWake = null
    const waitMs = lastMs + minGapMs - options.clock.monotonic()
    if (waitMs > 0 && !signal.aborted) await options.clock.sleep(waitMs, { signal }).catch(() => {})
    woken = false
  }
  const done = { value: undefined, done: true } as const

  let started = false
  return new AsyncIteratorClass<Event, undefined>(
    async () => {
      try {
        let event: Event | null = null
        if (!started) {
          started = true
          if (signal.aborted) return done
          event = open()
        }
        while (event === null) {
          if (source.hasRest?.() === true) await aTurn()
          else await untilWoken()
          if (signal.aborted) return done
          event = source.next()
        }
        lastMs = options.clock.monotonic()
        return { value: event, done: false }
      } catch (error) {
        throw options.onError(error)
      }
    },
    async () => close(),
  )
}

/** All that waits for the thread gets it. */
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
