import { useStore } from 'zustand'
import { isPeerId, type PeerId } from '../../shared/ids.ts'
import { shortId } from '../format.ts'
import { useStores } from './context.ts'

/** A peer's name as the fleet knows it, else enough of its id to tell it from others. */
export function usePeerName(peer: PeerId | null): string {
  return useStore(useStores().fleet.store, (state) => {
    if (peer === null) return ''
    return (state.phase === 'ready' ? state.items.get(peer)?.name : undefined) ?? shortId(peer)
  })
}

const peerForm = /12D3KooW[1-9A-HJ-NP-Za-km-z]{44}/

/** The peer that an address leads to, as in `/dswarm/PEER/brain`, or is itself; null when it names none. */
export function peerOf(address: string): PeerId | null {
  const [found] = peerForm.exec(address) ?? []
  return found !== undefined && isPeerId(found) ? found : null
}

/** A text with the peer ids in it cut short: what is around them is what one reads. */
export function withShortIds(text: string): string {
  return text.replace(new RegExp(peerForm, 'g'), (peer) => shortId(peer))
}
