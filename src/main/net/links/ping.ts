import type { Connection, Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { randomBytes } from 'node:crypto'
import type { WatchedLink } from './link-watch.ts'

/** libp2p's own: https://github.com/libp2p/specs/blob/master/ping/ping.md */
const pingProtocol = '/ipfs/ping/1.0.0'
const pingBytes = 32

/** A connection for the link watch. A ping that was answered leaves its round trip in the connection's `rtt`. */
export function watched(connection: Connection): WatchedLink {
  return {
    id: connection.id,
    peer: connection.remotePeer.toString(),
    sending: connection.streams.some(({ writeBufferLength }) => writeBufferLength > 0),
    ping: ({ signal }) => ping(connection, signal),
    cut: (error) => connection.abort(error),
  }
}

async function ping(connection: Connection, signal: AbortSignal): Promise<void> {
  let stream: Stream | null = null
  try {
    stream = await connection.newStream(pingProtocol, { signal, runOnLimitedConnection: true })
    const bytes = byteStream(stream)
    const startedMs = performance.now()
    await Promise.all([
      bytes.write(randomBytes(pingBytes), { signal }),
      // What comes back is not compared: whoever answers at all is there.
      bytes.read({ bytes: pingBytes, signal }),
    ])
    connection.rtt = performance.now() - startedMs
    await stream.close({ signal })
  } catch (error) {
    stream?.abort(error instanceof Error ? error : new Error(String(error)))
    // It said that it does not know the protocol: it is there.
    if (error instanceof Error && error.name === 'UnsupportedProtocolError') return
    throw error
  }
}
