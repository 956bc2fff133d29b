import { CID } from 'multiformats/cid'
import { isCid, type Cid, type PeerId } from '../../../shared/ids.ts'
import { decodeCbor, encodeCbor, isMapValue, type CborMap, type CborValue } from '../../model/cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes } from '../../model/peer-key.ts'

/** The protocol with which peers look for files that no record names: `seeking`, answered with `providing`. */
export const seekProtocol = '/dt-swarm/seek/1'

/** What is looked for: 40 hexadecimal digits, or a CID (v1). */
export type SoughtHash = { readonly kind: 'sha1'; readonly sha1: string } | { readonly kind: 'cid'; readonly cid: Cid }

/** "Who has this?" */
export interface Seeking {
  readonly hash: SoughtHash
  /** Asked among those who are on this file channel; null: in the whole swarm. */
  readonly channel: string | null
  /** Whoever does not have it may ask its own neighbours, who may not. */
  readonly relay: boolean
}

/** "That one has it." */
export interface Providing {
  /** Who: whoever answers itself, or a neighbour that told it so. */
  readonly peer: PeerId
  readonly cid: Cid
  readonly sizeBytes: number
  readonly name: string | null
}

/** Of one answer: a handful of holders is as good as all. */
export const maxProviding = 16
/** A question is below 200 bytes; an answer has names, of up to three bytes a sign: 25 KiB. */
export const maxSeekFrame = 32 * 1_024
const maxNameLength = 512
const maxCidBytes = 128
const sha1Bytes = 20
const channelForm = /^[a-z0-9][a-z0-9._-]{0,62}$/

export function encodeSeeking({ hash, channel, relay }: Seeking): Uint8Array {
  const bytes = hash.kind === 'sha1' ? new Uint8Array(Buffer.from(hash.sha1, 'hex')) : CID.parse(hash.cid).bytes
  return encodeCbor({ v: 1, [hash.kind]: bytes, channel, relay })
}

/** Undefined for bytes that are none. Never throws. */
export function decodeSeeking(bytes: Uint8Array): Seeking | undefined {
  const map = mapOf(bytes)
  if (map === undefined) return undefined
  const { sha1, cid, channel, relay } = map
  if (typeof relay !== 'boolean' || !(channel === null || (typeof channel === 'string' && channelForm.test(channel))))
    return undefined
  if (sha1 instanceof Uint8Array && cid === undefined) {
    if (sha1.length !== sha1Bytes) return undefined
    return { hash: { kind: 'sha1', sha1: Buffer.from(sha1).toString('hex') }, channel, relay }
  }
  const text = cidOf(cid)
  return text === undefined || sha1 !== undefined ? undefined : { hash: { kind: 'cid', cid: text }, channel, relay }
}

/** Longer names are cut, more holders left out. */
export function encodeProviding(all: readonly Providing[]): Uint8Array {
  const providing = all.slice(0, maxProviding).flatMap(({ peer, cid, sizeBytes, name }): CborValue[] => {
    const key = keyOfPeerId(peer)
    const shown = name?.slice(0, maxNameLength).toWellFormed() ?? null
    return key === undefined ? [] : [[key, CID.parse(cid).bytes, sizeBytes, shown]]
  })
  return encodeCbor({ v: 1, providing })
}

/** Undefined for bytes that are none. Never throws. */
export function decodeProviding(bytes: Uint8Array): readonly Providing[] | undefined {
  const list = mapOf(bytes)?.['providing']
  if (!Array.isArray(list) || list.length > maxProviding) return undefined
  const all: Providing[] = []
  for (const item of list as readonly CborValue[]) {
    const one = oneOf(item)
    if (one === undefined) return undefined
    all.push(one)
  }
  return all
}

function oneOf(item: CborValue): Providing | undefined {
  if (!Array.isArray(item) || item.length !== 4) return undefined
  const [key, bytes, sizeBytes, name] = item as readonly CborValue[]
  const cid = cidOf(bytes)
  if (!(key instanceof Uint8Array) || key.length !== publicKeyBytes || cid === undefined) return undefined
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined
  if (name !== null && (typeof name !== 'string' || name.length > maxNameLength)) return undefined
  return { peer: peerIdOfKey(key), cid, sizeBytes, name }
}

function mapOf(bytes: Uint8Array): CborMap | undefined {
  if (bytes.length > maxSeekFrame) return undefined
  const decoded = decodeCbor(bytes)
  return decoded.kind === 'ok' && isMapValue(decoded.value) && decoded.value['v'] === 1 ? decoded.value : undefined
}

/** Only v1: two names of one file would be two files. */
function cidOf(bytes: CborValue | undefined): Cid | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length > maxCidBytes) return undefined
  try {
    const cid = CID.decode(bytes)
    const text = cid.toString()
    return cid.version === 1 && isCid(text) ? text : undefined
  } catch {
    return undefined
  }
}
