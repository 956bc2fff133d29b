import type { PeerId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import type { Digest } from './line-frames.ts'
import type { LinePace } from './line-pace.ts'

/** What is known of a peer on a channel. */
export interface LineNeighbour {
  readonly peer: PeerId
  /** Where it was heard last. */
  link: string
  /** What it said that it holds, when that differed, until it was looked at. */
  digest: Digest | null
  /** Sessions with it that changed nothing, in a row. */
  fruitless: number
  /** No session with it before this, by the monotonic clock. */
  notBeforeMs: number
}

/** Peers, and links, remembered; past this the one heard least recently is forgotten. */
const maxNeighbours = 1_024
/** Questions of one link that are answered a second, and at once: those of a session that runs as fast as it can. */
const linkPerS = 25
const linkBurst = 100
/** Of all links together: some 10 ms of work each at the worst. */
const allPerS = 50
const allBurst = 200

/** The peers on one channel, and whom to ask next. */
export class LineNeighbours {
  readonly #deps: { readonly clock: Clock; readonly random: () => number }
  readonly #pace: LinePace
  readonly #neighbours = new Map<PeerId, LineNeighbour>()
  readonly #links = new Map<string, TokenBucket>()
  readonly #all: TokenBucket

  constructor(deps: { readonly clock: Clock; readonly random: () => number }, init: { readonly pace: LinePace }) {
    this.#deps = deps
    this.#pace = init.pace
    this.#all = new TokenBucket(deps.clock, { perS: allPerS, burst: allBurst })
  }

  /** Whether a question of a link is answered: one that floods gets its share, and leaves others theirs. */
  mayAsk(link: string): boolean {
    const budget = this.#links.get(link) ?? new TokenBucket(this.#deps.clock, { perS: linkPerS, burst: linkBurst })
    this.#links.delete(link)
    this.#links.set(link, budget)
    forgetOldest(this.#links)
    return budget.take() && this.#all.take()
  }

  /** One that was heard just now. */
  heard(peer: PeerId, link: string): LineNeighbour {
    const known = this.#neighbours.get(peer)
    // A new name waits behind those that wait already: names cost nothing.
    const notBeforeMs = this.#deps.clock.monotonic()
    const neighbour = known ?? { peer, link, digest: null, fruitless: 0, notBeforeMs }
    neighbour.link = link
    this.#neighbours.delete(peer)
    this.#neighbours.set(peer, neighbour)
    forgetOldest(this.#neighbours)
    return neighbour
  }

  /** Who differs and may be asked first. */
  next(): LineNeighbour | undefined {
    let first: LineNeighbour | undefined
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.digest === null) continue
      if (first === undefined || neighbour.notBeforeMs < first.notBeforeMs) first = neighbour
    }
    return first
  }

  /** It asks us: its session settles what both lack, so none of ours is due. */
  asked(neighbour: LineNeighbour): void {
    neighbour.notBeforeMs = this.#deps.clock.monotonic() + 2 * this.#pace.answerMs
  }

  /** Sessions that would have changed nothing may change something now. */
  forgive(): void {
    for (const neighbour of this.#neighbours.values()) {
      neighbour.fruitless = 0
      neighbour.notBeforeMs = Math.min(neighbour.notBeforeMs, this.#deps.clock.monotonic())
    }
  }

  /** A session is over; one that changed nothing is not repeated soon. */
  done(neighbour: LineNeighbour, { isFruitful }: { readonly isFruitful: boolean }): void {
    const { clock, random } = this.#deps
    neighbour.fruitless = isFruitful ? 0 : neighbour.fruitless + 1
    const restMs = this.#pace.answerMs * 2 ** Math.min(10, neighbour.fruitless) * (0.5 + random())
    neighbour.notBeforeMs =
      clock.monotonic() + (isFruitful ? this.#pace.jitterMs : Math.min(this.#pace.digestMaxMs, restMs))
  }
}

function forgetOldest<Key>(map: Map<Key, unknown>): void {
  if (map.size <= maxNeighbours) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}
