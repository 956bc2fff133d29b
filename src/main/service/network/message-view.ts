import type { PeerId } from '../../../shared/ids.ts'
import { isPeerId } from '../../../shared/ids.ts'
import type { ChannelKind, SwarmMessageView } from '../../../shared/network-views.ts'
import type { StreamEntry } from '../../net/messages/message-stream.ts'

export interface MessageFilter {
  readonly search?: string | undefined
  readonly channel?: ChannelKind | undefined
  readonly kind?: string | undefined
  readonly direction?: 'in' | 'out' | undefined
  readonly peer?: PeerId | undefined
}

/** The name of a peer, or null for one that nobody has named. */
export type NameOf = (peer: PeerId) => string | null

export function messageView(entry: StreamEntry, nameOf: NameOf): SwarmMessageView {
  return { ...entry, fromName: entry.from === null ? null : nameOf(entry.from) }
}

/** Whether an entry is wanted. Searched is in ids, names, kinds, channels and summaries, whatever their case. */
export function matcherOf(filter: MessageFilter, nameOf: NameOf): (entry: StreamEntry) => boolean {
  const words = filter.search?.trim().toLowerCase() ?? ''
  return (entry) => {
    if (filter.channel !== undefined && entry.channelKind !== filter.channel) return false
    if (filter.kind !== undefined && entry.kind !== filter.kind) return false
    if (filter.direction !== undefined && entry.direction !== filter.direction) return false
    if (filter.peer !== undefined && entry.from !== filter.peer && entry.to?.includes(filter.peer) !== true)
      return false
    return words === '' || textOf(entry, nameOf).toLowerCase().includes(words)
  }
}

function textOf(entry: StreamEntry, nameOf: NameOf): string {
  const { id, from, to, kind, channel, channelKind, summary, outcome, reason, trace } = entry
  const names = [from, ...(to?.split('/').filter(isPeerId) ?? [])].map((peer) =>
    peer === null ? '' : (nameOf(peer) ?? ''),
  )
  return [id, from, to, kind, channel, channelKind, summary, outcome, reason, trace, ...names].join(' ')
}
