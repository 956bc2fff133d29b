import { registry, V, type ProtocolCodec } from '@multiformats/multiaddr'
import { isPeerId } from '../../../shared/ids.ts'

/**
 * The swarm's own protocols, so that the multiaddr library reads, writes and packs the addresses of `model/address.ts`.
 * Codes are of the range that multicodec leaves to private use (0x300000 to 0x3fffff); they never leave this peer:
 * addresses travel as text. https://github.com/multiformats/multicodec#private-use-area
 */
const protocols: readonly ProtocolCodec[] = [
  { code: 0x3d7501, name: 'dswarm', size: V, validate: mustBePeer },
  { code: 0x3d7502, name: 'brain', size: 0 },
  { code: 0x3d7503, name: 'dswarm-line', size: 0 },
  { code: 0x3d7504, name: 'irc', size: V },
  { code: 0x3d7505, name: 'ipfs-pubsub', size: V },
]

/** Makes the library know the swarm's protocols; calling it again changes nothing. */
export function registerProtocols(): void {
  for (const protocol of protocols) registry.addProtocol(protocol)
}

/** The library's way to refuse a value is to throw. */
function mustBePeer(value: string): void {
  if (!isPeerId(value)) throw new TypeError(`"${value.slice(0, 80)}" is no PeerId`)
}
