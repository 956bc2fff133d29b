import type { ChannelKind, ChannelView } from '../../shared/network-views.ts'
import type { Level } from './select-fleet.ts'

export const channelKinds: Readonly<Record<ChannelKind, { readonly word: string; readonly about: string }>> = {
  gossip: { word: 'Gossip', about: 'libp2p gossipsub, among all connected peers' },
  udp: { word: 'UDP', about: 'datagrams on a local network: broadcast, multicast or one address' },
  'tcp-line': { word: 'TCP line', about: 'one message a line, from this peer to another' },
  irc: { word: 'IRC', about: 'lines in a channel of a chat server' },
}

export const channelStates: Readonly<Record<ChannelView['state'], { readonly word: string; readonly level: Level }>> = {
  up: { word: 'up', level: 'ok' },
  starting: { word: 'starting', level: 'unknown' },
  waiting: { word: 'waiting', level: 'unknown' },
  off: { word: 'off', level: 'unknown' },
  failed: { word: 'failed', level: 'look' },
}

/** Why messages were not passed on, for people. */
const dropWords: Readonly<Record<string, string>> = {
  duplicate: 'heard before, as it should be where ways cross',
  hops: 'came too far',
  malformed: 'not a message',
  flood: 'too many from one sender',
  overflow: 'came faster than the channel takes them',
  'other-swarm': 'of another swarm',
}

export function dropMeaning(reason: string): string {
  return dropWords[reason] ?? reason.replaceAll('-', ' ')
}

/** A rough check before the peer's own. */
export function checkChannelAddress(address: string): string | null {
  if (!address.startsWith('/')) return 'An address begins with a slash: /ip4/…, /ip6/… or /dns4/….'
  if (!address.endsWith('/dswarm-line')) return 'An address ends in /dswarm-line.'
  if (!/^\/(ip4|ip6|dns4|dns6)\/[^/\s]+\/(tcp|udp)\/\d{1,5}(\/irc\/[^/\s]+)?\/dswarm-line$/.test(address)) {
    return 'Write it like one of the examples.'
  }
  return null
}

export const channelExamples = [
  { address: '/ip4/255.255.255.255/udp/4181/dswarm-line', about: 'everybody on this network, by UDP broadcast' },
  { address: '/ip4/239.18.7.5/udp/4181/dswarm-line', about: 'everybody on this network, by UDP multicast' },
  { address: '/ip4/192.168.1.9/tcp/4181/dswarm-line', about: 'one peer that listens there' },
  { address: '/dns4/irc.example.org/tcp/6697/irc/duckies/dswarm-line', about: 'an IRC channel' },
] as const
