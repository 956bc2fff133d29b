import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import { trustRoles, type TrustRole } from '../../shared/trust-views.ts'
import { SwarmError } from '../../shared/errors.ts'
import { decodeCbor, encodeCbor, equalBytes, isMapValue, type CborMap, type CborValue } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes } from './peer-key.ts'
import { digestBytes, recordDigest, recordIdOfDigest } from './record-id.ts'

/** What a newcomer needs to get in. Whoever has the link can ask, and with `secret` is admitted: treat it as a password. */
export interface Invite {
  readonly swarm: RecordId
  readonly name: string
  /** The newest root that the peer which made the invite believed: where the newcomer's belief begins. */
  readonly root: RecordId
  readonly rootVersion: number
  /** libp2p addresses to begin with. */
  readonly bootstrap: readonly string[]
  /** Of a private swarm: 32 bytes. */
  readonly networkKey: Uint8Array | null
  /** Tells the peer that made it which of its invites this is: base64url of 8 random bytes. */
  readonly id: string
  /** Proves to that peer that the newcomer holds the invite: 16 random bytes. Null: it only lets ask. */
  readonly secret: Uint8Array | null
  readonly role: TrustRole | null
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type DecodedInvite =
  | { readonly kind: 'ok'; readonly invite: Invite }
  | {
      readonly kind: 'bad'
      readonly reason: 'no-invite' | 'damaged' | 'newer-version' | 'malformed' | 'expired'
      /** One sentence for people. */
      readonly why: string
    }

export const invitePrefix = 'dt-swarm://join/'
/** A QR code of this many signs is still read from a screen by a phone. */
export const maxLinkLength = 1_000
/** What is pasted may be wrapped and have words around it; more than this is no link. */
const maxPastedLength = 4_096
export const maxBootstrap = 8
const maxAddressLength = 256
const maxNameLength = 63
export const inviteIdBytes = 8
export const inviteSecretBytes = 16
export const networkKeyBytes = 32
/** A cut or mistyped link is told from a good one: 1 in 4 billion passes. Nobody is kept from making one up by this. */
const checksumBytes = 4
const p2p = '/p2p/'

/**
 * The link of an invite. Addresses beyond eight, or beyond what a QR code holds, are left out, the last first.
 * Throws INVALID_INPUT for an invite that no peer would take.
 */
export function encodeInvite(invite: Invite): string {
  for (let count = Math.min(maxBootstrap, invite.bootstrap.length); count >= 0; count--) {
    const link = linkOf({ ...invite, bootstrap: invite.bootstrap.slice(0, count) })
    if (link.length > maxLinkLength) continue
    const decoded = decodeInvite(link, invite.issuedAtMs)
    if (decoded.kind === 'ok') return link
    throw new SwarmError('INVALID_INPUT', `This invite cannot be made: ${decoded.why}`)
  }
  throw new SwarmError('INVALID_INPUT', 'This invite is too long for a link.')
}

function linkOf(invite: Invite): string {
  const { name, rootVersion, networkKey, id, secret, role, issuedAtMs, expiresAtMs } = invite
  const bytes = encodeCbor({
    v: 1,
    s: recordDigest(invite.swarm) ?? new Uint8Array(0),
    n: name,
    r: recordDigest(invite.root) ?? new Uint8Array(0),
    rv: rootVersion,
    b: groupByPeer(invite.bootstrap),
    i: new Uint8Array(Buffer.from(id, 'base64url')),
    t: issuedAtMs,
    e: expiresAtMs,
    ...(networkKey === null ? {} : { k: networkKey }),
    ...(secret === null ? {} : { x: secret }),
    ...(role === null ? {} : { o: role }),
  })
  return invitePrefix + Buffer.concat([bytes, checksumOf(bytes)]).toString('base64url')
}

/**
 * Reads a link strictly. Never throws.
 * @param nowMs by the clock of the peer that reads it: one that says 1970 finds no invite expired
 */
export function decodeInvite(link: string, nowMs: number): DecodedInvite {
  if (link.length > maxPastedLength) return bad('no-invite', 'This is longer than any invite.')
  // Mail programs and terminals wrap long lines.
  const text = link.replaceAll(/\s/g, '')
  if (!text.startsWith(invitePrefix)) {
    return bad('no-invite', `This is no invite: one begins with ${invitePrefix}.`)
  }
  const code = text.slice(invitePrefix.length).replace(/\/$/, '')
  const bytes = new Uint8Array(Buffer.from(code, 'base64url'))
  const payload = bytes.subarray(0, Math.max(0, bytes.length - checksumBytes))
  const whole = /^[\w-]+$/.test(code) && payload.length > 0
  if (!whole || !equalBytes(checksumOf(payload), bytes.subarray(payload.length))) {
    return bad('damaged', 'This invite is cut or damaged: copy the whole link, from dt-swarm:// to its end.')
  }
  const decoded = decodeCbor(payload)
  if (decoded.kind !== 'ok' || !isMapValue(decoded.value)) return malformed
  const version = decoded.value['v']
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > 1) {
    return bad('newer-version', 'This invite was made by a newer dt-swarm: update this one first.')
  }
  const invite = readInvite(decoded.value)
  if (invite === undefined) return malformed
  if (invite.expiresAtMs <= nowMs) {
    const when = new Date(invite.expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')
    return bad('expired', `This invite ended on ${when} UTC: ask for a new one.`)
  }
  return { kind: 'ok', invite }
}

const malformed = bad('malformed', 'This invite does not say what an invite must: ask for a new one.')

const fields = new Set(['v', 's', 'n', 'r', 'rv', 'b', 'i', 't', 'e', 'k', 'x', 'o'])

function readInvite(map: CborMap): Invite | undefined {
  if (map['v'] !== 1 || Object.keys(map).some((field) => !fields.has(field))) return undefined
  const { s, n, r, rv, b, i, t, e, k, x, o } = map
  if (!isBytes(s, digestBytes) || !isBytes(r, digestBytes) || !isBytes(i, inviteIdBytes)) return undefined
  if (typeof n !== 'string' || n.length === 0 || n.length > maxNameLength || /\p{Cc}/u.test(n)) return undefined
  if (!isCount(rv) || rv < 1 || rv > 0xffff_ffff) return undefined
  // A date that JavaScript has no words for is no date.
  if (!isCount(t) || !isCount(e) || e <= t || e > 8.64e15) return undefined
  if (k !== undefined && !isBytes(k, networkKeyBytes)) return undefined
  if (x !== undefined && !isBytes(x, inviteSecretBytes)) return undefined
  if (o !== undefined && !isTrustRole(o)) return undefined
  const bootstrap = readGroups(b)
  if (bootstrap === undefined) return undefined
  return {
    swarm: recordIdOfDigest(s),
    name: n,
    root: recordIdOfDigest(r),
    rootVersion: rv,
    bootstrap,
    networkKey: k ?? null,
    id: Buffer.from(i).toString('base64url'),
    secret: x ?? null,
    role: o ?? null,
    issuedAtMs: t,
    expiresAtMs: e,
  }
}

/** `[[key, address, …], …]`: several addresses of one peer name it once; the key is empty where none is named. */
function groupByPeer(addresses: readonly string[]): CborValue {
  const groups = new Map<string, string[]>()
  for (const address of addresses) {
    const at = address.lastIndexOf(p2p)
    const peer = at < 0 ? '' : address.slice(at + p2p.length)
    const key = keyOfPeerId(peer) === undefined ? '' : peer
    const rest = key === '' ? address : address.slice(0, at)
    groups.set(key, [...(groups.get(key) ?? []), rest])
  }
  return [...groups].map(([peer, rest]) => [keyOfPeerId(peer) ?? new Uint8Array(0), ...rest])
}

function readGroups(value: CborValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > maxBootstrap) return undefined
  const addresses: string[] = []
  for (const group of value as readonly CborValue[]) {
    if (!Array.isArray(group)) return undefined
    const [key, ...rest] = group as readonly CborValue[]
    if (!(key instanceof Uint8Array) || (key.length !== 0 && key.length !== publicKeyBytes)) return undefined
    const suffix = key.length === 0 ? '' : p2p + peerIdOfKey(key)
    for (const address of rest) {
      if (!isAddress(address)) return undefined
      addresses.push(address + suffix)
    }
  }
  return addresses.length > maxBootstrap ? undefined : addresses
}

