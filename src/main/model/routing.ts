import type { PeerId } from '../../shared/ids.ts'
import { formatAddress, formatHop, maxAddressHops, parseAddress, type Address, type Hop } from './address.ts'

/** Where what begins with a prefix goes next. */
export interface Route {
  /** One hop or several, in canonical form. */
  readonly prefix: string
  /** An address in which `$0` stands for what was matched: `/ip4/10.0.0.7/udp/4182/dswarm-line/$0`. */
  readonly next: string
  /** set: by a person. link: there is a link to that peer now. learned: from a signed message that came that way. */
  readonly source: 'set' | 'link' | 'learned'
  /** Channels on the way, as far as is known. */
  readonly hops: number | null
  readonly expiresAtMs: number | null
  readonly usedAtMs: number | null
}

/** Routes by source and prefix, as a value: every change makes a new one. */
export interface RoutingTable {
  readonly set: ReadonlyMap<string, Route>
  readonly link: ReadonlyMap<string, Route>
  /** The one used or learned least recently first. */
  readonly learned: ReadonlyMap<string, Route>
}

export const emptyTable: RoutingTable = { set: new Map(), link: new Map(), learned: new Map() }

/** What people set by hand; more is a mistake of a script. */
export const maxSetRoutes = 256
/** As many as a peer has links. */
const maxLinkRoutes = 1_024
/** Peers of a large swarm that talked to us lately; past it the one of least use is forgotten. */
export const maxLearnedRoutes = 1_024

/** Each step replaces one prefix; a longer way round is a mistake in the table. */
const maxSteps = 16

export type CheckedRoute =
  | { readonly kind: 'ok'; readonly prefix: string; readonly next: string }
  /** A whole sentence. */
  | { readonly kind: 'rejected'; readonly reason: string }

/** Reads a route as a person writes it. Never throws. */
export function checkRoute(prefix: string, next: string): CheckedRoute {
  const from = parseAddress(prefix)
  if (from.kind === 'rejected') return refusal(`The prefix "${short(prefix)}" ${from.reason}.`)
  const canonical = formatAddress(from.address)
  const template = readTemplate(next)
  if (template.kind === 'rejected') return template
  const expanded = expand(template.next, canonical)
  if (expanded === undefined) return refusal(`The next hop "${short(next)}" is too long once $0 is filled in.`)
  if (expanded === canonical) return refusal(`"${canonical}" would lead to itself.`)
  return { kind: 'ok', prefix: canonical, next: template.next }
}

/** The table with a route added, or put in the place of the one of the same source and prefix. */
export function withRoute(table: RoutingTable, route: Route): RoutingTable {
  const routes = new Map(table[route.source])
  routes.delete(route.prefix)
  routes.set(route.prefix, route)
  const max = { set: maxSetRoutes, link: maxLinkRoutes, learned: maxLearnedRoutes }[route.source]
  const oldest = routes.keys().next()
  if (routes.size > max && oldest.done !== true) routes.delete(oldest.value)
  return { ...table, [route.source]: routes }
}

export function withoutRoute(table: RoutingTable, source: Route['source'], prefix: string): RoutingTable {
  if (!table[source].has(prefix)) return table
  const routes = new Map(table[source])
  routes.delete(prefix)
  return { ...table, [source]: routes }
}

/** Forgets what has expired; the same table when nothing has. */
export function sweepRoutes(table: RoutingTable, now: number): RoutingTable {
  let swept = table
  for (const route of [...table.learned.values(), ...table.link.values()]) {
    if (isOver(route, now)) swept = withoutRoute(swept, route.source, route.prefix)
  }
  return swept
}

/** All routes, those that are looked at first first. */
export function routesOf(table: RoutingTable): readonly Route[] {
  return [...table.set.values(), ...table.link.values(), ...[...table.learned.values()].reverse()]
}

export type Resolved =
  /** The address leads here. */
  | { readonly kind: 'here'; readonly used: readonly Route[] }
  /** The first hop is a channel of this peer; `rest` is for who hears it there, and may be empty. */
  | { readonly kind: 'channel'; readonly hop: Hop; readonly rest: Address; readonly used: readonly Route[] }
  | { readonly kind: 'none'; readonly reason: 'no-route' | 'loop' | 'too-long' | 'malformed' }

