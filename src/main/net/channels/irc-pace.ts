import { isIPv4 } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

export interface IrcPaceInit {
  /** Lines at once after a quiet time. */
  readonly burst: number
  /** Then one line in this time. */
  readonly everyMs: number
}

/** RFC 1459, 8.10: each line costs two seconds, and ten may be owed; one line less, for what we say besides. */
export const publicPace: IrcPaceInit = { burst: 4, everyMs: 2_000 }
/** A server in a private network is the lab's own. */
export const ownPace: IrcPaceInit = { burst: 20, everyMs: 100 }

/** Lines that the server need not have read yet: some 5 kB, where servers cut off a client that is 8 kB ahead. */
const aheadLines = 12
/** It is asked whether it has read them so often. */
const askEveryLines = 4

/** The pace for a server at this address. */
export function paceFor(host: string): IrcPaceInit {
  return isPrivate(host) ? ownPace : publicPace
}

/** Loopback, link-local, and the private networks of RFC 1918 and RFC 4193; names are resolved by nobody here. */
function isPrivate(host: string): boolean {
  if (!isIPv4(host)) return /^(::1$|f[cd][0-9a-f]{2}:|fe80:)/i.test(host) || host === 'localhost'
  const [a = 0, b = 0] = host.split('.').map(Number)
  return (
    a === 10 || a === 127 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32) || (a === 169 && b === 254)
  )
}

/** Keeps what is said to an IRC server below what it takes from one client, as it says and as it shows. */
export class IrcPace {
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  /** Whether it is worth asking how far the server has read: not when the pace itself is slow. */
  readonly #asks: boolean
  #said = 0
  #read = 0
  #wake: (() => void) | null = null

  constructor(clock: Clock, { burst, everyMs }: IrcPaceInit) {
    this.#clock = clock
    this.#bucket = new TokenBucket(clock, { perS: 1_000 / everyMs, burst })
    this.#asks = everyMs < 1_000
  }

  /**
   * Resolves when the next line may be said.
   * @param heard resolves once the server has read what was said so far
   */
  async next(heard: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (!this.#bucket.take()) {
      await this.#clock.sleep(this.#bucket.waitMs(), { signal })
      this.#bucket.spend()
    }
    if (!this.#asks) return
    this.#said += 1
    if (this.#said % askEveryLines === 0) this.#ask(heard)
    while (this.#said - this.#read > aheadLines && !signal.aborted) {
      const wake = (): void => this.#wake?.()
      const wakened = new Promise<void>((resolve) => (this.#wake = resolve))
      signal.addEventListener('abort', wake, { once: true })
      await wakened
      signal.removeEventListener('abort', wake)
    }
  }

  #ask(heard: () => Promise<void>): void {
    const upTo = this.#said - 1
    void heard().then(() => {
      this.#read = Math.max(this.#read, upTo)
      this.#wake?.()
    })
  }
}
