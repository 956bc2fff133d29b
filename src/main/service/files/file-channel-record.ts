import { fileChannelSchema } from '../../../shared/file-views.ts'
import type { CborMap } from '../../model/cbor.ts'

/**
 * A `channels` record that says whether its author is on a file channel: the key is `files/NAME` (the bucket also holds
 * the links of peers, under `links`), the value `{kind: 'files', joined}`. The newest of an author counts.
 */
const keyPrefix = 'files/'

export function channelKey(name: string): string {
  return `${keyPrefix}${name}`
}

export function channelValue(joined: boolean): CborMap {
  return { kind: 'files', joined }
}

export function isChannelName(name: string): boolean {
  return fileChannelSchema.shape.name.safeParse(name).success
}

/** `none`: of something else. `bad`: it should be one of these, and is not: a peer's bad input, to be counted. */
export type ReadMembership =
  | { readonly kind: 'ok'; readonly name: string; readonly joined: boolean }
  | { readonly kind: 'none' | 'bad' }

/** Never throws. */
export function readMembership(key: string, value: CborMap): ReadMembership {
  if (!key.startsWith(keyPrefix)) return { kind: 'none' }
  const name = key.slice(keyPrefix.length)
  const { kind, joined } = value
  if (!isChannelName(name) || kind !== 'files' || typeof joined !== 'boolean') return { kind: 'bad' }
  return { kind: 'ok', name, joined }
}
