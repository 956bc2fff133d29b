import type { Clock } from '../../base/clock.ts'
import { HostTable } from '../../base/host-table.ts'
import { TokenBucket } from '../../base/token-bucket.ts'

/** What is asked for again may take as much again as what is sent at first. */
const bytesPerS = 256 * 1_024
/** One host that asks gets half of it at the most: others have lost something too. */
const hostBytesPerS = bytesPerS / 2
/** Hosts whose askings are remembered. */
const maxHosts = 256

/** How much is sent again to whoever says that it lost something: anybody can say so, and name any address. */
export class UdpRepairs {
  readonly #clock: Clock
  readonly #all: TokenBucket
  readonly #hosts = new HostTable<TokenBucket>({ max: maxHosts, maxOfHost: 1, hostOf: (host) => host })

  constructor(clock: Clock) {
    this.#clock = clock
    this.#all = new TokenBucket(clock, { perS: bytesPerS, burst: 2 * bytesPerS })
  }

  take(host: string, bytes: number): boolean {
    const known = this.#hosts.get(host)
    const own = known ?? new TokenBucket(this.#clock, { perS: hostBytesPerS, burst: 2 * hostBytesPerS })
    this.#hosts.set(host, own)
    return own.take(bytes) && this.#all.take(bytes)
  }
}
