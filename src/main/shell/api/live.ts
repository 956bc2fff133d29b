import { AsyncIteratorClass } from '@orpc/server'
import type { Clock } from '../../base/clock.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Slots } from './slots.ts'

/** Least time between two events of one subscriber: four a second is as fast as a person reads. */
export const minGapMs = 250

/** Changed ids that one subscriber may have waiting; past that it gets a snapshot instead. */
const maxDirty = 2_000

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
}

/**
 * Live data as an async iterator: `first`, then `next` after each wake-up, at least `minGapMs` apart, so that a slow
 * reader gets the latest state and never a queue. Subscribes with the first pull, unsubscribes when the reader
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
          await untilWoken()
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

export interface ListSource<Item> {
  all(): readonly Item[]
  get(id: string): Item | undefined
  subscribe(changed: (ids: readonly string[]) => void): Unsubscribe
}

/** A list, live: a snapshot, then the items that changed and the ids of those that went. */
export function liveList<Item>(
  source: ListSource<Item>,
  options: LiveOptions,
): AsyncIteratorClass<LiveListEvent<Item>, undefined> {
  const dirty = new Set<string>()
  let overflow = false
  const snapshot = () => ({ type: 'snapshot' as const, items: [...source.all()] })
  return live<LiveListEvent<Item>>(
    {
      subscribe: (wake) =>
        source.subscribe((ids) => {
          for (const id of ids) {
            if (dirty.size >= maxDirty) overflow = true
            else dirty.add(id)
          }
          wake()
        }),
      first: snapshot,
      next: () => {
        const ids = [...dirty]
        dirty.clear()
        if (overflow) {
          overflow = false
          return snapshot()
        }
        const changed: Item[] = []
        const removed: string[] = []
        for (const id of ids) {
          const item = source.get(id)
          if (item === undefined) removed.push(id)
          else changed.push(item)
        }
        return ids.length === 0 ? null : { type: 'changes', changed, removed }
      },
    },
    options,
  )
}

/** `LiveEvent` of the contract, with the arrays that zod's types want; each event is the reader's alone. */
export type LiveListEvent<Item> =
  | { type: 'snapshot'; items: Item[] }
  | { type: 'changes'; changed: Item[]; removed: string[] }