/** Its outer form only; what is dialled is parsed by libp2p. */
function isAddress(value: CborValue): value is string {
  return typeof value === 'string' && value.length <= maxAddressLength && /^\/[\x21-\x7e]*$/.test(value)
}

const proofDomain = new TextEncoder().encode('dt-swarm/ask/1')

/** Shows to the peer that made the invite that `peer` holds it: HMAC-SHA256 by the invite's secret, 32 bytes. */
export function askProof(secret: Uint8Array, peer: PeerId): Uint8Array {
  const key = keyOfPeerId(peer) ?? new Uint8Array(0)
  return new Uint8Array(createHmac('sha256', secret).update(proofDomain).update(key).digest())
}

export function isAskProof(proof: Uint8Array, secret: Uint8Array, peer: PeerId): boolean {
  const right = askProof(secret, peer)
  return proof.length === right.length && timingSafeEqual(proof, right)
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer').subarray(0, checksumBytes)
}

function bad(reason: Exclude<DecodedInvite, { kind: 'ok' }>['reason'], why: string): DecodedInvite {
  return { kind: 'bad', reason, why }
}

function isBytes(value: CborValue | undefined, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isTrustRole(value: CborValue): value is TrustRole {
  return typeof value === 'string' && (trustRoles as readonly string[]).includes(value)
}
