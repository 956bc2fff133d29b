import type { Socket } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { maxLineChars } from './line.ts'

/** With its end, and a carriage return that others may add. */
const maxLineBytes = maxLineChars + 2
/** Bytes handed to the socket before we wait for it: a full link for some milliseconds. */
const socketBytes = 256 * 1_024
/** What may wait for one slow reader; past either the oldest is dropped. */
const maxWaitingLines = 1_024
const maxWaitingBytes = 4 * 1_024 * 1_024
/** An empty line is sent after so long a silence, so that NAT keeps the way and the other side knows that we live. */
const keepAliveMs = 15_000
/** Nothing heard for so long, not even an empty line: the other side is gone, whatever TCP believes. */
const silenceMs = 50_000
/** What was accepted may take this long to leave when the channel stops. */
const partingMs = 1_000
const closingMs = 200

export interface TcpLineLinkDeps {
  readonly clock: Clock
  /** A line without its end; never empty. */
  readonly onLine: (line: string) => void
  /** The line is longer than any may be: its sender is cut off right after. */
  readonly onEndless: (bytes: number) => void
  /** For how long nothing more is read: a link that says too much is slowed down. An empty line is no message. */
  readonly waitMs: (bytes: number, messages: 0 | 1) => number
  readonly onOverflow: (lines: number) => void
  /** It is closed when it has not been proven by then. */
  readonly provenWithinMs: number
  readonly onUnproven: () => void
  readonly onClosed: (reason: string) => void
}

interface Waiting {
  readonly bytes: Buffer
  readonly settle: (sent: boolean) => void
}

/** One TCP connection that carries lines, either way: frames them, keeps it alive, and bounds what waits. */
export class TcpLineLink {
  readonly #socket: Socket
  readonly #deps: TcpLineLinkDeps
  readonly #run = new AbortController()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Lines handed to the socket and not yet with the kernel. */
  #leaving = 0
  #cut: Buffer[] = []
  #cutBytes = 0
  readonly #beganAtMs: number
  #isProven = false
  #heardAtMs: number
  /** We do not read just now: what we do not hear is no silence of the other side. */
  #isPaused = false
  #spokeAtMs: number
  #reason = 'the other side closed it'
  #onEmpty: (() => void) | null = null

  /** @param socket connected */
  constructor(socket: Socket, deps: TcpLineLinkDeps) {
    this.#socket = socket
    this.#deps = deps
    this.#heardAtMs = deps.clock.monotonic()
    this.#spokeAtMs = this.#heardAtMs
    this.#beganAtMs = this.#heardAtMs
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('drain', () => this.#pump())
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#reason = error.code ?? error.message))
    socket.on('close', () => this.#closed())
    void this.#watch()
  }

  /** Resolves to whether it has left; false when it was dropped or the link broke. */
  send(line: string): Promise<boolean> {
    return new Promise((settle) => {
      if (this.#run.signal.aborted) return settle(false)
      const bytes = Buffer.from(`${line}\n`, 'latin1')
      this.#waiting.push({ bytes, settle })
      this.#waitingBytes += bytes.length
      this.#dropOldest()
      this.#pump()
    })
  }

  /** It brought a message of ours. */
  prove(): void {
    this.#isProven = true
  }

  /** For how long it has been there without being proven; 0 once it is. */
  get unprovenMs(): number {
    return this.#isProven ? 0 : this.#deps.clock.monotonic() - this.#beganAtMs
  }

  close(reason: string): void {
    this.#reason = reason
    this.#socket.destroy()
  }

  /** Lets what was accepted leave, within a second, then closes. */
  async end(): Promise<void> {
    const { signal } = this.#run
    const { clock } = this.#deps
    if (this.#waiting.length + this.#leaving > 0 && !signal.aborted) {
      const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve))
      await Promise.race([empty, clock.sleep(partingMs, { signal }).catch(() => {})])
    }
    this.#reason = 'this side was switched off'
    // The kernel still sends what it was given; a reader that does not read is not waited for.
    this.#socket.destroySoon()
    await clock.sleep(closingMs, { signal }).catch(() => {})
    this.#socket.destroy()
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#socket.writableLength < socketBytes) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#waitingBytes -= next.bytes.length
      this.#leaving += 1
      this.#spokeAtMs = this.#deps.clock.monotonic()
      this.#socket.write(next.bytes, (error) => {
        this.#leaving -= 1
        next.settle(!error)
        if (this.#waiting.length > 0) this.#pump()
        else if (this.#leaving === 0) this.#onEmpty?.()
      })
    }
  }

