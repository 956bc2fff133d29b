/** Remembers the last `max` names that were added; the oldest are forgotten first. */
export class RecentSet {
  readonly #names = new Set<string>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  /** False when it was there already; then it is as new as if just added. */
  add(name: string): boolean {
    const isNew = !this.#names.delete(name)
    this.#names.add(name)
    if (this.#names.size > this.#max) {
      const oldest = this.#names.values().next()
      if (oldest.done !== true) this.#names.delete(oldest.value)
    }
    return isNew
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  get size(): number {
    return this.#names.size
  }
}
