/** Whoever claims: one session. */
export type Claimant = object

/** A session that hangs must not keep a record from the others. */
const claimMs = 60_000
/** About 4 MiB; past this nothing more is claimed, and records may come twice. */
const maxClaims = 20_000

/**
 * Items that some session is fetching just now: when several neighbours have what is lacking here, each item is fetched
 * from one of them.
 */
export class Claims {
  readonly #claims = new Map<string, { readonly by: Claimant; readonly untilMs: number }>()
  readonly #clock: { monotonic(): number }

  constructor(deps: { readonly clock: { monotonic(): number } }) {
    this.#clock = deps.clock
  }

  /** False when another has it. */
  take(item: Uint8Array, by: Claimant): boolean {
    const key = Buffer.from(item.buffer, item.byteOffset, item.length).toString('latin1')
    const claim = this.#claims.get(key)
    const now = this.#clock.monotonic()
    if (claim !== undefined && claim.by !== by && claim.untilMs > now) return false
    if (this.#claims.size < maxClaims) this.#claims.set(key, { by, untilMs: now + claimMs })
    return true
  }

  /** Gives back all that one claimed. */
  release(by: Claimant): void {
    for (const [key, claim] of this.#claims) if (claim.by === by) this.#claims.delete(key)
  }

  get size(): number {
    return this.#claims.size
  }
}
