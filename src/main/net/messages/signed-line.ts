import type { PeerId } from '../../../shared/ids.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../model/cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes, signatureBytes, verifySignature } from '../../model/peer-key.ts'
import type { Signer } from '../../model/attestation.ts'
import { maxHops, type SwarmMessage } from '../channels/channel.ts'

/** One step of a way: who got the message, and by which of its channels. Told by that peer itself; nobody proves it. */
export interface PathStep {
  readonly peer: PeerId
  readonly channel: string
}

/** What the one who began a message has signed. */
export interface SignedHead {
  /** As `SwarmMessage.id`. */
  readonly id: string
  readonly kind: string
  readonly origin: PeerId
  readonly destination: PeerId
  /** When it began, ms since the epoch, by the swarm's time. */
  readonly at: number
  readonly body: CborValue
}

export interface SignedPayload {
  readonly head: SignedHead
  readonly headBytes: Uint8Array
  readonly signature: Uint8Array
  readonly path: readonly PathStep[]
}

export type OpenedPayload =
  | { readonly kind: 'ok'; readonly payload: SignedPayload }
  | { readonly kind: 'rejected'; readonly reason: 'oversize' | 'malformed' | 'bad-signature' }

const version = 1
const domain = 'dt-swarm/message/1'
/** A text of 2,000 characters in four bytes each, ids and keys. */
const maxHeadBytes = 10 * 1_024
/** The head, and a path of the most hops. */
export const maxSignedBytes = 16 * 1_024
/** A channel's address as it is shown in a path; longer ones are cut. */
const maxChannelLength = 120
/** A step for each channel that a message may pass, and the last. */
export const maxPathSteps = maxHops + 1

const channelForm = /^[\x21-\x7e]{1,120}$/

/**
 * Messages with an address are signed by who began them: the domain, the swarm's id, a zero byte, then the canonical
 * CBOR of `[1, kind, id, origin, destination, at, body]`. The payload on the wire is `[that CBOR, signature, path]`;
 * only the path grows on the way.
 */
export class SignedLines {
  readonly #swarm: string

  constructor(init: { readonly swarm: string }) {
    this.#swarm = init.swarm
  }

  sign(head: Omit<SignedHead, 'origin'>, signer: Signer): SignedPayload {
    const whole: SignedHead = { ...head, origin: signer.peerId }
    const headBytes = encodeHead(whole)
    return { head: whole, headBytes, signature: signer.sign(this.#signed(headBytes)), path: [] }
  }

  /** Reads and verifies what a stranger sent. Never throws; costs one verification. */
  open(message: SwarmMessage): OpenedPayload {
    if (message.payload.length > maxSignedBytes) return { kind: 'rejected', reason: 'oversize' }
    const payload = decodePayload(message)
    if (payload === undefined) return { kind: 'rejected', reason: 'malformed' }
    const { head, headBytes, signature } = payload
    if (!verifySignature(head.origin, this.#signed(headBytes), signature)) {
      return { kind: 'rejected', reason: 'bad-signature' }
    }
    return { kind: 'ok', payload }
  }

  #signed(headBytes: Uint8Array): Uint8Array {
    return Buffer.concat([Buffer.from(`${domain}\0${this.#swarm}\0`), headBytes])
  }
}

export function encodePayload({ headBytes, signature, path }: SignedPayload): Uint8Array {
  return encodeCbor([headBytes, signature, encodePath(path)])
}

/** The payload with one more step of its way; the same when the way is as long as it may be. */
export function withStep(payload: SignedPayload, peer: PeerId, channel: string): SignedPayload {
  if (payload.path.length >= maxPathSteps) return payload
  const shown = channel.replace(/[^\x21-\x7e]/g, '?').slice(0, maxChannelLength) || '?'
  return { ...payload, path: [...payload.path, { peer, channel: shown }] }
}

export function encodePath(path: readonly PathStep[]): CborValue {
  return path.map(({ peer, channel }) => [keyOfPeerId(peer) ?? new Uint8Array(0), channel])
}

/** Undefined for what is no path. */
export function readPath(value: CborValue | undefined): readonly PathStep[] | undefined {
  if (!Array.isArray(value) || value.length > maxPathSteps) return undefined
  const path: PathStep[] = []
  for (const item of value as readonly CborValue[]) {
    if (!Array.isArray(item) || item.length !== 2) return undefined
    const [key, channel] = item as readonly CborValue[]
    if (!isKey(key) || typeof channel !== 'string' || !channelForm.test(channel)) return undefined
    path.push({ peer: peerIdOfKey(key), channel })
  }
  return path
}

function encodeHead({ id, kind, origin, destination, at, body }: SignedHead): Uint8Array {
  const [originKey, destinationKey] = [keyOfPeerId(origin), keyOfPeerId(destination)]
  const none = new Uint8Array(0)
  return encodeCbor([version, kind, Buffer.from(id, 'base64url'), originKey ?? none, destinationKey ?? none, at, body])
}

function decodePayload({ id, kind, origin, payload }: SwarmMessage): SignedPayload | undefined {
  const decoded = decodeCbor(payload, { maxItems: 64 })
  if (decoded.kind !== 'ok' || !Array.isArray(decoded.value) || decoded.value.length !== 3) return undefined
  const [headBytes, signature, pathValue] = decoded.value as readonly CborValue[]
  if (!(headBytes instanceof Uint8Array) || headBytes.length > maxHeadBytes) return undefined
  if (!(signature instanceof Uint8Array) || signature.length !== signatureBytes) return undefined
  const path = readPath(pathValue)
  const head = decodeHead(headBytes)
  if (path === undefined || head === undefined) return undefined
  // The envelope may not say otherwise than what is signed.
  if (head.id !== id || head.kind !== kind || head.origin !== origin) return undefined
  return { head, headBytes, signature, path }
}

function decodeHead(bytes: Uint8Array): SignedHead | undefined {
  const decoded = decodeCbor(bytes, { maxItems: 128 })
  if (decoded.kind !== 'ok' || !Array.isArray(decoded.value) || decoded.value.length !== 7) return undefined
  const [v, kind, id, origin, destination, at, body] = decoded.value as readonly CborValue[]
  if (v !== version || typeof kind !== 'string' || !(id instanceof Uint8Array) || id.length !== 16) return undefined
  if (!isKey(origin) || !isKey(destination)) return undefined
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0 || body === undefined) return undefined
  return {
    id: Buffer.from(id).toString('base64url'),
    kind,
    origin: peerIdOfKey(origin),
    destination: peerIdOfKey(destination),
    at,
    body,
  }
}

function isKey(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === publicKeyBytes
}
