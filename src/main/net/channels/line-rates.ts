import type { Clock } from '../../base/clock.ts'
import { HostTable } from '../../base/host-table.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

export interface RateLimits {
  /** Messages a second that one link may bring, and at once after a quiet time. */
  readonly messagesPerS: number
  readonly burstMessages: number
  readonly bytesPerS: number
  readonly burstBytes: number
  /** All links together bring at most so many times what one may: a flood from many places is a flood too. */
  readonly shares: number
}

export interface LineRatesInit {
  readonly limits: RateLimits
  readonly hostOf: (link: string) => string
  /** Whether the rate is that of a link, with twice or more for its host, or of its host with all its links. */
  readonly rateBy: 'link' | 'host'
}

/** Whether there is room for something: not, because of its own link or host, or because of all together. */
export type Room = 'yes' | 'own' | 'all'

interface Rate {
  readonly messages: TokenBucket
  readonly bytes: TokenBucket
}

/** Links whose rate is remembered, and of one host. */
const links = { max: 1_024, maxOfHost: 256 }
/** Hosts that have a share of their own while all together bring too much. */
const maxKnown = 32
/** As much as a part of what one may bring: an honest peer's talk, and in sum as much again as all may bring. */
const knownShare = 1 / 16
/** A host that brought nothing of ours for so long makes room for another. */
const knownForMs = 60_000

/**
 * How fast each link of a channel, each host and all together may bring something. Who floods, from however many links,
 * uses up what is its own and half of what is for all; hosts that bring messages of ours have some that nobody can take.
 */
export class LineRates {
  readonly #clock: Clock
  readonly #init: LineRatesInit
  readonly #links: HostTable<Rate>
  readonly #hosts: HostTable<Rate>
  readonly #known = new Map<string, Rate & { atMs: number }>()
  readonly #all: Rate

  constructor(clock: Clock, init: LineRatesInit) {
    this.#clock = clock
    this.#init = init
    this.#links = new HostTable({ ...links, hostOf: init.hostOf })
    this.#hosts = new HostTable({ ...links, hostOf: (host) => host })
    this.#all = this.#newRate(init.limits.shares)
  }

  /** Takes room for a message, if there is some. */
  take(link: string, bytes: number): Room {
    const own = this.#own(link)
    if (!own.every(({ messages, bytes: left }) => messages.take() && left.take(bytes))) return 'own'
    const known = this.#known.get(this.#init.hostOf(link))
    if (known !== undefined && known.messages.take() && known.bytes.take(bytes)) return 'yes'
    return this.#all.messages.take() && this.#all.bytes.take(bytes) ? 'yes' : 'all'
  }

  /**
   * Until a link may bring so much more: for channels that can make it wait. Takes it in any case; what is above its own
   * share is its own debt, so that one that floods does not make all others wait.
   * @param messages none for an empty line
   */
  waitMs(link: string, bytes: number, messages: 0 | 1): number {
    const own = this.#own(link)
    const isWithin = own.every((rate) => rate.messages.waitMs(messages) === 0 && rate.bytes.waitMs(bytes) === 0)
    const known = this.#known.get(this.#init.hostOf(link))
    const isKnown = known !== undefined && known.messages.waitMs(messages) === 0 && known.bytes.waitMs(bytes) === 0
    let waitMs = 0
    for (const rate of isWithin ? [...own, isKnown ? known : this.#all] : own) {
      if (messages > 0) rate.messages.spend(messages)
      rate.bytes.spend(bytes)
      waitMs = Math.max(waitMs, rate.messages.waitMs(0), rate.bytes.waitMs(0))
    }
    return waitMs
  }

  /** A link brought a message of ours: its host has a share of its own for a while. */
  knows(link: string): void {
    const host = this.#init.hostOf(link)
    const now = this.#clock.monotonic()
    const known = this.#known.get(host)
    if (known !== undefined) {
      known.atMs = now
      return
    }
    if (this.#known.size >= maxKnown) {
      for (const [name, { atMs }] of this.#known) if (now - atMs > knownForMs) this.#known.delete(name)
    }
    if (this.#known.size < maxKnown) this.#known.set(host, { ...this.#newRate(knownShare), atMs: now })
  }

  #own(link: string): readonly Rate[] {
    const { hostOf, limits, rateBy } = this.#init
    const host = hostOf(link)
    if (rateBy === 'host') return [this.#rateIn(this.#hosts, host, 1)]
    // Where a link is its own host, one rate says all.
    const ofLink = this.#rateIn(this.#links, link, 1)
    return host === link ? [ofLink] : [ofLink, this.#rateIn(this.#hosts, host, Math.max(1, limits.shares / 2))]
  }

  #rateIn(table: HostTable<Rate>, key: string, shares: number): Rate {
    const rate = table.get(key) ?? this.#newRate(shares)
    table.set(key, rate)
    return rate
  }

  #newRate(shares: number): Rate {
    const { messagesPerS, burstMessages, bytesPerS, burstBytes } = this.#init.limits
    return {
      messages: new TokenBucket(this.#clock, { perS: shares * messagesPerS, burst: shares * burstMessages }),
      bytes: new TokenBucket(this.#clock, { perS: shares * bytesPerS, burst: shares * burstBytes }),
    }
  }
}
