import type { Clock } from '../../base/clock.ts'
import type { PartType } from './udp-datagram.ts'

/** Whoever lacks a part asks within two seconds; a receiver that slept a little longer is still served. */
const keptMs = 30_000
const maxKeptBytes = 4 * 1_024 * 1_024

interface Sent {
  readonly datagrams: readonly Buffer[]
  readonly atMs: number
  readonly bytes: number
}

/** Messages that were sent lately, in case that parts of them were lost: bounded by bytes and by time. */
export class UdpSent {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #sent = new Map<string, Sent>()
  #bytes = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  keep(type: PartType, no: number, datagrams: readonly Buffer[]): void {
    const bytes = datagrams.reduce((sum, { length }) => sum + length, 0)
    this.#sent.set(`${type} ${no}`, { datagrams, bytes, atMs: this.#clock.monotonic() })
    this.#bytes += bytes
    const oldestMs = this.#clock.monotonic() - keptMs
    for (const [key, sent] of this.#sent) {
      if (this.#bytes <= maxKeptBytes && sent.atMs > oldestMs) break
      this.#sent.delete(key)
      this.#bytes -= sent.bytes
    }
  }

  /** The datagrams of the parts that are asked for; none named: all. Empty once it is too long ago. */
  find(type: PartType, no: number, parts: readonly number[]): readonly Buffer[] {
    const sent = this.#sent.get(`${type} ${no}`)
    if (sent === undefined || sent.atMs < this.#clock.monotonic() - keptMs) return []
    if (parts.length === 0) return sent.datagrams
    return parts.flatMap((part) => sent.datagrams[part] ?? [])
  }

  clear(): void {
    this.#sent.clear()
    this.#bytes = 0
  }
}
