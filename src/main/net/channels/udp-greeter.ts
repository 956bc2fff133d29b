import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { greet, type Datagram, type DatagramSwarm } from './udp-datagram.ts'
import type { UdpPlaceOfPeer } from './udp-links.ts'

/** Keeps a way through NAT open, and is how soon a listener that came back knows us again. */
const helloEveryMs = 5_000

export interface UdpGreeterDeps {
  readonly clock: Clock
  readonly swarm: DatagramSwarm
  readonly sendAll: (datagram: Buffer) => Promise<unknown>
  readonly sendTo: (datagram: Buffer, address: string, port: number) => Promise<unknown>
  /** A link hears what is sent to its address. */
  readonly onProven: (link: string, from: UdpPlaceOfPeer) => void
}

/**
 * Whoever speaks to one address says hello, and is sent a cookie; who brings it back hears what is sent to its address,
 * and gets all messages from then on. Without that anybody could have them sent to somebody else. In a
 * private swarm greetings are signed with a key made from the network key: nobody else gets anything.
 */
export class UdpGreeter {
  readonly #deps: UdpGreeterDeps
  /** Our own, of this run, in hex. */
  readonly #sender: string
  readonly #secret = randomBytes(32)
  /** What we bring back to the one address that we say hello to, in hex; empty before its first answer. */
  #cookie = ''

  constructor(deps: UdpGreeterDeps, init: { readonly sender: string }) {
    this.#deps = deps
    this.#sender = init.sender
  }

  /** Says hello now and then until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.sendAll(this.#greet('hello', this.#cookie))
      await this.#deps.clock.sleep(helloEveryMs, { signal }).catch(() => {})
    }
  }

  take(greeting: Extract<Datagram, { readonly cookie: string }>, link: string, from: UdpPlaceOfPeer): void {
    const { kind, cookie } = greeting
    if (kind === 'cookie') {
      if (cookie === this.#cookie) return
      this.#cookie = cookie
      // From whichever of its addresses the answer came, that is where it is to be brought.
      void this.#deps.sendTo(this.#greet('hello', cookie), from.address, from.port)
      return
    }
    const wanted = createHmac('sha256', this.#secret).update(link).digest('hex').slice(0, 16)
    if (cookie === wanted) this.#deps.onProven(link, from)
    else void this.#deps.sendTo(this.#greet('cookie', wanted), from.address, from.port)
  }

  #greet(type: 'hello' | 'cookie', cookie: string): Buffer {
    return greet(this.#deps.swarm, type, this.#sender, cookie)
  }
}
