/** Undoes a subscription; calling it twice is harmless. */
export type Unsubscribe = () => void

/** What others may do with an emitter: listen. Events are facts, in the past tense, sent after state is saved. */
export interface EventSource<Events> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe
}

/**
 * Typed, synchronous events. A throwing listener harms no other: its error goes to `onListenerError`.
 */
export class Emitter<Events> implements EventSource<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onListenerError: (error: unknown, name: keyof Events) => void

  constructor(onListenerError: (error: unknown, name: keyof Events) => void = () => {}) {
    this.#onListenerError = onListenerError
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe {
    let set = this.#listeners.get(name)
    if (set === undefined) this.#listeners.set(name, (set = new Set()))
    set.add(listener as (event: never) => void)
    return () => void set.delete(listener as (event: never) => void)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    // A copy: a listener that subscribes another must not make that one hear the same event.
    const listeners = Array.from(this.#listeners.get(name) ?? [])
    for (const listener of listeners) {
      try {
        ;(listener as (event: Events[Name]) => void)(event)
      } catch (error) {
        this.#onListenerError(error, name)
      }
    }
  }

  /** How many listeners there are in all: suites use it to find leaks. */
  get listenerCount(): number {
    let count = 0
    for (const set of this.#listeners.values()) count += set.size
    return count
  }
}
