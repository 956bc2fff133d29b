import { Slots } from './slots.ts'

/** What every call gets besides its input: one a connection. */
export interface ApiContext {
  readonly liveSlots: Slots
}

/**
 * The context of a new connection (a window's port, a WebSocket).
 * @param maxLive live iterators it may hold at once; default 32
 */
export function createContext(maxLive?: number): ApiContext {
  return { liveSlots: new Slots(maxLive === undefined ? {} : { max: maxLive }) }
}
