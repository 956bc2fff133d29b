/** What needs the system's own ways to read. Anything a machine does not have is absent. */
export interface Readings {
  readonly temperatureC?: number
  readonly batteryPercent?: number
  readonly batteryCharging?: boolean
  /** Bytes through all network interfaces but loopback since boot. */
  readonly netRxBytes?: number
  readonly netTxBytes?: number
  /** Memory that programs could still get; where absent, `os.freemem()` says it well. */
  readonly memoryAvailableBytes?: number
  readonly notes: readonly string[]
}

/** Reads the system; called at most every `everyMs`. */
export interface ReadingSource {
  /** How often reading is cheap enough to be worth it, in milliseconds. */
  readonly everyMs: number
  read(): Promise<Readings>
}
