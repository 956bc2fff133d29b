import { isIP } from 'node:net'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { HostTable } from '../../base/host-table.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import { addressOf, hostOf } from '../channels/link-name.ts'
import type { Digest } from './line-frames.ts'
import type { LinePace } from './line-pace.ts'

/**
 * What is known of a link on a channel. Names are only said, and anybody may say any; a link is where answers come
 * from, so that is what is judged.
 */
export interface LineNeighbour {
  readonly link: string
  /** Who it last said it is: whom questions to it are addressed to. */
  peer: PeerId
  /** What it said that it holds, when that differed, until it was looked at. */
  digest: Digest | null
  /** Sessions with it that changed nothing, in a row. */
  fruitless: number
  /** The last session with it had no answer. */
  isSilent: boolean
  /** It has answered a question at some time. */
  hasAnswered: boolean
  /** No session with it before this, by the monotonic clock. */
  notBeforeMs: number
}

/** How a session ended. */
export interface SessionResult {
  readonly isFruitful: boolean
  readonly isSilent: boolean
}

/** Links remembered, and of one host: it may have as many as it has ports. */
const kept = { max: 1_024, maxOfHost: 256 }
/** Questions of one link that are answered a second, and at once: those of a session that runs as fast as it can. */
const linkRate = { perS: 25, burst: 100 }
/** Of all links of one host: it can have many, and some of what there is must be left to others. */
const hostRate = { perS: 40, burst: 150 }
/** Of all links together: some 10 ms of work each at the worst. */
const allRate = { perS: 50, burst: 200 }

/** The links of one channel, and whom to ask next. */
export class LineNeighbours {
  readonly #deps: { readonly clock: Clock; readonly random: () => number }
  readonly #pace: LinePace
  readonly #neighbours = new HostTable<LineNeighbour>({ ...kept, hostOf: hostOfLink })
  readonly #linkRates = new HostTable<TokenBucket>({ ...kept, hostOf: hostOfLink })
  readonly #hostRates = new HostTable<TokenBucket>({ ...kept, hostOf: (host) => host })
  readonly #all: TokenBucket

  constructor(deps: { readonly clock: Clock; readonly random: () => number }, init: { readonly pace: LinePace }) {
    this.#deps = deps
    this.#pace = init.pace
    this.#all = new TokenBucket(deps.clock, allRate)
  }

  /** Whether a question of a link is answered: one that floods gets its share, and leaves others theirs. */
  mayAsk(link: string): boolean {
    const own = this.#rateIn(this.#linkRates, link, linkRate)
    const host = hostOfLink(link)
    if (!own.take()) return false
    return (host === link || this.#rateIn(this.#hostRates, host, hostRate).take()) && this.#all.take()
  }

  /** A link that was heard just now, and who it says it is. */
  heard(peer: PeerId, link: string): LineNeighbour {
    const known = this.#neighbours.get(link)
    // A new link waits behind those that wait already: some can be had for nothing.
    const notBeforeMs = this.#deps.clock.monotonic()
    const fresh = { link, peer, digest: null, fruitless: 0, isSilent: false, hasAnswered: false, notBeforeMs }
    const neighbour: LineNeighbour = known ?? fresh
    neighbour.peer = peer
    this.#neighbours.set(link, neighbour)
    return neighbour
  }

  /**
   * Who differs and is asked first: of those whose time has come the most promising one, else whoever's time comes
   * first.
   */
  next(): LineNeighbour | undefined {
    const now = this.#deps.clock.monotonic()
    const doubt = this.#doubts()
    let first: Place | undefined
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.digest === null) continue
      const isDue = neighbour.notBeforeMs <= now
      const place: Place = { neighbour, isDue, doubt: isDue ? doubt(neighbour) : 0 }
      if (first === undefined || isBefore(place, first)) first = place
    }
    return first?.neighbour
  }

  /** Whether asking the one promises more than asking the other. */
  isBetter(one: LineNeighbour, other: LineNeighbour): boolean {
    const doubt = this.#doubts()
    return doubt(one) < doubt(other)
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
  done(neighbour: LineNeighbour, { isFruitful, isSilent }: SessionResult): void {
    const { clock, random } = this.#deps
    neighbour.isSilent = isSilent
    if (!isSilent) neighbour.hasAnswered = true
    neighbour.fruitless = isFruitful ? 0 : neighbour.fruitless + 1
    const restMs = this.#pace.answerMs * 2 ** Math.min(10, neighbour.fruitless) * (0.5 + random())
    neighbour.notBeforeMs =
      clock.monotonic() + (isFruitful ? this.#pace.jitterMs : Math.min(this.#pace.digestMaxMs, restMs))
  }

  get size(): number {
    return this.#neighbours.size
  }

  /** How doubtful it is that a session brings anything: 0 for those of whom nothing bad is known. */
  #doubts(): (neighbour: LineNeighbour) => number {
    const silentHosts = new Set<string>()
    for (const { link, isSilent } of this.#neighbours.values()) if (isSilent) silentHosts.add(hostOfLink(link))
    return ({ link, isSilent, fruitless, hasAnswered }) => {
      if (isSilent) return 3
      if (fruitless > 0) return 2
      // A host that has been silent on one link may go on by another.
      return !hasAnswered && silentHosts.has(hostOfLink(link)) ? 1 : 0
    }
  }

  #rateIn(
    table: HostTable<TokenBucket>,
    key: string,
    terms: { readonly perS: number; readonly burst: number },
  ): TokenBucket {
    const rate = table.get(key) ?? new TokenBucket(this.#deps.clock, terms)
    table.set(key, rate)
    return rate
  }
}

interface Place {
  readonly neighbour: LineNeighbour
  readonly isDue: boolean
  readonly doubt: number
}

function isBefore(one: Place, other: Place): boolean {
  if (one.isDue !== other.isDue) return one.isDue
  if (one.doubt !== other.doubt) return one.doubt < other.doubt
  return one.neighbour.notBeforeMs < other.neighbour.notBeforeMs
}

/** A host may have as many links as it has ports; a nick, or any other link without an address, stands alone. */
export function hostOfLink(link: string): string {
  return isIP(addressOf(link).host.replace(/%.*$/, '')) === 0 ? link : hostOf(link)
}
