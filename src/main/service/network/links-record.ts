import type { PeerId } from '../../../shared/ids.ts'
import { channelKindSchema, type ChannelKind } from '../../../shared/network-views.ts'
import type { CborMap, CborValue } from '../../model/cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes } from '../../model/peer-key.ts'

/** A neighbour that a peer hears on a channel. */
export interface HeardLink {
  readonly peer: PeerId
  readonly channel: ChannelKind
  /** Round trip; null where it is not measured. */
  readonly latencyMs: number | null
}

/** The key of the record in the bucket `channels`. */
export const linksKey = 'links'
/** Some 50 bytes each: with these the value stays below the bucket's 4 KiB. */
export const maxLinks = 72

/** The value of a `channels` record: `{v: 1, links: [[key, channel, latency in ms or -1], …], more}`. */
export function encodeLinks(links: readonly HeardLink[]): CborMap {
  const told = links.slice(0, maxLinks).map(({ peer, channel, latencyMs }): CborValue => {
    const latency = latencyMs === null ? -1 : Math.min(60_000, Math.max(0, Math.round(latencyMs)))
    return [keyOfPeerId(peer) ?? new Uint8Array(publicKeyBytes), channel, latency]
  })
  return { v: 1, links: told, more: links.length - told.length }
}

/** Undefined when the value is none of ours: a peer's bad input, to be counted. Never throws. */
export function decodeLinks(value: CborMap): readonly HeardLink[] | undefined {
  const { v, links } = value
  if (v !== 1 || !Array.isArray(links) || links.length > maxLinks) return undefined
  const heard: HeardLink[] = []
  for (const item of links as readonly CborValue[]) {
    const link = decodeLink(item)
    if (link === undefined) return undefined
    heard.push(link)
  }
  return heard
}

function decodeLink(item: CborValue): HeardLink | undefined {
  if (!Array.isArray(item) || item.length !== 3) return undefined
  const [key, channel, latency] = item as readonly CborValue[]
  if (!(key instanceof Uint8Array) || key.length !== publicKeyBytes) return undefined
  const kind = channelKindSchema.safeParse(channel)
  if (!kind.success || typeof latency !== 'number' || latency < -1 || latency > 60_000) return undefined
  return { peer: peerIdOfKey(key), channel: kind.data, latencyMs: latency < 0 ? null : latency }
}
