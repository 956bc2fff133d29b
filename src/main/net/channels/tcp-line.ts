import { connect, type Socket } from 'node:net'
import { isAbort } from '../../../shared/errors.ts'
import { backoffMs, type BackoffInit } from '../../base/backoff.ts'
import type { EventSource } from '../../base/emitter.ts'
import {
  maxMessageBytes,
  type Channel,
  type ChannelEvents,
  type ChannelFacts,
  type SendOutcome,
  type SwarmMessage,
} from './channel.ts'
import { lineOf } from './line.ts'
import { LineDoor, type LineChannelDeps, type LinkLimits } from './line-door.ts'
import { hostOf, linkName } from './link-name.ts'
import { netFault } from './net-fault.ts'
import { TcpLineLink } from './tcp-line-link.ts'
import { serveLines } from './tcp-line-server.ts'

export interface TcpLineInit {
  /** Its multiaddress, as it is shown and configured. */
  readonly address: string
  readonly mode: 'dial' | 'listen'
  readonly host: string
  readonly port: number
  /** Of a host name: which kind of address is wanted. Default: either. */
  readonly family?: 4 | 6 | undefined
  readonly limits?: Partial<LinkLimits> | undefined
  /** Connections that are let in at most. Default 64: a lab's robots, and room. */
  readonly maxConnections?: number
  /** Of one host. Default: half of them, and four at least. */
  readonly maxOfHost?: number
  /** One that came to us and has brought no message of ours by then is closed. Default 30 s. */
  readonly provenWithinMs?: number
  /** Between tries to listen or to connect. */
  readonly backoff?: BackoffInit
}

/** No answer at all for so long: the host is away, or a wall swallows what is said to it. */
const connectTimeoutMs = 10_000
const provenWithinMs = 30_000
/** An honest peer says what it holds within seconds of coming: who has brought nothing by then may lose its place. */
const givesWayMs = 5_000
/** A connection that held so long is a good one: the next try comes soon. */
const goodMs = 10_000

/**
 * Lines over TCP, one message a line: a server that others come to, or a client that comes back whenever the connection
 * broke. A link is one connection, named by the other side's address.
 */
export class TcpLineChannel implements Channel {
  readonly id: string
  readonly kind = 'tcp-line'
  readonly address: string
  readonly mode: 'dial' | 'listen'
  readonly maxPayloadBytes = maxMessageBytes
  readonly batchBytes = 64 * 1_024
  readonly shared = false
  readonly #deps: LineChannelDeps
  readonly #init: TcpLineInit
  readonly #door: LineDoor
  readonly #links = new Map<string, TcpLineLink>()
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #port: number | null = null
  /** Settled once the first try to listen has ended one way or the other. */
  #listening: Promise<void> = Promise.resolve()

