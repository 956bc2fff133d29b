/** Turns a counter that only grows (bytes sent since boot) into a rate. */
export class RateMeter {
  #before: { readonly count: number; readonly atMs: number } | undefined

  /**
   * @param count the counter's value at `atMs` (monotonic milliseconds)
   * @returns units a second since the call before; undefined at the first call and when the counter was reset
   */
  read(count: number, atMs: number): number | undefined {
    const before = this.#before
    this.#before = { count, atMs }
    if (before === undefined || atMs <= before.atMs || count < before.count) return undefined
    return ((count - before.count) * 1000) / (atMs - before.atMs)
  }
}
