import type { Clock } from '../../base/clock.ts'
import { lineOf, maxLineChars } from './line.ts'

/** RFC 2812, 2.3: a line with its end has 512 bytes, of which the server puts the sender's name before it. */
const lineBytes = 512
/** `:NICK!USER@HOST ` with the longest user (10) and host (63) that servers pass on, `~` before the user, and CR LF. */
const prefixBytes = 1 + 1 + 1 + 10 + 1 + 63 + 1 + 2
const mark = 'ds1'
/** Of the swarm's tag: enough to tell the chunks of two swarms on one channel apart. */
const tagChars = 8
const idChars = 6
const form = /^ds1 ([A-Za-z0-9_-]{8}) ([A-Za-z0-9_-]{6}) (\d{1,4})\/(\d{1,4}) ([A-Za-z0-9_-]+)$/

/** What one IRC user may have unfinished here, and all of them; past either the oldest goes. */
const maxUserChars = 3 * 96 * 1_024
const maxChars = 2 * 1_024 * 1_024
const maxUserMessages = 8
/** The chunks of a message come one after the other; after so long a pause the rest is lost. */
const patienceMs = 120_000

export type Chunk =
  | {
      readonly kind: 'chunk'
      readonly id: string
      readonly part: number
      readonly parts: number
      readonly text: string
    }
  /** People talk on IRC channels: that is no fault. */
  | { readonly kind: 'chat' }
  | { readonly kind: 'other-swarm' }
  | { readonly kind: 'malformed' }

/** The swarm's tag as it stands in chunks. */
export function ircTag(tag: Uint8Array): string {
  return lineOf(tag).slice(0, tagChars)
}

/**
 * A frame's line, cut into texts that fit IRC lines: `ds1 TAG ID PART/PARTS DATA`.
 * @param to.nick our own: the server puts it before each line
 * @param to.target a channel, or the nick of one user
 */
export function chunkFrame(
  tag: string,
  id: string,
  frame: Uint8Array,
  to: { readonly nick: string; readonly target: string },
): string[] {
  const line = lineOf(frame)
  const around = prefixBytes + to.nick.length + `PRIVMSG ${to.target} :`.length
  const header = mark.length + 1 + tagChars + 1 + idChars + 1 + '9999/9999'.length + 1
  const size = lineBytes - around - header
  const parts = Math.max(1, Math.ceil(line.length / size))
  return Array.from(
    { length: parts },
    (_, part) => `${mark} ${tag} ${id} ${part}/${parts} ${line.slice(part * size, (part + 1) * size)}`,
  )
}

/** Reads what somebody said. Never throws. */
export function readChunk(tag: string, text: string): Chunk {
  if (!text.startsWith(`${mark} `)) return { kind: 'chat' }
  const found = form.exec(text)
  if (found === null) return { kind: 'malformed' }
  const [, tagOf = '', id = '', part = '', parts = '', data = ''] = found
  if (tagOf !== tag) return { kind: 'other-swarm' }
  const [at, count] = [Number(part), Number(parts)]
  if (count === 0 || at >= count) return { kind: 'malformed' }
  return { kind: 'chunk', id, part: at, parts: count, text: data }
}

interface Unfinished {
  readonly user: string
  readonly parts: number
  readonly got: Map<number, string>
  chars: number
  atMs: number
}

/** Joins chunks to lines, within bounds. What lacks a chunk for long is given up: IRC loses whole stretches, not lines. */
export class IrcJoin {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** Those heard of least recently first. */
  readonly #unfinished = new Map<string, Unfinished>()
  #chars = 0
  #lost = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  get chars(): number {
    return this.#chars
  }

  /** Messages given up since the last call. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  /** The line, once its last chunk has come; null before. */
  add(user: string, chunk: Extract<Chunk, { readonly kind: 'chunk' }>): string | null {
    if (chunk.parts === 1) return chunk.text
    const key = `${user} ${chunk.id}`
    const now = this.#clock.monotonic()
    const known = this.#unfinished.get(key)
    const message = known ?? { user, parts: chunk.parts, got: new Map<number, string>(), chars: 0, atMs: now }
    if (message.parts !== chunk.parts || message.got.has(chunk.part)) return null
    message.got.set(chunk.part, chunk.text)
    message.chars += chunk.text.length
    message.atMs = now
    this.#chars += chunk.text.length
    this.#unfinished.delete(key)
    this.#unfinished.set(key, message)
    if (message.chars > maxLineChars) this.#giveUp(key, message)
    this.#bound(user, now)
    if (message.got.size < message.parts || !this.#unfinished.has(key)) return null
    this.#drop(key, message)
    return [...message.got]
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text)
      .join('')
  }

  /** A user is gone, or ignored. */
  forget(user: string): void {
    for (const [key, message] of this.#unfinished) if (message.user === user) this.#drop(key, message)
  }

  clear(): void {
    this.#unfinished.clear()
    this.#chars = 0
  }

  #bound(user: string, now: number): void {
    let [messages, chars] = [0, 0]
    for (const message of this.#unfinished.values()) {
      if (message.user !== user) continue
      messages += 1
      chars += message.chars
    }
    for (const [key, message] of this.#unfinished) {
      const isUsers = message.user === user && (messages > maxUserMessages || chars > maxUserChars)
      if (!isUsers && this.#chars <= maxChars && now - message.atMs < patienceMs) continue
      if (message.user === user) {
        messages -= 1
        chars -= message.chars
      }
      this.#giveUp(key, message)
    }
  }

  #giveUp(key: string, message: Unfinished): void {
    this.#lost += 1
    this.#drop(key, message)
  }

  #drop(key: string, message: Unfinished): void {
    if (this.#unfinished.delete(key)) this.#chars -= message.chars
  }
}
