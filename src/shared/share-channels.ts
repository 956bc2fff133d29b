import type { ShareView } from './views.ts'

/** The file channels that a file is meant for; none: the whole swarm. */
export function channelsOfShare({ channel, moreChannels = [] }: Pick<ShareView, 'channel' | 'moreChannels'>): string[] {
  return channel === null ? [] : [channel, ...moreChannels]
}
