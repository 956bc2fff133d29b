import { SwarmError } from '../../../shared/errors.ts'
import type { Unsubscribe } from '../../base/emitter.ts'

/** How many live iterators one connection may hold. A window with every page open uses eight. */
const defaultMax = 32

/** Counts what is open at once and refuses more: a client that forgets to close iterators cannot fill our memory. */
export class Slots {
  readonly #max: number
  #taken = 0

  constructor(init: { readonly max?: number } = {}) {
    this.#max = init.max ?? defaultMax
  }

  get taken(): number {
    return this.#taken
  }

  /** @throws SwarmError LIMIT_REACHED when all slots are taken. Releasing twice is harmless. */
  take(): Unsubscribe {
    if (this.#taken >= this.#max) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `this connection already holds ${this.#max} live subscriptions: close some before opening more`,
        { detail: { max: this.#max } },
      )
    }
    this.#taken += 1
    let held = true
    return () => {
      if (held) this.#taken -= 1
      held = false
    }
  }
}