  #dropOldest(): void {
    let dropped = 0
    while (
      this.#waiting.length > maxWaitingLines ||
      (this.#waitingBytes > maxWaitingBytes && this.#waiting.length > 1)
    ) {
      const oldest = this.#waiting.shift()
      if (oldest === undefined) break
      this.#waitingBytes -= oldest.bytes.length
      oldest.settle(false)
      dropped += 1
    }
    if (dropped > 0) this.#deps.onOverflow(dropped)
  }

  #read(bytes: Buffer): void {
    this.#heardAtMs = this.#deps.clock.monotonic()
    let waitMs = 0
    let from = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = this.#cutBytes === 0 ? bytes.subarray(from, end) : this.#joined(bytes.subarray(from, end))
      from = end + 1
      if (line.length > maxLineBytes) return this.#endless(line.length)
      const text = line.toString('latin1').trimEnd()
      waitMs = Math.max(waitMs, this.#deps.waitMs(line.length + 1, text === '' ? 0 : 1))
      if (text !== '') this.#deps.onLine(text)
      if (this.#socket.destroyed) return
    }
    if (from < bytes.length) {
      this.#cut.push(bytes.subarray(from))
      this.#cutBytes += bytes.length - from
    }
    if (this.#cutBytes > maxLineBytes) return this.#endless(this.#cutBytes)
    if (waitMs > 0) void this.#pause(waitMs)
  }

  #joined(end: Buffer): Buffer {
    const line = Buffer.concat([...this.#cut, end])
    this.#cut = []
    this.#cutBytes = 0
    return line
  }

  #endless(bytes: number): void {
    this.#deps.onEndless(bytes)
    this.close('it sent a line without an end')
  }

  async #pause(ms: number): Promise<void> {
    this.#socket.pause()
    this.#isPaused = true
    await this.#deps.clock.sleep(ms, { signal: this.#run.signal }).catch(() => {})
    this.#isPaused = false
    this.#heardAtMs = this.#deps.clock.monotonic()
    if (!this.#socket.destroyed) this.#socket.resume()
  }

  async #watch(): Promise<void> {
    const { signal } = this.#run
    while (!signal.aborted) {
      const lookMs = Math.min(keepAliveMs / 3, this.#deps.provenWithinMs)
      await this.#deps.clock.sleep(lookMs, { signal }).catch(() => {})
      if (signal.aborted) return
      const now = this.#deps.clock.monotonic()
      if (!this.#isPaused && now - this.#heardAtMs > silenceMs) return this.close('it was silent for too long')
      if (!this.#isPaused && this.unprovenMs >= this.#deps.provenWithinMs) {
        this.#deps.onUnproven()
        return this.close('it brought nothing')
      }
      if (now - this.#spokeAtMs > keepAliveMs && this.#leaving === 0) {
        this.#spokeAtMs = now
        this.#socket.write('\n')
      }
    }
  }

  #closed(): void {
    if (this.#run.signal.aborted) return
    this.#run.abort()
    for (const { settle } of this.#waiting.splice(0)) settle(false)
    this.#waitingBytes = 0
    this.#cut = []
    this.#onEmpty?.()
    this.#deps.onClosed(this.#reason)
  }
}
