/** Seconds over which the shown speed forgets: long enough not to flicker, short enough to follow a link. */
const memoryMs = 3_000
/** Bytes are gathered this long before they count as one sample. */
const sampleMs = 250

/** Speed of a transfer, an exponentially weighted mean. Time is given by the caller, monotonic. */
export class Rate {
  #bytesPerS = 0
  #gathered = 0
  #sinceMs: number
  #started = false

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  add(bytes: number, nowMs: number): void {
    this.#gathered += bytes
    const elapsedMs = nowMs - this.#sinceMs
    if (elapsedMs < sampleMs) return
    const sample = (this.#gathered * 1_000) / elapsedMs
    const weight = this.#started ? 1 - Math.exp(-elapsedMs / memoryMs) : 1
    this.#bytesPerS += weight * (sample - this.#bytesPerS)
    this.#started = true
    this.#gathered = 0
    this.#sinceMs = nowMs
  }

  /** Bytes a second; sinks towards zero while nothing comes. */
  at(nowMs: number): number {
    const silentMs = nowMs - this.#sinceMs
    return silentMs <= 4 * sampleMs
      ? this.#bytesPerS
      : this.#bytesPerS * Math.exp(-(silentMs - 4 * sampleMs) / memoryMs)
  }
}
