import type { SendOutcome } from './channel.ts'

export interface Waiting {
  readonly frame: Uint8Array
  readonly to: string | undefined
  readonly except: string | undefined
  readonly settle: (outcome: SendOutcome) => void
}

/** Frames that wait to be sent: bounded, the oldest go first when there are too many. */
export class SendQueue {
  readonly #maxItems: number
  readonly #maxBytes: number
  readonly #dropped: (reason: string) => SendOutcome
  #items: Waiting[] = []
  #bytes = 0

  /** @param dropped counts, and gives what the sender is told */
  constructor(
    init: { readonly maxItems: number; readonly maxBytes: number },
    dropped: (reason: string) => SendOutcome,
  ) {
    this.#maxItems = init.maxItems
    this.#maxBytes = init.maxBytes
    this.#dropped = dropped
  }

  get size(): number {
    return this.#items.length
  }

  add(item: Waiting): void {
    this.#items.push(item)
    this.#bytes += item.frame.length
    while (this.#items.length > this.#maxItems || (this.#bytes > this.#maxBytes && this.#items.length > 1)) {
      this.take()?.settle(this.#dropped('overflow'))
    }
  }

  take(): Waiting | undefined {
    const next = this.#items.shift()
    if (next !== undefined) this.#bytes -= next.frame.length
    return next
  }

  /** Drops all that waits. */
  clear(reason: string): void {
    for (let next = this.take(); next !== undefined; next = this.take()) next.settle(this.#dropped(reason))
  }
}
