import type { Clock } from '../../base/clock.ts'
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
/** Unfinished messages of all links, and of one. */
const maxUnfinished = 512
const maxLinkUnfinished = 48
/** A larger gap in a sender's numbers is a restart or a long silence, not loss. */
const maxGap = 32
/** Senders remembered, and numbers of each: late copies come within seconds. */
const maxStreams = 512
const maxDone = 256

/** Joins parts to messages, in bounds, and says which parts to ask for again. Pure but for the clock. */
export class UdpJoin {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #random: () => number
  readonly #maxLinkBytes: number
  readonly #maxBytes: number
  /** The oldest first. */
  readonly #unfinished = new Map<string, Unfinished>()
  readonly #perLink = new Map<string, { count: number; bytes: number }>()
  readonly #streams = new Map<string, Stream>()
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
    if (known === undefined) {
      this.#streams.set(key, stream)
      const oldest = this.#streams.keys().next()
      if (this.#streams.size > maxStreams && oldest.done !== true) this.#streams.delete(oldest.value)
    }
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
    this.#tallyOf(link).count += 1
    this.#bound(link)
    return message
  }

  #hold(message: Unfinished, part: number, bytes: Uint8Array): void {
    // A copy: the datagram's buffer may be a view of a larger one.
    message.got.set(part, Uint8Array.from(bytes))
    message.bytes += bytes.length
    this.#bytes += bytes.length
    this.#tallyOf(message.link).bytes += bytes.length
    // Whoever answers is asked on: the time that a message may take has its own limit.
    if (message.asked > 1) message.asked = 1
    message.askAtMs = Math.max(message.askAtMs, this.#clock.monotonic() + patienceMs)
  }

  /** The oldest go first, of the link that has too many, then of all. */
  #bound(link: string): void {
    const tally = this.#tallyOf(link)
    for (const message of this.#unfinished.values()) {
      if (tally.count <= maxLinkUnfinished && tally.bytes <= this.#maxLinkBytes) break
      if (message.link === link) this.#giveUp(message)
    }
    for (const message of this.#unfinished.values()) {
      if (this.#unfinished.size <= maxUnfinished && this.#bytes <= this.#maxBytes) break
      this.#giveUp(message)
    }
  }

  #tallyOf(link: string): { count: number; bytes: number } {
    let tally = this.#perLink.get(link)
    if (tally === undefined) this.#perLink.set(link, (tally = { count: 0, bytes: 0 }))
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
    const tally = this.#tallyOf(message.link)
    tally.count -= 1
    tally.bytes -= message.bytes
    if (tally.count === 0) this.#perLink.delete(message.link)
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
