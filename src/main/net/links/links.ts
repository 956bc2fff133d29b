import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../../../shared/ids.ts'

/** What is known of the link with one peer. */
export interface Link {
  readonly peer: PeerId
  readonly address: string
  readonly transport: 'tcp' | 'quic' | 'other'
  /** `/tls/1.0.0`, `/noise`, or what QUIC has built in. */
  readonly encryption: string | null
  readonly direction: 'inbound' | 'outbound'
  /** When the link was opened, ms since the epoch. */
  readonly sinceMs: number
  /** Round trip of the last ping, taken every few seconds; null before the first. */
  readonly latencyMs: number | null
}

/** One link a peer, oldest first: of several connections with a peer, the oldest open one is told. */
export function linksOf(connections: readonly Connection[]): readonly Link[] {
  const byPeer = new Map<string, Connection>()
  for (const connection of connections) {
    if (connection.status !== 'open') continue
    const key = connection.remotePeer.toString()
    const other = byPeer.get(key)
    if (other === undefined || connection.timeline.open < other.timeline.open) byPeer.set(key, connection)
  }
  return [...byPeer.values()].sort((a, b) => a.timeline.open - b.timeline.open).map(linkOf)
}

function linkOf(connection: Connection): Link {
  const names = new Set(connection.remoteAddr.getComponents().map(({ name }) => name))
  return {
    peer: connection.remotePeer.toString() as PeerId,
    address: connection.remoteAddr.toString(),
    transport: names.has('quic-v1') ? 'quic' : names.has('tcp') ? 'tcp' : 'other',
    encryption: connection.encryption ?? null,
    direction: connection.direction,
    sinceMs: connection.timeline.open,
    latencyMs: connection.rtt ?? null,
  }
}