  constructor(deps: LineChannelDeps, init: TcpLineInit) {
    this.#deps = deps
    this.#init = init
    this.address = init.address
    this.mode = init.mode
    this.id = init.mode === 'listen' ? `${init.address}!listen` : init.address
    this.#door = new LineDoor(deps, { id: this.id, kind: this.kind, limits: init.limits, hostOf }, (link) =>
      this.#links.get(link)?.close('it brought garbage'),
    )
  }

  get events(): EventSource<ChannelEvents> {
    return this.#door.events
  }

  /** Where it listens, once it does: differs from what was asked for when that was port 0. */
  get port(): number | null {
    return this.#port
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    this.#door.open()
    this.#door.ledger.set('starting', this.mode === 'listen' ? 'opening its port' : 'connecting')
    this.#loop = this.#again(run.signal)
    if (this.mode === 'listen') await this.#listening
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    await Promise.all([...this.#links.values()].map((link) => link.end()))
    run.abort()
    await this.#loop
    this.#door.shut()
  }

  async send(
    message: SwarmMessage,
    options: { readonly to?: string; readonly except?: string } = {},
  ): Promise<SendOutcome> {
    if (this.#run === null) return this.#door.dropped('off')
    const frame = this.#door.encode(message)
    if (frame === null) return { kind: 'dropped', reason: 'oversize' }
    const links = [...this.#links].filter(
      ([name]) => (options.to === undefined || name === options.to) && name !== options.except,
    )
    if (links.length === 0) {
      // Where the only one there is the one that said it, nothing is lost.
      const isOnlySource = options.except !== undefined && this.#links.has(options.except)
      return isOnlySource ? { kind: 'dropped', reason: 'nobody' } : this.#door.dropped('nobody')
    }
    const line = lineOf(frame)
    const bytes = line.length + 1
    const sending = links.map(async ([, link]) => {
      const sent = await link.send(line)
      if (sent) this.#door.ledger.sent.add(bytes)
      return sent
    })
    // A slow reader must not hold up the others: it has its own queue, and loses the oldest of it.
    return (await anyTrue(sending)) ? { kind: 'sent', bytes } : { kind: 'dropped', reason: 'overflow' }
  }

  facts(): ChannelFacts {
    return this.#door.ledger.facts()
  }

  blame(link: string, reason: string): void {
    this.#door.blame(link, reason)
  }

  /** Listens or connects, again and again. */
  async #again(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps
    let told: () => void = () => {}
    this.#listening = new Promise((resolve) => (told = resolve))
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const beganAtMs = clock.monotonic()
      let reason: string
      let failed = true
      try {
        reason = this.mode === 'listen' ? await this.#serve(signal, told) : await this.#connect(signal)
        failed = false
      } catch (error) {
        reason = netFault(error)
        log.debug({ err: error, channel: this.id }, 'a TCP line does not come up')
      }
      told()
      if (signal.aborted) return
      if (!failed && clock.monotonic() - beganAtMs > goodMs) attempt = 0
      const waitMs = this.#waitMs(attempt, random())
      const again = `${reason}; trying again in ${Math.ceil(waitMs / 1_000)} s`
      this.#door.ledger.set(failed && this.mode === 'listen' ? 'failed' : 'waiting', again)
      await clock.sleep(waitMs, { signal }).catch((error: unknown) => {
        if (!isAbort(error)) throw error
      })
    }
  }

  /** A server that was cut off for its garbage is left alone until it may come back. */
  #waitMs(attempt: number, random: number): number {
    const { host, port } = this.#init
    const soon = backoffMs(attempt, random, this.#init.backoff)
    return this.mode === 'dial' && this.#door.cut(linkName(host, port)) ? Math.max(soon, 60_000) : soon
  }

  #serve(signal: AbortSignal, told: () => void): Promise<string> {
    const onListening = (port: number | null): void => {
      this.#port = port
      this.#tellState()
      told()
    }
    return serveLines({ onSocket: (socket) => this.#welcome(socket), onListening, signal }, this.#init)
  }

  #welcome(socket: Socket): void {
    const { remoteAddress, remotePort } = socket
    const name = linkName(remoteAddress ?? '', remotePort ?? 0)
    const banned = this.#door.cut(name)
    const full = !banned && !this.#makesRoom(hostOf(name))
    if (this.#run !== null && remoteAddress !== undefined && !full && !banned) {
      this.#add(name, socket, () => {})
      return
    }
    if (full || banned) this.#door.dropped(full ? 'full' : 'cut')
    // Without a listener an error of a refused connection would end the process.
    socket.on('error', () => {}).destroy()
  }

  /** Whether there is room for one more of a host; connections that bring nothing give way. */
  #makesRoom(host: string): boolean {
    const max = this.#init.maxConnections ?? 64
    const maxOfHost = this.#init.maxOfHost ?? Math.max(4, Math.ceil(max / 2))
    const ofHost = [...this.#links].filter(([name]) => hostOf(name) === host)
    const isFullOf = ofHost.length >= maxOfHost
    if (!isFullOf && this.#links.size < max) return true
    const idle = (isFullOf ? ofHost : [...this.#links]).find(([, link]) => link.unprovenMs > givesWayMs)
    if (idle === undefined) return false
    this.#door.dropped('idle')
    idle[1].close('it brought nothing, and others want its place')
    this.#links.delete(idle[0])
    return true
  }

  /** Resolves, to why, when the connection ended; rejects when it never was. */
  #connect(signal: AbortSignal): Promise<string> {
    const { host, port, family } = this.#init
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ...(family === undefined ? {} : { family }) })
      const limit = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)])
      const onAbort = (): void => void socket.destroy(new Error(`${host} does not answer`))
      limit.addEventListener('abort', onAbort, { once: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        limit.removeEventListener('abort', onAbort)
        socket.off('error', reject)
        const onStop = (): void => link.close('switched off')
        const link = this.#add(linkName(host, port), socket, (reason) => {
          signal.removeEventListener('abort', onStop)
          resolve(reason)
        })
        signal.addEventListener('abort', onStop, { once: true })
      })
    })
  }

  #add(name: string, socket: Socket, onClosed: (reason: string) => void): TcpLineLink {
    const link: TcpLineLink = new TcpLineLink(socket, {
      clock: this.#deps.clock,
      onLine: (line) => {
        const decoded = this.#deps.codec.decodeText(line)
        if (decoded.kind === 'ok') link.prove()
        this.#door.take(decoded, line.length + 1, name)
      },
      // A server that has nothing to say is still one.
      provenWithinMs: this.mode === 'dial' ? Infinity : (this.#init.provenWithinMs ?? provenWithinMs),
      onUnproven: () => this.#door.dropped('idle'),
      onEndless: (bytes) => this.#door.refused('oversize', name, bytes),
      waitMs: (bytes, messages) => this.#door.waitMs(name, bytes, messages),
      onOverflow: (lines) => this.#door.dropped('overflow', lines),
      onClosed: (reason) => {
        if (this.#links.get(name) === link) this.#links.delete(name)
        this.#door.ledger.lost(name)
        this.#tellState()
        onClosed(reason)
      },
    })
    this.#links.set(name, link)
    this.#tellState()
    return link
  }

  #tellState(): void {
    if (this.#run === null) return
    const { host, port } = this.#init
    const count = this.#links.size
    const where = linkName(host, this.#port ?? port)
    if (this.mode === 'dial') {
      if (count > 0) this.#door.ledger.set('up', `connected to ${where}`)
    } else if (count === 0) this.#door.ledger.set('waiting', `listening on ${where}; nobody is connected`)
    else this.#door.ledger.set('up', `${count} connected to ${where}`)
  }
}

/** The first that left is enough; false once none has. */
function anyTrue(sending: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve) => {
    for (const one of sending) void one.then((sent) => sent && resolve(true))
    void Promise.all(sending).then((all) => resolve(all.includes(true)))
  })
}
