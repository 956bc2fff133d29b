import type { Clock } from '../../base/clock.ts'
import { HostTable } from '../../base/host-table.ts'
import { hostOf } from './link-name.ts'
import { numberCount, type Datagram, type PartHeader } from './udp-datagram.ts'

export interface UdpJoinInit {
  /** Bytes of unfinished messages, of one link and in all. Default 1 MiB and 8 MiB: a few of the largest. */
  readonly maxLinkBytes?: number
  readonly maxBytes?: number
}

export interface Missing extends PartHeader {
  readonly link: string
  /** None: nothing of it has come. */
  readonly parts: readonly number[]
}

interface Unfinished extends PartHeader {
  readonly link: string
  readonly key: string
  readonly beganAtMs: number
  readonly got: Map<number, Uint8Array>
  parts: number | null
  bytes: number
  asked: number
  askAtMs: number
}

/** What is unfinished of a link, or of a host. */
interface Tally {
  count: number
  bytes: number
}

/** What is known of one sender's messages of one type. */
interface Stream {
  /** Numbers of messages that are done with: late copies of their parts are nothing new. */
  readonly done: Set<number>
  last: number
}

/** Parts of one message come a few milliseconds apart; so long after the last one, what lacks is lost. */
const patienceMs = 60
/** Doubles each time. Five askings span two seconds: whoever has not answered by then cannot. */
const firstAskMs = 60
const maxAsked = 5
const longestMs = 30_000
/** Unfinished messages of all links, and of one; of one host, with all its links, as many as of four. */
const maxUnfinished = 512
const maxLinkUnfinished = 48
const linksOfHost = 4
/** A larger gap in a sender's numbers is a restart or a long silence, not loss. */
const maxGap = 32
/** Senders remembered, those of one host, and numbers of each: late copies come within seconds. */
const streams = { max: 512, maxOfHost: 128 }
const maxDone = 256

/** Joins parts to messages, in bounds, and says which parts to ask for again. Pure but for the clock. */
export class UdpJoin {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #random: () => number
  readonly #maxLinkBytes: number
  readonly #maxBytes: number
  /** The oldest first. */
  readonly #unfinished = new Map<string, Unfinished>()
  /** By link, and by host. */
  readonly #tallies = new Map<string, Tally>()
  readonly #streams = new HostTable<Stream>({ ...streams, hostOf: (key) => hostOf(key.slice(0, key.indexOf(' '))) })
  #bytes = 0
  #lost = 0

  constructor(clock: Pick<Clock, 'monotonic'>, random: () => number, init: UdpJoinInit = {}) {
    this.#clock = clock
    this.#random = random
    this.#maxLinkBytes = init.maxLinkBytes ?? 1024 * 1024
    this.#maxBytes = init.maxBytes ?? 8 * 1024 * 1024
  }

  /** Messages that lack something. */
  get unfinished(): number {
    return this.#unfinished.size
  }

