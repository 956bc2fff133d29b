import type { BucketName } from '../../model/bucket.ts'

/** Whoever claims: one session. */
export type Claimant = object

/** A session that hangs must not keep a record from the others. */
const claimMs = 60_000
/** About 4 MiB; past this nothing more is claimed, and records may come twice. */
const maxClaims = 20_000

interface Claim {
  by: Claimant | null
  untilMs: number
}

/**
 * Items that some session is fetching just now: when several neighbours have what is lacking here, each item is fetched
 * from one of them. An item is claimed once: when that has ended, in whatever way, all may bring it, so that nobody
 * keeps it from us by claims one after the other. What trust rests on is never claimed.
 */
export class Claims {
  /** In the order of their beginning; those that are over stay until there is need of room. */
  readonly #claims = new Map<string, Claim>()
  readonly #of = new Map<Claimant, Set<string>>()
  readonly #clock: { monotonic(): number }

  constructor(deps: { readonly clock: { monotonic(): number } }) {
    this.#clock = deps.clock
  }

  /** False when another has it. */
  take(bucket: BucketName, item: Uint8Array, by: Claimant): boolean {
    if (bucket === 'trust') return true
    const key = keyOf(item)
    const claim = this.#claims.get(key)
    const now = this.#clock.monotonic()
    if (claim !== undefined) return claim.by === null || claim.by === by || claim.untilMs <= now
    this.#makeRoom(now)
    if (this.#claims.size >= maxClaims) return true
    this.#claims.set(key, { by, untilMs: now + claimMs })
    const own = this.#of.get(by) ?? new Set()
    own.add(key)
    this.#of.set(by, own)
    return true
  }

  /** Gives back one item, which the claimant did not bring. */
  free(item: Uint8Array, by: Claimant): void {
    const key = keyOf(item)
    if (this.#of.get(by)?.delete(key) === true) this.#end(key)
  }

  /** Gives back all that one claimed. */
  release(by: Claimant): void {
    for (const key of this.#of.get(by) ?? []) this.#end(key)
    this.#of.delete(by)
  }

  /** Items that are remembered, claimed now or before. */
  get size(): number {
    return this.#claims.size
  }

  #end(key: string): void {
    const claim = this.#claims.get(key)
    if (claim !== undefined) claim.by = null
  }

  #makeRoom(now: number): void {
    for (const [key, { by, untilMs }] of this.#claims) {
      if (this.#claims.size < maxClaims || (by !== null && untilMs > now)) return
      this.#claims.delete(key)
      if (by !== null) this.#of.get(by)?.delete(key)
    }
  }
}

const keyOf = (item: Uint8Array): string => Buffer.from(item.buffer, item.byteOffset, item.length).toString('latin1')
