/** Times one core spent since boot, in milliseconds: the shape of `os.cpus()[n].times`. */
export interface CoreTimes {
  readonly user: number
  readonly nice: number
  readonly sys: number
  readonly idle: number
  readonly irq: number
}

/** Busy share of all cores between two looks; undefined at the first look and when no time passed. */
export class CpuMeter {
  #before: { readonly busy: number; readonly total: number } | undefined

  /** @returns percent of all cores, 0 to 100 */
  read(cores: readonly CoreTimes[]): number | undefined {
    let busy = 0
    let total = 0
    for (const core of cores) {
      const active = core.user + core.nice + core.sys + core.irq
      busy += active
      total += active + core.idle
    }
    const before = this.#before
    this.#before = { busy, total }
    // A core that went offline takes its times with it: the sums then go back, and say nothing.
    if (before === undefined || total <= before.total || busy < before.busy) return undefined
    return Math.min(100, ((busy - before.busy) / (total - before.total)) * 100)
  }
}
