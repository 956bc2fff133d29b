import type { PeerId } from '../../../shared/ids.ts'
import type { ChannelKind, SwarmMessageView } from '../../../shared/network-views.ts'
import type { Clock } from '../../base/clock.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

/** What is remembered of a message that came in, or was put on a channel. */
export interface MessageFacts {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly channel: string
  readonly channelKind: ChannelKind
  readonly kind: string
  readonly from: PeerId | null
  readonly to: string | null
  readonly hops: number
  readonly bytes: number
  readonly summary: string
  readonly outcome: SwarmMessageView['outcome']
  readonly reason: string | null
  readonly trace: string | null
}

export interface StreamEntry extends MessageFacts {
  /** Rises by one with every message, kept or not: a gap tells how many were left out. */
  readonly no: number
  readonly atMs: number
}

export interface MessageStreamInit {
  /** Default 5,000: what a person searches, and minutes of a busy lab. */
  readonly maxEntries?: number
  /** Default 4 MiB: texts and long addresses make few entries large. */
  readonly maxBytes?: number
  /** Messages kept in a second, in the long run; of more only the number is. Default 200. */
  readonly perS?: number
  /** Messages kept at once after a quiet time. Default 1,000. */
  readonly burst?: number
}

/** An entry's fields and what holds them together. */
const entryBytes = 250

/**
 * The last messages of all channels, in and out, refused ones too. Cheap: one small object a message; under a flood
 * most are only counted, so that a flood neither costs much nor washes everything else away at once.
 */
export class MessageStream {
  readonly #clock: Clock
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #rate: TokenBucket
  readonly #events = new Emitter<{ 'messages:added': Record<never, never> }>()
  #entries: StreamEntry[] = []
  /** Entries before this are forgotten; the list is cut when they are half of it. */
  #first = 0
  #bytes = 0
  #no = 0

  constructor(deps: { readonly clock: Clock }, init: MessageStreamInit = {}) {
    this.#clock = deps.clock
    this.#maxEntries = init.maxEntries ?? 5_000
    this.#maxBytes = init.maxBytes ?? 4 * 1024 * 1024
    this.#rate = new TokenBucket(deps.clock, { perS: init.perS ?? 200, burst: init.burst ?? 1_000 })
  }

  get events(): EventSource<{ 'messages:added': Record<never, never> }> {
    return this.#events
  }

  /** The number of the last message, kept or not; 0 before the first. */
  get lastNo(): number {
    return this.#no
  }

  get size(): number {
    return this.#entries.length - this.#first
  }

  push(facts: MessageFacts): void {
    this.#no += 1
    if (!this.#rate.take()) return
    const entry = { no: this.#no, atMs: Math.trunc(this.#clock.now()), ...facts }
    this.#entries.push(entry)
    this.#bytes += sizeOf(entry)
    while (this.size > this.#maxEntries || (this.#bytes > this.#maxBytes && this.size > 1)) this.#forgetOldest()
    this.#events.emit('messages:added', {})
  }

  /** Entries after number `after` that match, oldest first: the first `limit` of them. */
  after(after: number, limit: number, matches: (entry: StreamEntry) => boolean = () => true): readonly StreamEntry[] {
    const found: StreamEntry[] = []
    for (let at = this.#indexAfter(after); at < this.#entries.length && found.length < limit; at += 1) {
      const entry = this.#entries[at]
      if (entry !== undefined && matches(entry)) found.push(entry)
    }
    return found
  }

  /** The newest `limit` entries that match, oldest first. */
  last(limit: number, matches: (entry: StreamEntry) => boolean = () => true): readonly StreamEntry[] {
    const found: StreamEntry[] = []
    for (let at = this.#entries.length - 1; at >= this.#first && found.length < limit; at -= 1) {
      const entry = this.#entries[at]
      if (entry !== undefined && matches(entry)) found.push(entry)
    }
    return found.reverse()
  }

  /**
   * What came after number `after`: the newest `limit` entries that match, oldest first, and how many are left out:
   * of those that match, and of all that a flood was not kept of.
   */
  since(
    after: number,
    limit: number,
    matches: (entry: StreamEntry) => boolean = () => true,
  ): { readonly entries: readonly StreamEntry[]; readonly missed: number } {
    const kept = this.#entries.slice(this.#indexAfter(after))
    const entries = kept.filter(matches)
    const left = Math.max(0, this.#no - after - kept.length)
    return { entries: entries.slice(-limit), missed: left + Math.max(0, entries.length - limit) }
  }

  /** Where the first entry after a number is: numbers rise, so by halving. */
  #indexAfter(no: number): number {
    let low = this.#first
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.no ?? 0) <= no) low = middle + 1
      else high = middle
    }
    return low
  }

  #forgetOldest(): void {
    const oldest = this.#entries[this.#first]
    if (oldest !== undefined) this.#bytes -= sizeOf(oldest)
    this.#first += 1
    if (this.#first * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }
}

function sizeOf({ summary, to, channel, trace }: MessageFacts): number {
  return entryBytes + summary.length + (to?.length ?? 0) + channel.length + (trace?.length ?? 0)
}
