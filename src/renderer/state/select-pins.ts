import type { PinView } from '../../shared/pinning-views.ts'
import type { Live } from './live-store.ts'

/** What is pinned elsewhere of one file, by the name of the service. */
export function pinsOf(live: Live<PinView>, cid: string): readonly PinView[] {
  if (live.phase !== 'ready') return []
  return [...live.items.values()]
    .filter((pin) => pin.cid === cid)
    .toSorted((a, b) => a.service.localeCompare(b.service))
}
