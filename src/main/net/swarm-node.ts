import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { networkInterfaces } from 'node:os'
import type { PeerId } from '../../shared/ids.ts'
import { SwarmError } from '../../shared/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import { Emitter, type EventSource } from '../base/emitter.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { Dialer, type DialerInit } from './links/dialer.ts'
import type { DialTarget } from './links/dial-table.ts'
import { dialable } from './links/addresses.ts'
import { linksOf, type Link } from './links/links.ts'
import { LinkWatch, type LinkWatchInit } from './links/link-watch.ts'
import { listenError, parseAddress } from './links/listen.ts'
import { createNode, type Libp2p, type NodeInit } from './node.ts'
import { Offenders, type OffendersInit } from './links/offenders.ts'
import { watched } from './links/ping.ts'

export type { Libp2p } from './node.ts'
export type { Link } from './links/links.ts'

export interface SwarmNodeEvents {
  /** The first connection with a peer is there. */
  'link:up': { readonly peer: PeerId }
  /** The last connection with a peer is gone. */
  'link:down': { readonly peer: PeerId }
  /** Any of the facts that `links()` tells may have changed, latency aside. */
  'links:changed': Record<never, never>
}

export interface SwarmNodeDeps {
  readonly identity: { readonly peerId: PeerId; readonly seed: Uint8Array }
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface SwarmNodeInit extends NodeInit {
  readonly bootstrap?: readonly string[]
  readonly dialer?: DialerInit
  readonly offenders?: OffendersInit
  readonly linkWatch?: LinkWatchInit
}

/** One peer's place in the network: its libp2p node, its links, and what keeps them up. */
export class SwarmNode implements Startable {
  readonly peerId: PeerId
  readonly offenders: Offenders
  readonly #deps: SwarmNodeDeps
  readonly #init: SwarmNodeInit
  readonly #events: Emitter<SwarmNodeEvents>
  readonly #dialer: Dialer
  readonly #watch: LinkWatch
  #libp2p: Libp2p | null = null
  #listeners: AbortController | null = null
  readonly #up = new Set<PeerId>()
  #isDenied: (peer: PeerId) => boolean = () => false

