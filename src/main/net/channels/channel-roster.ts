import type { ChannelView } from '../../../shared/network-views.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { ChannelEvents, ChannelFacts } from './channel.ts'

/** A channel as it is configured, and what it knows of itself. */
export type ChannelState = Pick<ChannelView, 'id' | 'kind' | 'address' | 'mode' | 'enabled'> & {
  readonly facts: ChannelFacts
}

/** All channels, those that are off too. */
export interface ChannelRoster {
  readonly events: EventSource<Pick<ChannelEvents, 'channel:changed'>>
  states(): readonly ChannelState[]
}
