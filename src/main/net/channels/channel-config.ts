import type { ChannelConfig } from '../../../shared/network-views.ts'
import { formatAddress, parseAddress, type Hop } from '../../model/address.ts'

export type ChannelHop = Exclude<Hop, { readonly kind: 'brain' }>

export type CheckedChannel =
  | { readonly kind: 'ok'; readonly config: ChannelConfig; readonly hop: ChannelHop }
  /** The end of a sentence that begins with the address: "is not …". */
  | { readonly kind: 'rejected'; readonly reason: string }

/** The one gossip channel that a peer has. */
export const gossipAddress = '/ipfs-pubsub/records/dswarm-line'

/** What a peer uses that nobody told otherwise. */
export const defaultChannels: readonly ChannelConfig[] = [{ address: gossipAddress, mode: 'dial', enabled: true }]

/** Reads a channel's configuration, and writes its address in the one way. Never throws. */
export function checkChannel(config: ChannelConfig): CheckedChannel {
  const parsed = parseAddress(config.address)
  if (parsed.kind === 'rejected') return parsed
  const [hop, ...others] = parsed.address
  if (hop === undefined || hop.kind === 'brain' || others.length > 0) {
    return rejected('is not one channel; write it like /ip4/192.168.1.7/tcp/4181/dswarm-line')
  }
  const address = formatAddress([hop])
  if (hop.kind === 'gossip' && address !== gossipAddress) {
    return rejected(`is not the gossip channel, of which there is one: ${gossipAddress}`)
  }
  if (config.mode === 'listen' && hop.kind !== 'tcp-line') {
    return rejected('cannot be listened on; only a TCP line can')
  }
  if (hop.kind !== 'gossip' && hop.port === 0) return rejected('has the port 0; choose one, e.g. 4181')
  return { kind: 'ok', config: { ...config, address }, hop }
}

/**
 * The channels of a command line: gossip, on or off, and those named. `listen:` before an address makes it a TCP line that
 * others come to. Whether they are channels is checked with the other settings.
 */
export function channelsOf(addresses: readonly string[], gossip: boolean): ChannelConfig[] {
  return [
    ...defaultChannels.map((config) => ({ ...config, enabled: gossip })),
    ...addresses.map((text): ChannelConfig => {
      const listen = text.startsWith('listen:')
      return { address: listen ? text.slice('listen:'.length) : text, mode: listen ? 'listen' : 'dial', enabled: true }
    }),
  ]
}

/** Names a channel among all: two may have one address, a TCP line that is dialled and one that is listened on. */
export function channelId({ address, mode }: Pick<ChannelConfig, 'address' | 'mode'>): string {
  return mode === 'listen' ? `${address}!listen` : address
}

function rejected(reason: string): CheckedChannel {
  return { kind: 'rejected', reason }
}