  constructor(deps: SwarmNodeDeps, init: SwarmNodeInit) {
    this.#deps = deps
    this.#init = init
    this.peerId = deps.identity.peerId
    this.#events = new Emitter((err, name) => deps.log.error({ err, event: name }, 'a listener of the node failed'))
    this.offenders = new Offenders({ ...deps, onBanned: (peer) => this.#cut(peer) }, init.offenders)
    this.#dialer = new Dialer(
      {
        ...deps,
        dial: (target, options) => this.#dial(target, options),
        linked: (peer) => this.#up.has(peer),
        linkCounts: () => this.#counts(),
        networkState: () => interfaceAddresses().join(' '),
      },
      init.dialer,
    )
    this.#dialer.setBootstrap(init.bootstrap ?? [])
    this.#watch = new LinkWatch({ ...deps, links: () => this.#connections().map(watched) }, init.linkWatch)
  }

  get events(): EventSource<SwarmNodeEvents> {
    return this.#events
  }

  /** @throws SwarmError INTERNAL while not started */
  get libp2p(): Libp2p {
    if (this.#libp2p !== null) return this.#libp2p
    throw new SwarmError('INTERNAL', 'The network node is not running: start it before it is used.')
  }

  /** @throws SwarmError ADDRESS_IN_USE, INVALID_INPUT */
  async start(): Promise<void> {
    if (this.#libp2p !== null) return
    const isDenied = (peer: PeerId): boolean => this.offenders.banned(peer) || this.#isDenied(peer)
    const deps = { ...this.#deps, offenders: this.offenders, isDenied }
    const node = await createNode(this.#deps.identity.seed, deps, this.#init)
    this.#libp2p = node
    const listeners = new AbortController()
    this.#listeners = listeners
    const { signal } = listeners
    const listen = (name: 'connection:open' | 'connection:close' | 'peer:identify'): void =>
      node.addEventListener(name, () => this.#compare(), { signal })
    listen('connection:open')
    listen('connection:close')
    listen('peer:identify')
    node.addEventListener(
      'peer:discovery',
      ({ detail }) => {
        this.learn(detail.id.toString() as PeerId, detail.multiaddrs.map(String))
      },
      { signal },
    )
    try {
      await node.start()
    } catch (cause) {
      await this.stop()
      throw listenError(cause, this.#init.listen ?? [])
    }
    await this.#watch.start()
    await this.#dialer.start()
  }

  async stop(): Promise<void> {
    const node = this.#libp2p
    await this.#dialer.stop()
    await this.#watch.stop()
    this.#listeners?.abort()
    this.#listeners = null
    await node?.stop()
    this.#libp2p = null
    for (const peer of this.#up) this.#down(peer)
  }

  /** Where this peer listens, each with its PeerId; empty while not started. */
  addresses(): readonly string[] {
    return this.#libp2p?.getMultiaddrs().map(String) ?? []
  }

  /** One link a peer, oldest first. */
  links(): readonly Link[] {
    return this.#libp2p === null ? [] : linksOf(this.#libp2p.getConnections())
  }

  /** The peers that we are linked to. */
  neighbours(): readonly PeerId[] {
    return [...this.#up]
  }

  linked(peer: PeerId): boolean {
    return this.#up.has(peer)
  }

  /** Peers to be linked to always. Takes effect at once. Addresses that are none are counted and left out. */
  setBootstrap(addresses: readonly string[]): void {
    this.#dialer.setBootstrap(addresses)
  }

  /** Tells where a peer of the swarm says it can be reached, e.g. from its `machines` record. Untrusted; bounded. */
  learn(peer: PeerId, addresses: readonly string[]): void {
    if (peer === this.peerId || this.offenders.banned(peer)) return
    this.#dialer.learn(peer, dialable(addresses, interfaceAddresses()))
  }

  /** Links to one peer that is wanted now, e.g. for a file it holds. Throws when no known address answers. */
  async connect(peer: PeerId, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#up.has(peer)) return
    const known = this.#dialer.addressesOf(peer)
    const addresses = known.map((address) => {
      const parsed = parseAddress(address, 'dial')
      return address.includes('/p2p/') ? parsed : parsed.encapsulate(`/p2p/${peer}`)
    })
    // Without an address of ours libp2p may still know one, from an earlier link.
    await this.libp2p.dial(addresses.length > 0 ? addresses : peerIdFromString(peer), { signal })
  }

  /**
   * Links to somebody who need be no peer of the swarm, where it is said to be; the link is not made again when it goes.
   * Throws when none of the addresses is worth dialling, or answers.
   */
  async connectAt(
    peer: PeerId,
    addresses: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#up.has(peer)) return
    if (peer === this.peerId || this.offenders.banned(peer)) throw new Error('a peer that is not dialled')
    const worth = dialable(addresses, interfaceAddresses())
    if (worth.length === 0) throw new Error('no address worth dialling')
    await this.#dial({ peer, addresses: worth }, { signal })
  }

  /**
   * A neighbour is in another swarm: the links that we dialled are closed and not dialled again for a while. Those that it
   * dialled are its own to close.
   */
  elsewhere(peer: PeerId): void {
    this.#dialer.elsewhere(peer)
    for (const connection of this.#connections()) {
      if (peerOf(connection) !== peer || connection.direction !== 'outbound') continue
      connection.close().catch((err: unknown) => this.#deps.log.debug({ err, peer }, 'a link did not close'))
    }
  }

  /** Who is neither let in nor dialled from now on, besides those that send garbage. */
  deny(isDenied: (peer: PeerId) => boolean): void {
    this.#isDenied = isDenied
  }

  /** Closes every link with a peer; it may come back. */
  async hangUp(peer: PeerId): Promise<void> {
    await this.#libp2p?.hangUp(peerIdFromString(peer))
  }

  async #dial(
    target: Pick<DialTarget, 'peer' | 'addresses'>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<PeerId> {
    const addresses = target.addresses.map((address) => {
      const parsed = parseAddress(address, 'dial')
      return target.peer === null || address.includes('/p2p/') ? parsed : parsed.encapsulate(`/p2p/${target.peer}`)
    })
    const connection = await this.libp2p.dial(addresses, { signal })
    return connection.remotePeer.toString() as PeerId
  }

  #counts(): { outbound: number; all: number } {
    let outbound = 0
    for (const connection of this.#libp2p?.getConnections() ?? [])
      if (connection.direction === 'outbound') outbound += 1
    return { outbound, all: this.#up.size }
  }

  #cut(peer: PeerId): void {
    this.#deps.log.warn({ peer }, 'a peer that sends garbage was cut off')
    this.hangUp(peer).catch((err: unknown) => this.#deps.log.warn({ err, peer }, 'cannot hang up'))
  }

  #connections(): readonly Connection[] {
    return this.#libp2p?.getConnections().filter(isOpen) ?? []
  }

  /** Compares who is linked with who was: connections open and close in any order, links are what remains of it. */
  #compare(): void {
    const now = new Set(this.#connections().map(peerOf))
    for (const peer of this.#up) if (!now.has(peer)) this.#down(peer)
    for (const peer of now) {
      if (this.#up.has(peer)) continue
      this.#up.add(peer)
      this.#events.emit('link:up', { peer })
    }
    this.#events.emit('links:changed', {})
  }

  #down(peer: PeerId): void {
    this.#up.delete(peer)
    this.#dialer.lost(peer)
    this.#events.emit('link:down', { peer })
  }
}

const isOpen = (connection: Connection): boolean => connection.status === 'open'
const peerOf = (connection: Connection): PeerId => connection.remotePeer.toString() as PeerId

function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address)
    .sort()
}
