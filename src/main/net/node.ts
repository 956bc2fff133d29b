import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { gossipsub, StrictNoSign, type GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush, type Identify, type IdentifyPush } from '@libp2p/identify'
import type { Libp2p as AnyLibp2p, PeerDiscovery, Transport } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { ping, type Ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { PeerId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { encrypters } from './links/encrypters.ts'
import { checkListen, defaultListen, defaultPort, withoutQuic } from './links/listen.ts'
import { gossipInit } from './messages/gossip-init.ts'
import type { Offenders } from './links/offenders.ts'
import { mdnsServiceTag, recordsTopic } from './messages/topics.ts'

/** The services that our node has; re-exported so that nothing outside net needs libp2p's packages. */
export interface NodeServices extends Record<string, unknown> {
  identify: Identify
  identifyPush: IdentifyPush
  ping: Ping
  gossip: GossipSub
}
export type Libp2p = AnyLibp2p<NodeServices>

export interface NodeInit {
  /** What scopes topics, mDNS and protocols: the id of the swarm's first root record. */
  readonly swarm: string
  /**
   * 32 bytes: only who has the same completes a handshake. Then TCP alone is used: libp2p's upgrader hands QUIC
   * connections on as they are (`skipProtection`), so whoever finds the port would get in there.
   */
  readonly networkKey?: Uint8Array | null
  /** Multiaddresses to listen on. Default: TCP and QUIC on every interface. */
  readonly listen?: readonly string[]
  /** Ports for the default addresses, the first that is free. Default 4040. */
  readonly preferredPorts?: readonly number[]
  /** Find peers on the LAN by multicast DNS. Default true. */
  readonly mdns?: boolean
  /** Connections held at most; past this the least useful are closed. Default 128. */
  readonly maxLinks?: number
}

/** Names the program to its peers; no version of any part, no platform. */
const userAgent = 'dt-swarm'

/**
 * Makes the libp2p node, not yet started. It dials nobody by itself and knows no public bootstrap peer.
 * @param seed the 32 bytes of the identity's Ed25519 private key
 * @throws SwarmError ADDRESS_IN_USE, INVALID_INPUT
 */
export async function createNode(
  seed: Uint8Array,
  deps: {
    readonly offenders: Offenders
    /** Who gets no link, whoever dials. */
    readonly isDenied: (peer: PeerId) => boolean
    readonly clock: Clock
    readonly counters: Counters
    readonly log: Log
  },
  init: NodeInit,
): Promise<Libp2p> {
  const networkKey = init.networkKey ?? null
  const quic = networkKey === null ? await loadQuic(deps.counters, deps.log) : null
  const given = init.listen ?? []
  await checkListen(given)
  const listen =
    given.length > 0
      ? quic === null
        ? withoutQuic(given, networkKey !== null)
        : given
      : await defaultListen(init.preferredPorts ?? [defaultPort], quic !== null)
  const maxConnections = init.maxLinks ?? 128
  const denied = (peer: { toString(): string }): boolean => deps.isDenied(peer.toString() as PeerId)
  const topic = recordsTopic(init.swarm)
  // The options are typed as one object so that TypeScript need not infer the service map from factories.
  const options: Libp2pOptions<NodeServices> = {
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    nodeInfo: { name: userAgent, version: '1', userAgent },
    addresses: { listen: [...listen] },
    transports: [tcp(), ...(quic === null ? [] : [quic])],
    ...(networkKey === null ? {} : { connectionProtector: preSharedKey({ psk: keyFile(networkKey) }) }),
    connectionEncrypters: encrypters(deps),
    streamMuxers: [yamux()],
    peerDiscovery: init.mdns === false ? [] : [quietMdns(init.swarm, deps)],
    connectionManager: {
      maxConnections,
      maxParallelDials: 16,
      maxDialQueueLength: 100,
      dialTimeout: 8_000,
      addressDialTimeout: 4_000,
      // A lab of simulated robots, or a robot fleet behind one NAT, connects from one address all at once.
      inboundConnectionThreshold: 64,
      maxIncomingPendingConnections: 64,
      // Redialling is the dialer's, which knows whom the swarm wants.
      reconnectRetries: 0,
    },
    // It cuts a link at the first ping that is late, also when it is we who are slow: `LinkWatch` is more patient.
    connectionMonitor: { enabled: false },
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyDialPeer: denied,
      denyInboundEncryptedConnection: denied,
      denyOutboundEncryptedConnection: denied,
    },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping({ maxInboundStreams: 4, maxOutboundStreams: 4 }),
      gossip: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        ...gossipInit(topic, (peer) => -deps.offenders.points(peer)),
      }),
    },
  }
  return createLibp2p(options)
}

/** The form in which libp2p takes the key: https://github.com/libp2p/specs/blob/master/pnet/Private-Networks-PSK-V1.md */
function keyFile(key: Uint8Array): Uint8Array {
  return Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(key).toString('hex')}`)
}

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]
type DiscoveryFactory = NonNullable<Libp2pOptions['peerDiscovery']>[number]

/** QUIC is a native addon: where it does not load, the peer goes on with TCP and says so. */
async function loadQuic(counters: Counters, log: Log): Promise<TransportFactory | null> {
  try {
    const { quic } = await import('@chainsafe/libp2p-quic')
    return (components) => quic()(components) as Transport
  } catch (error) {
    counters.add('node.unavailable:quic')
    log.warn({ err: error }, 'QUIC does not load on this platform; going on with TCP alone')
    return null
  }
}

/** mDNS that cannot start (no multicast, port 5353 taken exclusively) must not stop the peer. */
function quietMdns(swarm: string, deps: { readonly counters: Counters; readonly log: Log }): DiscoveryFactory {
  const factory = mdns({ serviceTag: mdnsServiceTag(swarm), interval: 5_000 })
  return (components) => {
    const discovery = factory(components) as PeerDiscovery & { start?: () => Promise<void> }
    const start = discovery.start?.bind(discovery)
    discovery.start = async () => {
      try {
        await start?.()
      } catch (error) {
        deps.counters.add('node.unavailable:mdns')
        deps.log.warn(
          { err: error },
          'multicast DNS does not start; peers on the LAN are found by their addresses only',
        )
      }
    }
    return discovery
  }
}
