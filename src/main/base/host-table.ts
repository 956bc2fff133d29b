export interface HostTableInit {
  /** Entries in all; past it the host with the most loses its oldest. */
  readonly max: number
  /** Entries of one host; past it that host loses its oldest. */
  readonly maxOfHost: number
  /** Of which host an entry is. */
  readonly hostOf: (key: string) => string
}

/**
 * A bounded map of what others can make as many of as they like (ports, nicks), so that one host with very many takes
 * room from nobody but itself. In the order in which entries were last set.
 */
export class HostTable<Value> {
  readonly #init: HostTableInit
  readonly #entries = new Map<string, Value>()
  /** The keys of each host, the oldest first. */
  readonly #hosts = new Map<string, Set<string>>()

  constructor(init: HostTableInit) {
    this.#init = init
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** Sets an entry, which is the newest then. */
  set(key: string, value: Value): void {
    this.delete(key)
    this.#entries.set(key, value)
    const host = this.#init.hostOf(key)
    const keys = this.#hosts.get(host) ?? new Set()
    keys.add(key)
    this.#hosts.set(host, keys)
    if (keys.size > this.#init.maxOfHost) this.#forgetOldest(keys)
    else if (this.#entries.size > this.#init.max) this.#forgetOldest(this.#largest())
  }

  delete(key: string): boolean {
    if (!this.#entries.delete(key)) return false
    const host = this.#init.hostOf(key)
    const keys = this.#hosts.get(host)
    keys?.delete(key)
    if (keys?.size === 0) this.#hosts.delete(host)
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#hosts.clear()
  }

  values(): IterableIterator<Value> {
    return this.#entries.values()
  }

  [Symbol.iterator](): IterableIterator<[string, Value]> {
    return this.#entries[Symbol.iterator]()
  }

  #largest(): ReadonlySet<string> {
    let largest: ReadonlySet<string> = new Set()
    for (const keys of this.#hosts.values()) if (keys.size > largest.size) largest = keys
    return largest
  }

  #forgetOldest(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      this.delete(key)
      return
    }
  }
}