export interface ResolveOptions {
  readonly self: PeerId
  /** Whether this peer has a channel at that hop. */
  readonly hasChannel: (hop: Hop) => boolean
  readonly now: number
}

/**
 * Follows the table until the first hop is a channel of this peer: what begins with the longest prefix of a route is
 * replaced by the route's next hop. Of routes of one prefix a set one goes before a link, and that before a learned one.
 * Ends after a bounded number of steps, whatever the table holds.
 */
export function resolve(table: RoutingTable, to: Address, { self, hasChannel, now }: ResolveOptions): Resolved {
  const used: Route[] = []
  const visited = new Set<string>()
  let address = to
  for (let step = 0; step < maxSteps; step += 1) {
    address = withoutSelf(address, self)
    const [first, ...rest] = address
    if (first === undefined) return { kind: 'here', used }
    if (first.kind !== 'brain' && hasChannel(first)) return { kind: 'channel', hop: first, rest, used }
    const text = formatAddress(address)
    if (visited.has(text)) return { kind: 'none', reason: 'loop' }
    visited.add(text)
    const match = longestMatch(table, address, now)
    if (match === undefined) return { kind: 'none', reason: 'no-route' }
    const expanded = expand(match.route.next, match.route.prefix)
    const next = expanded === undefined ? undefined : parseAddress(expanded)
    if (next === undefined) return { kind: 'none', reason: 'too-long' }
    if (next.kind === 'rejected') return { kind: 'none', reason: 'malformed' }
    used.push(match.route)
    address = [...next.address, ...address.slice(match.length)]
    if (address.length > maxAddressHops) return { kind: 'none', reason: 'too-long' }
  }
  return { kind: 'none', reason: 'loop' }
}

/** The routes that were used, used now: what is of use is not forgotten first. */
export function markUsed(table: RoutingTable, used: readonly Route[], now: number): RoutingTable {
  let marked = table
  for (const { source, prefix } of used) {
    const route = marked[source].get(prefix)
    if (route !== undefined) marked = withRoute(marked, { ...route, usedAtMs: now })
  }
  return marked
}

function longestMatch(
  table: RoutingTable,
  address: Address,
  now: number,
): { readonly route: Route; readonly length: number } | undefined {
  for (let length = address.length; length > 0; length -= 1) {
    const prefix = address.slice(0, length).map(formatHop).join('')
    const route = [table.set, table.link, table.learned]
      .map((routes) => routes.get(prefix))
      .find((one) => one !== undefined && !isOver(one, now))
    if (route !== undefined) return { route, length }
  }
  return undefined
}

/** This peer itself, at the head of an address, is reached. */
function withoutSelf(address: Address, self: PeerId): Address {
  let at = 0
  for (; at < address.length; at += 1) {
    const hop = address[at]
    if (hop?.kind !== 'brain' || hop.peer !== self) break
  }
  return at === 0 ? address : address.slice(at)
}

function isOver({ expiresAtMs }: Route, now: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= now
}

/** A template in its one form: each stretch between the places of `$0` is an address of its own. */
function readTemplate(
  next: string,
): { readonly kind: 'ok'; readonly next: string } | Extract<CheckedRoute, { kind: 'rejected' }> {
  const parts = next.replace(/\/$/, '').split('/$0')
  const written: string[] = []
  for (const part of parts) {
    if (part === '') {
      written.push('')
      continue
    }
    const parsed = parseAddress(part)
    if (parsed.kind === 'rejected') return refusal(`The next hop "${short(next)}" ${parsed.reason}.`)
    written.push(formatAddress(parsed.address))
  }
  const text = written.join('/$0')
  return text === '' ? refusal('The next hop is empty.') : { kind: 'ok', next: text }
}

/** Undefined when it would not be an address any more. */
function expand(next: string, matched: string): string | undefined {
  const text = next.split('/$0').join(matched)
  return parseAddress(text).kind === 'ok' ? text : undefined
}

const short = (text: string): string => text.slice(0, 200)

function refusal(reason: string): { readonly kind: 'rejected'; readonly reason: string } {
  return { kind: 'rejected', reason }
}
