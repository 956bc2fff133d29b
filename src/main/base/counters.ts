/**
 * Named counters: what was refused, dropped, retried, and why. Names are `area.what:reason`, e.g.
 * `ingest.refused:bad-signature`. Bounded: past `maxNames` further names are added up under `other`.
 */
export class Counters {
  readonly #counts = new Map<string, number>()
  readonly #maxNames: number

  constructor(init: { readonly maxNames?: number } = {}) {
    this.#maxNames = init.maxNames ?? 500
  }

  add(name: string, by = 1): void {
    const key = this.#counts.has(name) || this.#counts.size < this.#maxNames ? name : 'other'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** All counters by name, sorted. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
