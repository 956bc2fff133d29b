import type { PeerId } from '../../../shared/ids.ts'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import type { SwarmNode } from '../swarm-node.ts'
import type { Channel } from './channel.ts'
import type { ChannelHop } from './channel-config.ts'
import { GossipChannel } from './gossipsub.ts'
import { IrcChannel } from './irc.ts'
import type { LineChannelDeps } from './line-door.ts'
import { TcpLineChannel } from './tcp-line.ts'
import { UdpChannel } from './udp.ts'

export interface MakeChannelDeps extends LineChannelDeps {
  readonly node: SwarmNode
  /** Nobody has spoken for this neighbour. Default: nobody is a stranger. */
  readonly isStranger?: (peer: PeerId) => boolean
}

/** The channel of a configuration, not started. @param hop what its address says */
export function makeChannel(
  deps: MakeChannelDeps,
  { address, mode }: ChannelConfig,
  hop: ChannelHop,
  init: { readonly swarm: string },
): Channel {
  if (hop.kind === 'gossip') return new GossipChannel(deps, init)
  const { name: host, kind } = hop.host
  const family = kind === 'ip4' || kind === 'dns4' ? 4 : 6
  const place = { address, host, port: hop.port, family } as const
  if (hop.kind === 'tcp-line') return new TcpLineChannel(deps, { ...place, mode })
  if (hop.kind === 'udp') return new UdpChannel(deps, place)
  return new IrcChannel(deps, { ...place, channel: `#${hop.channel}`, self: deps.node.peerId })
}
