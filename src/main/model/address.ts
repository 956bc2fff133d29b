import { isPeerId, type PeerId } from '../../shared/ids.ts'
import { canonicalHost, isHost, type HostKind } from './host.ts'

/**
 * The swarm's multiaddresses: where messages go, as text. One is a chain of hops, and each hop is a channel or a peer:
 *
 *     /ipfs-pubsub/TOPIC/dswarm-line                            gossip
 *     /ip4|ip6|dns4|dns6/HOST/tcp/PORT/dswarm-line              a TCP line
 *     /ip4|ip6|dns4|dns6/HOST/udp/PORT/dswarm-line              UDP: a broadcast, multicast or single address
 *     /ip4|ip6|dns4|dns6/HOST/tcp/PORT/irc/CHANNEL/dswarm-line  an IRC channel; its leading # is left out
 *     /dswarm/PEERID/brain                                      a peer, whichever way it is reached
 */
export type Hop =
  | { readonly kind: 'gossip'; readonly topic: string }
  | { readonly kind: 'tcp-line'; readonly host: Host; readonly port: number }
  | { readonly kind: 'udp'; readonly host: Host; readonly port: number }
  | { readonly kind: 'irc'; readonly host: Host; readonly port: number; readonly channel: string }
  | { readonly kind: 'brain'; readonly peer: PeerId }

export interface Host {
  readonly kind: HostKind
  readonly name: string
}

/** A chain of hops, the first is the next to be taken; never empty when parsed. */
export type Address = readonly Hop[]

export type ParsedAddress =
  | { readonly kind: 'ok'; readonly address: Address }
  /** The end of a sentence that begins with the address: "is not … ; write it like …". */
  | { readonly kind: 'rejected'; readonly reason: string }

/** As many hops as a message may take, there and once more: longer chains are loops. */
export const maxAddressHops = 16
/** The contract's limit of what a route may lead to; sixteen hops of ordinary names fit. */
export const maxAddressLength = 1_024

/** What makes a topic: no slash, no space; it is a name in an address and in gossip. */
const topicForm = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/
/** RFC 2812, 1.3: at most 50 characters with the #, no space, comma, colon or control character; and no slash, here. */
const ircChannelForm = /^[^\s,:/#$%\p{Cc}]{1,49}$/u

/** Reads an address of any length of chain. Never throws; text beyond the limits is rejected. */
export function parseAddress(text: string): ParsedAddress {
  if (text.length > maxAddressLength) return rejected(`is longer than ${maxAddressLength} characters`)
  if (!text.startsWith('/')) return rejected('does not begin with "/"')
  const parts = text.slice(1).split('/')
  // One slash at the end is nothing.
  if (parts.at(-1) === '') parts.pop()
  const hops: Hop[] = []
  for (let at = 0; at < parts.length;) {
    if (hops.length >= maxAddressHops) return rejected(`has more than ${maxAddressHops} hops`)
    const read = readHop(parts, at)
    if (typeof read === 'string') return rejected(read)
    hops.push(read.hop)
    at = read.next
  }
  return hops.length === 0 ? rejected('is empty') : { kind: 'ok', address: hops }
}

/** The one way to write an address. */
export function formatAddress(address: Address): string {
  return address.map(formatHop).join('')
}

export function formatHop(hop: Hop): string {
  switch (hop.kind) {
    case 'gossip':
      return `/ipfs-pubsub/${hop.topic}/dswarm-line`
    case 'tcp-line':
      return `/${hop.host.kind}/${hop.host.name}/tcp/${hop.port}/dswarm-line`
    case 'udp':
      return `/${hop.host.kind}/${hop.host.name}/udp/${hop.port}/dswarm-line`
    case 'irc':
      return `/${hop.host.kind}/${hop.host.name}/tcp/${hop.port}/irc/${hop.channel}/dswarm-line`
    case 'brain':
      return `/dswarm/${hop.peer}/brain`
  }
}

/** The address of a peer, whichever way it is reached. */
export function brainAddress(peer: PeerId): string {
  return `/dswarm/${peer}/brain`
}

type Read = { readonly hop: Hop; readonly next: number } | string

function readHop(parts: readonly string[], at: number): Read {
  const protocol = parts[at] ?? ''
  switch (protocol) {
    case 'dswarm':
      return readBrain(parts, at)
    case 'ipfs-pubsub':
      return readGossip(parts, at)
    case 'ip4':
    case 'ip6':
    case 'dns4':
    case 'dns6':
      return readLine(protocol, parts, at)
    default:
      return `holds "${protocol.slice(0, 40)}" where ip4, ip6, dns4, dns6, ipfs-pubsub or dswarm is expected`
  }
}

function readBrain(parts: readonly string[], at: number): Read {
  const peer = parts[at + 1] ?? ''
  if (!isPeerId(peer)) return 'names no peer after "/dswarm"; write it like /dswarm/12D3KooW…/brain'
  if (parts[at + 2] !== 'brain') return 'lacks "/brain" after the peer; write it like /dswarm/12D3KooW…/brain'
  return { hop: { kind: 'brain', peer }, next: at + 3 }
}

function readGossip(parts: readonly string[], at: number): Read {
  const topic = parts[at + 1] ?? ''
  if (!topicForm.test(topic)) return 'names no topic; write it like /ipfs-pubsub/records/dswarm-line'
  if (parts[at + 2] !== 'dswarm-line') return endsWrongly('/ipfs-pubsub/records/dswarm-line')
  return { hop: { kind: 'gossip', topic }, next: at + 3 }
}

function readLine(kind: HostKind, parts: readonly string[], at: number): Read {
  const [, name = '', protocol, portText = ''] = parts.slice(at, at + 4)
  if (!isHost(kind, name)) return `holds "${name.slice(0, 40)}", which is no ${hostWords[kind]}`
  if (protocol !== 'tcp' && protocol !== 'udp') return `lacks "/tcp/PORT" or "/udp/PORT" after its host`
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535) return `holds "${portText.slice(0, 40)}", which is no port`
  const host: Host = { kind, name: canonicalHost(kind, name) }
  if (protocol === 'tcp' && parts[at + 4] === 'irc') {
    const channel = (parts[at + 5] ?? '').replace(/^#/, '')
    if (!ircChannelForm.test(channel))
      return 'names no IRC channel; write it like /dns4/HOST/tcp/6667/irc/lab/dswarm-line'
    if (parts[at + 6] !== 'dswarm-line') return endsWrongly('/dns4/HOST/tcp/6667/irc/lab/dswarm-line')
    return { hop: { kind: 'irc', host, port, channel }, next: at + 7 }
  }
  if (parts[at + 4] !== 'dswarm-line') return endsWrongly(`/ip4/192.168.1.7/${protocol}/4181/dswarm-line`)
  return { hop: { kind: protocol === 'tcp' ? 'tcp-line' : 'udp', host, port }, next: at + 5 }
}

const hostWords: Readonly<Record<HostKind, string>> = {
  ip4: 'IPv4 address',
  ip6: 'IPv6 address',
  dns4: 'host name',
  dns6: 'host name',
}

const endsWrongly = (example: string): string => `lacks "/dswarm-line"; write it like ${example}`

function rejected(reason: string): ParsedAddress {
  return { kind: 'rejected', reason }
}
