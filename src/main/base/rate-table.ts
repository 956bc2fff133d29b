import type { Clock } from './clock.ts'
import { RecentMap } from './recent-map.ts'
import { TokenBucket } from './token-bucket.ts'

/** A token bucket for each of many names. Past `max` of them the one asked for longest ago begins anew, with a full burst. */
export class RateTable<Name extends string = string> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #buckets: RecentMap<Name, TokenBucket>

  constructor(clock: Pick<Clock, 'monotonic'>, init: { readonly max: number }) {
    this.#clock = clock
    this.#buckets = new RecentMap(init.max)
  }

  /** @param terms of a bucket that has to be made */
  of(name: Name, terms: { readonly perS: number; readonly burst: number }): TokenBucket {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#clock, terms)
    this.#buckets.set(name, bucket)
    return bucket
  }

  /** Undefined: nobody has asked for it lately, so that it would be full. */
  peek(name: Name): TokenBucket | undefined {
    return this.#buckets.get(name)
  }

  delete(name: Name): void {
    this.#buckets.delete(name)
  }

  get size(): number {
    return this.#buckets.size
  }
}
