import type { Clock } from '../../base/clock.ts'
import { HostTable } from '../../base/host-table.ts'
import { hostOf } from './link-name.ts'
import { isAny } from './udp-place.ts'

/** Whoever was silent for so long on a channel to one address is gone from there. */
const answerMs = 5 * 60_000
/** Who answered so lately is reached where it sends from, rather than at the address that it was first tried at. */
const lateMs = 60_000
/** Senders that can be answered, and of one host: a lab's containers behind one address, and room for others. */
const kept = { max: 256, maxOfHost: 64 }

/** Where a peer sends from. */
export interface UdpPlaceOfPeer {
  readonly address: string
  readonly port: number
}

/** The addresses that peers were heard from: where answers go. Bounded. */
export class UdpLinks {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #links = new HostTable<UdpPlaceOfPeer & { readonly atMs: number }>({ ...kept, hostOf })

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  get size(): number {
    return this.#links.size
  }

  get(link: string): UdpPlaceOfPeer | undefined {
    return this.#links.get(link)
  }

  remember(link: string, { address, port }: UdpPlaceOfPeer): void {
    this.#links.set(link, { address, port, atMs: this.#clock.monotonic() })
  }

  /**
   * All that a channel to one address reaches; the empty link is that address itself.
   * @param target null: not known yet
   */
  reached(target: string | null): string[] {
    const now = this.#clock.monotonic()
    const heard = [...this.#links].filter(([, { atMs }]) => now - atMs < answerMs)
    const isHeard = heard.some(([, { address, atMs }]) => address === target && now - atMs < lateMs)
    const first = isHeard || target === null || isAny(target) ? [] : ['']
    return [...first, ...heard.map(([link]) => link)]
  }

  clear(): void {
    this.#links.clear()
  }
}
