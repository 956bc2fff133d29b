import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { isPeerId, type PeerId } from '../../shared/ids.ts'

/**
 * A PeerId of an Ed25519 key is the identity multihash (0x00 0x24) of libp2p's protobuf PublicKey
 * (0x08 0x01: type Ed25519, 0x12 0x20: 32 bytes follow), in base58btc.
 * https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const peerIdPrefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

export const publicKeyBytes = 32
export const signatureBytes = 64

/** Each cache holds one entry a peer; 4,096 is a large swarm, about 2 MiB in all. */
const maxCached = 4_096
const keyObjects = new Map<PeerId, KeyObject>()
const peerIds = new Map<string, PeerId>()
const rawKeys = new Map<PeerId, Uint8Array>()

/** The PeerId of a raw Ed25519 public key of 32 bytes. */
export function peerIdOfKey(publicKey: Uint8Array): PeerId {
  const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('latin1')
  const cached = peerIds.get(name)
  if (cached !== undefined) return cached
  const bytes = new Uint8Array(peerIdPrefix.length + publicKeyBytes)
  bytes.set(peerIdPrefix)
  bytes.set(publicKey, peerIdPrefix.length)
  const peerId = base58btc.baseEncode(bytes) as PeerId
  remember(peerIds, name, peerId)
  return peerId
}

/** The raw Ed25519 public key in a PeerId, or undefined when the text is none. Shared: not to be written to. */
export function keyOfPeerId(peerId: string): Uint8Array | undefined {
  const cached = rawKeys.get(peerId as PeerId)
  if (cached !== undefined) return cached
  if (!isPeerId(peerId)) return undefined
  const key = decodePeerId(peerId)
  if (key !== undefined) remember(rawKeys, peerId, key)
  return key
}

function decodePeerId(peerId: PeerId): Uint8Array | undefined {
  try {
    const bytes = base58btc.baseDecode(peerId)
    if (bytes.length !== peerIdPrefix.length + publicKeyBytes) return undefined
    return peerIdPrefix.every((byte, i) => bytes[i] === byte) ? bytes.slice(peerIdPrefix.length) : undefined
  } catch {
    return undefined
  }
}

/** Whether `signature` is `peerId`'s over `message`. False, never a throw, for keys that are none. */
export function verifySignature(peerId: PeerId, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureBytes) return false
  try {
    const key = keyObjectOf(peerId)
    return key !== undefined && verify(null, message, key, signature)
  } catch {
    return false
  }
}

/** Importing a key costs a third of a verification, so the last ones used are kept. */
function keyObjectOf(peerId: PeerId): KeyObject | undefined {
  const cached = keyObjects.get(peerId)
  if (cached !== undefined) return cached
  const raw = keyOfPeerId(peerId)
  if (raw === undefined) return undefined
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
  remember(keyObjects, peerId, key)
  return key
}

/** First in, first out: as good as least recently used for peers that all speak all the time, and free on a hit. */
function remember<Key, Value>(cache: Map<Key, Value>, key: Key, value: Value): void {
  if (cache.size >= maxCached) {
    const oldest = cache.keys().next()
    if (oldest.done !== true) cache.delete(oldest.value)
  }
  cache.set(key, value)
}
