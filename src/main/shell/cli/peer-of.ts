import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { isPeerId, type PeerId } from '../../../shared/ids.ts'

/** Shorter ends of ids than this are guesses. */
const leastOfId = 4

/**
 * The peer that a person means: by its id, its name, or the end of its id.
 * @throws SwarmError NOT_FOUND, INVALID_INPUT when several are meant
 */
export async function peerOf(api: ApiClient, text: string): Promise<{ readonly peer: PeerId; readonly name: string }> {
  const machines = await api.fleet.list()
  const byName = machines.filter(({ name }) => name.toLowerCase() === text.toLowerCase())
  const byId = machines.filter(({ peer }) => peer === text || (text.length >= leastOfId && peer.endsWith(text)))
  const [found, ...others] = byName.length > 0 ? byName : byId
  if (found === undefined) {
    if (isPeerId(text)) return { peer: text, name: text }
    throw new SwarmError('NOT_FOUND', `no machine is called "${text}": see "dt-swarm peers"`)
  }
  if (others.length === 0) return found
  const ids = [found, ...others].map(({ peer }) => peer).join(', ')
  throw new SwarmError('INVALID_INPUT', `"${text}" is more than one machine: name one by its id: ${ids}`)
}
