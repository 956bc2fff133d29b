import type { RemoteInfo, Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { netFault } from './net-fault.ts'
import {
  isAny,
  isNear,
  kindOf,
  openPlace,
  openShared,
  placesFor,
  type Interfaces,
  type Place,
  type UdpTarget,
} from './udp-place.ts'

export interface UdpSocketsDeps {
  readonly clock: Clock
  readonly log: Log
  readonly onDatagram: (bytes: Buffer, from: RemoteInfo) => void
  /** The places differ, or there is a reason why there are none. */
  readonly onChanged: () => void
  /** Default: this machine's. */
  readonly interfaces?: (() => Interfaces) | undefined
}

export interface UdpSocketsInit {
  readonly host: string
  readonly port: number
  readonly family?: 4 | 6 | undefined
  /** Where to hear; default: on every address. */
  readonly bindHost?: string | undefined
  /** How often the interfaces are looked at. Default 5 s: a Wi-Fi that came up is used within seconds. */
  readonly lookEveryMs?: number | undefined
}

interface OpenPlace extends Place {
  readonly socket: Socket
}

/** The sockets of a UDP channel: made anew when the machine's interfaces change, or when one of them fails. */
export class UdpSockets implements Startable {
  readonly #deps: UdpSocketsDeps
  readonly #init: UdpSocketsInit
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #target: UdpTarget | null = null
  #shared: Socket | null = null
  #places: readonly OpenPlace[] = []
  /** What the sockets were made for; null: to be made anew. */
  #madeFor: string | null = null
  #fault: string | null = null

  constructor(deps: UdpSocketsDeps, init: UdpSocketsInit) {
    this.#deps = deps
    this.#init = init
  }

  /** Resolves once it was tried. */
  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    await this.#look()
    this.#loop = this.#again(run.signal)
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    this.#run = null
    run.abort()
    await this.#loop
    await this.#close()
  }

  /** The interfaces that are used, for people. */
  get words(): string {
    const { port } = this.#init
    return this.#places.map(({ name, target }) => `${target || 'listening'} port ${port} on ${name}`).join(', ')
  }

  /** Why nothing can be sent; null when it can. */
  get fault(): string | null {
    return this.#fault
  }

  get count(): number {
    return this.#places.length
  }

  /** Sends to everybody, from each place; resolves to from how many it left. */
  async sendAll(bytes: Buffer): Promise<number> {
    const sent = await Promise.all(
      this.#places
        .filter(({ target }) => target !== '')
        .map(({ socket, target }) => this.#send(socket, bytes, target, this.#init.port)),
    )
    return sent.filter(Boolean).length
  }

  async sendTo(bytes: Buffer, address: string, port: number): Promise<boolean> {
    const place = this.#places.find((near) => isNear(near, address)) ?? this.#places[0]
    return place === undefined ? false : this.#send(place.socket, bytes, address, port)
  }

  #send(socket: Socket, bytes: Buffer, address: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        socket.send(bytes, port, address, (error) => {
          if (error !== null) this.#failed(error)
          resolve(error === null)
        })
      } catch (error) {
        // The socket was closed meanwhile.
        this.#failed(error)
        resolve(false)
      }
    })
  }

  #failed(error: unknown): void {
    this.#deps.log.debug({ err: error, host: this.#init.host }, 'UDP cannot send')
    // An interface that went away; the next look makes the sockets anew.
    this.#madeFor = null
    this.#fault = netFault(error)
    this.#deps.onChanged()
  }

  async #again(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(this.#init.lookEveryMs ?? 5_000, { signal }).catch(() => {})
      if (!signal.aborted) await this.#look()
    }
  }

  async #look(): Promise<void> {
    try {
      const target = await this.#resolve()
      const places = placesFor(target, (this.#deps.interfaces ?? networkInterfaces)())
      const wanted = JSON.stringify([target, places])
      if (wanted === this.#madeFor) return
      await this.#close()
      if (places.length === 0) throw new Error(`this machine has no network that could carry ${target.host}`)
      await this.#open(target, places)
      this.#madeFor = wanted
      this.#fault = null
    } catch (error) {
      await this.#close()
      this.#fault = netFault(error)
    }
    this.#deps.onChanged()
  }

  async #open(target: UdpTarget, places: readonly Place[]): Promise<void> {
    const on = { datagram: this.#deps.onDatagram, error: (error: Error) => this.#failed(error) }
    this.#shared = await this.#openShared(target, places, on)
    if (isAny(target.host) && this.#shared !== null) {
      // Whoever comes from behind NAT is answered from the port that it spoke to.
      const socket = this.#shared
      this.#places = places.map((place) => ({ ...place, socket }))
      this.#target = target
      return
    }
    for (const place of places) {
      const socket = await openPlace(target, place, on)
      this.#places = [...this.#places, { ...place, socket }]
    }
    this.#target = target
  }

  /** Who speaks to one address need not be spoken to first: another peer on this host may have the port. */
  async #openShared(target: UdpTarget, places: readonly Place[], on: Parameters<typeof openShared>[3]) {
    try {
      return await openShared(target, places, this.#init.bindHost, on)
    } catch (error) {
      if (target.kind !== 'single' || isAny(target.host)) throw error
      return null
    }
  }

  /** A name's address may change; a plain address is what it is. */
  async #resolve(): Promise<UdpTarget> {
    const { host, port, family } = this.#init
    if (isIP(host) !== 0) return { host, port, kind: kindOf(host) }
    const { address } = await lookup(host, { family: family ?? 0 })
    return { host: address, port, kind: kindOf(address) }
  }

  async #close(): Promise<void> {
    const sockets = new Set(this.#places.map(({ socket }) => socket))
    if (this.#shared !== null) sockets.add(this.#shared)
    this.#shared = null
    this.#places = []
    this.#madeFor = null
    await Promise.all([...sockets].map(closed))
  }

  /** The address that is sent to, once it is known. */
  get targetHost(): string | null {
    return this.#target?.host ?? null
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve())
    } catch {
      // It is closed already.
      resolve()
    }
  })
}
