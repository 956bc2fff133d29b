import type { PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import { Emitter, type EventSource } from '../../base/emitter.ts'
import { brainAddress, formatHop, type Address, type Hop } from '../../model/address.ts'
import {
  checkRoute,
  emptyTable,
  markUsed,
  maxLearnedRoutes,
  maxSetRoutes,
  resolve,
  routesOf,
  sweepRoutes,
  withoutRoute,
  withRoute,
  type Resolved,
  type Route,
  type RoutingTable,
} from '../../model/routing.ts'
import type { Channel, MessageSource } from '../channels/channel.ts'

export interface RouteBookDeps {
  readonly self: PeerId
  /** Those that are switched on. */
  readonly channels: () => readonly Channel[]
  /** Peers with a libp2p link to us now. */
  readonly linked: () => readonly PeerId[]
  readonly clock: Clock
}

/** A way that carried a message is believed for so long; a robot that changes its network is found again by then. */
const learnedForMs = 10 * 60_000
/** What a message teaches: one that was said longer ago, by the swarm's time, may have been kept back by somebody. */
const freshMs = 60_000
/** A shorter way is kept beside a longer newer one for so long: traffic comes by all ways at once. */
const preferredForMs = 60_000

interface Learned {
  /** When the message that taught it was said. */
  readonly saidAtMs: number
  /** A question that went that way was answered: until then no message teaches another. */
  readonly provenUntilMs: number
}

/** The routing table of this peer as it is now: what was set, what was learned, and whom it is linked to. */
export class RouteBook {
  readonly #deps: RouteBookDeps
  readonly #events = new Emitter<{ 'routes:changed': Record<never, never> }>()
  #table: RoutingTable = emptyTable
  /** Of learned routes, by prefix; those of routes that are gone go when there are many. */
  readonly #learned = new Map<string, Learned>()
  /** By prefix: when a link was last used as a route; those of links that are gone go with the next look. */
  #linkUses: ReadonlyMap<string, number> = new Map()

  constructor(deps: RouteBookDeps) {
    this.#deps = deps
  }

  /** What people set has changed. What is learned changes all the time, and is not told. */
  get events(): EventSource<{ 'routes:changed': Record<never, never> }> {
    return this.#events
  }

  list(): readonly Route[] {
    return routesOf(this.#current())
  }

  /** Routes that people set. */
  set(): readonly Route[] {
    return [...this.#table.set.values()]
  }

  /** @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  add(prefix: string, next: string): void {
    const checked = checkRoute(prefix, next)
    if (checked.kind === 'rejected') throw new SwarmError('INVALID_INPUT', checked.reason)
    if (this.#table.set.size >= maxSetRoutes && !this.#table.set.has(checked.prefix)) {
      throw new SwarmError('LIMIT_REACHED', `${maxSetRoutes} routes are set already: remove some before setting more.`)
    }
    const route = { source: 'set', hops: null, expiresAtMs: null, usedAtMs: null } as const
    this.#table = withRoute(this.#table, { ...route, prefix: checked.prefix, next: checked.next })
    this.#events.emit('routes:changed', {})
  }

  /** @throws SwarmError NOT_FOUND when none was set for it; what is learned goes by itself */
  remove(prefix: string): void {
    const checked = checkRoute(prefix, '/ipfs-pubsub/records/dswarm-line')
    const canonical = checked.kind === 'ok' ? checked.prefix : prefix
    if (!this.#table.set.has(canonical)) {
      throw new SwarmError('NOT_FOUND', `No route was set for "${prefix.slice(0, 200)}": see "dt-swarm routes".`)
    }
    this.#table = withoutRoute(this.#table, 'set', canonical)
    this.#events.emit('routes:changed', {})
  }

  /**
   * A message of `origin` that verified, and was never heard before, came that way, by way of the neighbour `sender`.
   * Who brings it nobody proves: so a way that has proven itself stays, and a message kept back by somebody, or said
   * before the one that taught what is known, teaches nothing.
   */
  learn(
    origin: PeerId,
    { sender, source, hops, saidAtMs }: { sender: PeerId; source: MessageSource; hops: number; saidAtMs: number },
  ): void {
    const channel = this.#deps.channels().find((one) => one.id === source.channel)
    if (channel === undefined || origin === this.#deps.self || sender === this.#deps.self) return
    const now = this.#deps.clock.now()
    if (now - saidAtMs > freshMs) return
    const prefix = brainAddress(origin)
    const known = this.#table.learned.get(prefix)
    const way = sender === origin ? channel.address : `${channel.address}${brainAddress(sender)}`
    const next = `${way}/$0`
    const facts = known === undefined ? undefined : this.#learned.get(prefix)
    if (known !== undefined && known.next !== next) {
      if (facts !== undefined && (facts.provenUntilMs > now || facts.saidAtMs >= saidAtMs)) return
      const knownForMs = known.expiresAtMs == null ? Infinity : now + learnedForMs - known.expiresAtMs
      if ((known.hops ?? Infinity) < hops && knownForMs < preferredForMs) return
    }
    const isSame = known?.next === next
    this.#learned.set(prefix, { saidAtMs, provenUntilMs: isSame ? (facts?.provenUntilMs ?? 0) : 0 })
    this.#forgetGone()
    this.#table = withRoute(this.#table, {
      prefix,
      next,
      source: 'learned',
      hops,
      expiresAtMs: Math.trunc(now) + learnedForMs,
      usedAtMs: known?.usedAtMs ?? null,
    })
  }

  /** A way that did not answer. What was set is the operator's. */
  forget(routes: readonly Route[]): void {
    for (const { source, prefix } of routes) {
      if (source === 'learned') this.#table = withoutRoute(this.#table, source, prefix)
    }
  }

  /** A question that went this way was answered. */
  prove(routes: readonly Route[]): void {
    const provenUntilMs = this.#deps.clock.now() + learnedForMs
    for (const { source, prefix, next } of routes) {
      const facts = this.#learned.get(prefix)
      if (source !== 'learned' || facts === undefined || this.#table.learned.get(prefix)?.next !== next) continue
      this.#learned.set(prefix, { ...facts, provenUntilMs })
    }
  }

  /** Whether these ways are set, are links, or have answered. */
  areProven(routes: readonly Route[]): boolean {
    const now = this.#deps.clock.now()
    return routes.every(
      ({ source, prefix }) => source !== 'learned' || (this.#learned.get(prefix)?.provenUntilMs ?? 0) > now,
    )
  }

  resolve(to: Address): Resolved {
    const now = Math.trunc(this.#deps.clock.now())
    const table = this.#current()
    const resolved = resolve(table, to, {
      self: this.#deps.self,
      hasChannel: (hop) => this.channelAt(hop) !== undefined,
      now,
    })
    if (resolved.kind === 'none') return resolved
    this.#table = markUsed(this.#table, resolved.used, now)
    const links = resolved.used.filter(({ source }) => source === 'link')
    if (links.length > 0)
      this.#linkUses = new Map([...this.#linkUses, ...links.map(({ prefix }) => [prefix, now] as const)])
    return resolved
  }

  /** The channel of this peer at a hop. */
  channelAt(hop: Hop): Channel | undefined {
    const address = formatHop(hop)
    return this.#deps.channels().find((channel) => channel.address === address)
  }

  #forgetGone(): void {
    if (this.#learned.size <= 2 * maxLearnedRoutes) return
    for (const prefix of this.#learned.keys()) if (!this.#table.learned.has(prefix)) this.#learned.delete(prefix)
  }

  #current(): RoutingTable {
    const now = this.#deps.clock.now()
    this.#table = sweepRoutes(this.#table, now)
    const gossip = this.#deps.channels().find(({ kind }) => kind === 'gossip')
    // Streams to linked peers are a part of gossip, and off with it.
    if (gossip === undefined) return this.#table
    const links = new Map<string, Route>()
    const uses = new Map<string, number>()
    for (const peer of this.#deps.linked()) {
      const prefix = brainAddress(peer)
      const usedAtMs = this.#linkUses.get(prefix) ?? null
      if (usedAtMs !== null) uses.set(prefix, usedAtMs)
      links.set(prefix, { prefix, next: `${gossip.address}/$0`, source: 'link', hops: 1, expiresAtMs: null, usedAtMs })
    }
    this.#linkUses = uses
    return { ...this.#table, link: links }
  }
}
