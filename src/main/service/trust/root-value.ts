import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { keyOfPeerId } from '../../model/peer-key.ts'
import type { RootValue } from '../../model/trust-records.ts'
import type { RootState } from '../../model/trust.ts'

/** An id may have the form of one and hold no key. */
export function mustBePeers(peers: readonly PeerId[]): void {
  const wrong = peers.find((peer) => keyOfPeerId(peer) === undefined)
  if (wrong !== undefined) throw new SwarmError('INVALID_INPUT', `"${wrong}" is not the id of a peer.`)
}

/** What a root says, to be said again with something else in it. */
export function valueOf({ version, name, keys, threshold, rules, previous, keeps }: RootState): RootValue {
  return { version, name, keys, threshold, rules, previous, keeps }
}

/** The same root without one of its keys: as many of the others must sign as before, if there are. */
export function withoutKey(root: RootState, peer: PeerId): RootValue {
  const keys = root.keys.filter((key) => key !== peer)
  return { ...valueOf(root), keys, threshold: Math.min(root.threshold, keys.length) }
}

export function nothingChanges(what: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `${what}: nothing changes.`)
}
