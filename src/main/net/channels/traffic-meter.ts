import type { Clock } from '../../base/clock.ts'
import type { ChannelView } from '../../../shared/network-views.ts'

/** Rates are of this many seconds past: short enough to be "now", long enough not to flicker. */
const windowS = 10

/** Messages and bytes in all, and a second, of one direction of a channel. */
export class TrafficMeter {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #seconds = Array.from({ length: windowS }, () => ({ second: -1, messages: 0, bytes: 0 }))
  #messages = 0
  #bytes = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** @param messages 0 for bytes that carry no message of their own: keepalives, parts sent again */
  add(bytes: number, messages = 1): void {
    this.#messages += messages
    this.#bytes += bytes
    const second = Math.floor(this.#clock.monotonic() / 1_000)
    const slot = this.#seconds[second % windowS]
    if (slot === undefined) return
    if (slot.second !== second) Object.assign(slot, { second, messages: 0, bytes: 0 })
    slot.messages += messages
    slot.bytes += bytes
  }

  view(): ChannelView['sent'] {
    const oldest = Math.floor(this.#clock.monotonic() / 1_000) - windowS
    const recent = this.#seconds.filter(({ second }) => second > oldest)
    const sum = (of: 'messages' | 'bytes'): number => recent.reduce((total, slot) => total + slot[of], 0)
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      messagesPerS: sum('messages') / windowS,
      bytesPerS: sum('bytes') / windowS,
    }
  }
}
