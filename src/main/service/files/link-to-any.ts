import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'

/** Dialled at a time; with one of them linked the work can begin. */
const maxDialled = 4
const dialTimeoutMs = 8_000

/**
 * Links to one of these peers: the first few are dialled, whoever answers first is enough. That none does is no error,
 * another may come by itself. Never rejects.
 */
export async function linkToAny(
  peers: readonly PeerId[],
  { node, clock }: { readonly node: Pick<SwarmNode, 'connect'>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController()
  const late = clock.sleep(dialTimeoutMs, { signal: done.signal }).then(
    () => done.abort(),
    () => {},
  )
  const either = AbortSignal.any([signal, done.signal])
  const dialled = peers.slice(0, maxDialled).map((peer) => node.connect(peer, { signal: either }))
  await Promise.any(dialled).catch(() => {})
  done.abort()
  await late
}
