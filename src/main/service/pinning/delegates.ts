import { isPeerId } from '../../../shared/ids.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { PinStatus } from './pin-api.ts'

/** Of twenty that a service may name; one link is enough. */
const maxDialled = 4
const dialTimeoutMs = 8_000

/**
 * Links to the nodes of a pinning service that want the file: behind a NAT they could not come to us. That it fails is no
 * error; they may come by our addresses.
 */
export async function linkToDelegates(
  { delegates }: Pick<PinStatus, 'delegates'>,
  { node, log }: { readonly node: Pick<SwarmNode, 'connectAt'>; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const byPeer = new Map<string, string[]>()
  for (const address of delegates) {
    const [, peer] = /\/p2p\/([^/]+)$/.exec(address) ?? []
    if (peer !== undefined) byPeer.set(peer, [...(byPeer.get(peer) ?? []), address])
  }
  for (const [peer, addresses] of [...byPeer].slice(0, maxDialled)) {
    if (!isPeerId(peer)) continue
    try {
      await node.connectAt(peer, addresses, { signal: AbortSignal.any([signal, AbortSignal.timeout(dialTimeoutMs)]) })
    } catch (err) {
      if (signal.aborted) return
      log.debug({ err, peer }, 'a node of a pinning service could not be linked to')
    }
  }
}