  /** Bytes held for them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Messages given up since the last call. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  /** The frame, once its last part has come; null before, and for copies. */
  add(link: string, part: Extract<Datagram, { readonly kind: 'part' }>): Uint8Array | null {
    const key = `${link} ${part.sender} ${part.type} ${part.no}`
    const stream = this.#streamOf(link, part)
    if (stream.done.has(part.no)) return null
    if (part.parts === 1) {
      this.#finish(stream, key, part.no)
      return Uint8Array.from(part.bytes)
    }
    const message = this.#unfinished.get(key) ?? this.#begin(link, key, part)
    if (message === null) return null
    message.parts ??= part.parts
    if (message.parts !== part.parts || message.got.has(part.part)) return null
    this.#hold(message, part.part, part.bytes)
    if (message.got.size < part.parts) {
      this.#bound(link)
      return null
    }
    this.#finish(stream, key, part.no)
    const frame = Buffer.concat([...message.got].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
    return new Uint8Array(frame.buffer, frame.byteOffset, frame.length)
  }

  /** What is to be asked for now; what was asked for often enough, or began too long ago, is given up. */
  due(): Missing[] {
    const now = this.#clock.monotonic()
    const due: Missing[] = []
    for (const message of this.#unfinished.values()) {
      if (message.askAtMs > now) continue
      if (message.asked >= maxAsked || now - message.beganAtMs > longestMs) {
        this.#giveUp(message)
        continue
      }
      message.askAtMs = now + firstAskMs * 2 ** message.asked * (1 + this.#random())
      message.asked += 1
      const { link, type, sender, no } = message
      due.push({ link, type, sender, no, parts: missingOf(message) })
    }
    return due
  }

  /** A link is cut off: what it began is dropped. */
  forget(link: string): void {
    for (const message of this.#unfinished.values()) if (message.link === link) this.#drop(message)
  }

  clear(): void {
    for (const message of this.#unfinished.values()) this.#drop(message)
    this.#streams.clear()
  }

  #streamOf(link: string, { sender, type, no }: PartHeader): Stream {
    const key = `${link} ${sender} ${type}`
    const known = this.#streams.get(key)
    const stream = known ?? { done: new Set<number>(), last: no }
    if (known === undefined) this.#streams.set(key, stream)
    const gap = (no - stream.last + numberCount) % numberCount
    if (gap === 0 || gap > numberCount / 2) return stream
    // Messages for one receiver alone are numbered together, whoever they are for: their gaps mean nothing.
    if (type === 'all' && gap <= maxGap) {
      for (let i = 1; i < gap; i += 1) {
        const lost = { type, sender, no: (stream.last + i) % numberCount }
        const lostKey = `${link} ${sender} ${type} ${lost.no}`
        if (!this.#unfinished.has(lostKey)) this.#begin(link, lostKey, lost)
      }
    }
    stream.last = no
    return stream
  }

  #begin(link: string, key: string, { type, sender, no }: PartHeader): Unfinished {
    const now = this.#clock.monotonic()
    const askAtMs = now + patienceMs * (1 + this.#random())
    const message: Unfinished = {
      link,
      key,
      type,
      sender,
      no,
      beganAtMs: now,
      got: new Map(),
      parts: null,
      bytes: 0,
      asked: 0,
      askAtMs,
    }
    this.#unfinished.set(key, message)
    for (const tally of this.#talliesOf(link)) tally.count += 1
    this.#bound(link)
    return message
  }

  #hold(message: Unfinished, part: number, bytes: Uint8Array): void {
    // A copy: the datagram's buffer may be a view of a larger one.
    message.got.set(part, Uint8Array.from(bytes))
    message.bytes += bytes.length
    this.#bytes += bytes.length
    for (const tally of this.#talliesOf(message.link)) tally.bytes += bytes.length
    // Whoever answers is asked on: the time that a message may take has its own limit.
    if (message.asked > 1) message.asked = 1
    message.askAtMs = Math.max(message.askAtMs, this.#clock.monotonic() + patienceMs)
  }

  /** The oldest go first, of the link that has too many, then of its host, then of all. */
  #bound(link: string): void {
    const host = hostOf(link)
    const [ofLink, ofHost] = this.#talliesOf(link)
    const isMuch = (tally: Tally, links: number): boolean =>
      tally.count > links * maxLinkUnfinished || tally.bytes > links * this.#maxLinkBytes
    for (const message of this.#unfinished.values()) {
      if (!isMuch(ofLink, 1) && !isMuch(ofHost, linksOfHost)) break
      const isOwn = message.link === link
      if (isOwn || (!isMuch(ofLink, 1) && hostOf(message.link) === host)) this.#giveUp(message)
    }
    for (const message of this.#unfinished.values()) {
      if (this.#unfinished.size <= maxUnfinished && this.#bytes <= this.#maxBytes) break
      this.#giveUp(message)
    }
  }

  #talliesOf(link: string): readonly [ofLink: Tally, ofHost: Tally] {
    return [this.#tallyOf(link), this.#tallyOf(`host ${hostOf(link)}`)]
  }

  #tallyOf(key: string): Tally {
    let tally = this.#tallies.get(key)
    if (tally === undefined) this.#tallies.set(key, (tally = { count: 0, bytes: 0 }))
    return tally
  }

  #finish(stream: Stream, key: string, no: number): void {
    const message = this.#unfinished.get(key)
    if (message !== undefined) this.#drop(message)
    noteDone(stream, no)
  }

  #giveUp(message: Unfinished): void {
    this.#lost += 1
    this.#drop(message)
    const stream = this.#streams.get(`${message.link} ${message.sender} ${message.type}`)
    if (stream !== undefined) noteDone(stream, message.no)
  }

  #drop(message: Unfinished): void {
    if (!this.#unfinished.delete(message.key)) return
    this.#bytes -= message.bytes
    for (const tally of this.#talliesOf(message.link)) {
      tally.count -= 1
      tally.bytes -= message.bytes
    }
    for (const key of [message.link, `host ${hostOf(message.link)}`]) {
      if (this.#tallies.get(key)?.count === 0) this.#tallies.delete(key)
    }
  }
}

function noteDone({ done }: Stream, no: number): void {
  done.add(no)
  const oldest = done.values().next()
  if (done.size > maxDone && oldest.done !== true) done.delete(oldest.value)
}

function missingOf({ parts, got }: Unfinished): number[] {
  if (parts === null) return []
  return Array.from({ length: parts }, (_, part) => part).filter((part) => !got.has(part))
}
