import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SwarmError } from '../../shared/errors.ts'
import type { PeerId } from '../../shared/ids.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import type { Signer } from '../model/attestation.ts'
import { peerIdOfKey } from '../model/peer-key.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { parseSecretJson } from './safe-json.ts'
import { storeError } from './store-error.ts'

/** The one key of a peer. The seed is here for libp2p alone, which must have it to prove who it is. */
export interface Identity extends Signer {
  readonly peerId: PeerId
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes: the Ed25519 private key. Never logged, never sent. */
  readonly seed: Uint8Array
  /** How the key lies on the disk: readable by its owner, or also wrapped by the system's key store. */
  readonly protection: 'file' | 'system'
}

/** Wraps the key by the system's key store (Electron's safeStorage). Both may throw. */
export interface KeyProtector {
  protect(bytes: Uint8Array): Uint8Array
  unprotect(bytes: Uint8Array): Uint8Array
}

const base64 = z.base64().max(16_384)
const fileSchema = z.strictObject({
  v: z.literal(1),
  peerId: z.string(),
  protection: z.enum(['file', 'system']),
  /** The seed, or the wrapped seed. */
  key: base64,
})

/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const seedBytes = 32

/**
 * The identity in `<home>/identity.json`, made at the first call. A file that is there but cannot be read is never
 * overwritten, because with it the peer's name in the swarm would be lost: throws IDENTITY_UNREADABLE.
 * A key that lies there unwrapped stays so when a protector comes later: the CLI may need it on the same home.
 */
export function openIdentity(init: { readonly home: string; readonly protector?: KeyProtector | undefined }): Identity {
  const path = join(init.home, 'identity.json')
  const text = readIfThere(path)
  return text === undefined ? makeIdentity(path, init) : readIdentity(path, text, init.protector)
}

/** An identity of a seed: for tests and for simulated robots, which must come out the same each time. */
export function identityOfSeed(seed: Uint8Array, protection: Identity['protection'] = 'file'): Identity {
  const privateKey = privateKeyOf(seed)
  const publicKey = publicKeyOf(privateKey)
  return {
    peerId: peerIdOfKey(publicKey),
    publicKey,
    seed: Uint8Array.from(seed),
    protection,
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  }
}

function makeIdentity(path: string, init: { readonly home: string; readonly protector?: KeyProtector | undefined }) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const seed = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(pkcs8Prefix.length))
  const protection = init.protector === undefined ? 'file' : 'system'
  const identity = identityOfSeed(seed, protection)
  const key = Buffer.from(init.protector?.protect(seed) ?? seed).toString('base64')
  try {
    makeFolderSync(init.home, { mode: 0o700 })
    chmodSync(init.home, 0o700)
  } catch (error) {
    throw storeError(error, init.home)
  }
  const content: z.infer<typeof fileSchema> = { v: 1, peerId: identity.peerId, protection, key }
  writeFileAtomic(path, `${JSON.stringify(content, undefined, 2)}\n`)
  return identity
}

function readIdentity(path: string, text: string, protector: KeyProtector | undefined): Identity {
  const file = parse(path, text)
  let key: Uint8Array = Buffer.from(file.key, 'base64')
  if (file.protection === 'system') {
    if (protector === undefined) {
      throw unreadable(path, 'its key is wrapped by the system’s key store. Open this home with the desktop app')
    }
    try {
      key = protector.unprotect(key)
    } catch (error) {
      throw unreadable(path, 'the system’s key store does not unwrap its key. Log in as the user who made it', error)
    }
  }
  if (key.length !== seedBytes) throw unreadable(path, 'its key is damaged')
  const identity = identityOfSeed(key, file.protection)
  if (identity.peerId !== file.peerId) throw unreadable(path, 'its key is not the one of the peer it names')
  return identity
}

function parse(path: string, text: string): z.infer<typeof fileSchema> {
  try {
    return fileSchema.parse(parseSecretJson(text))
  } catch (error) {
    throw unreadable(path, 'it is damaged', error)
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, 'it cannot be opened', error)
  }
}

function unreadable(path: string, why: string, cause?: unknown): SwarmError {
  return new SwarmError(
    'IDENTITY_UNREADABLE',
    `The identity ${path} cannot be used: ${why}. Restore it from a backup, or move it away to begin as a new peer.`,
    { cause, detail: { path } },
  )
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== seedBytes)
    throw new SwarmError('INVALID_INPUT', `A seed has ${seedBytes} bytes, not ${seed.length}.`)
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
}

function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(spki.subarray(spki.length - 32))
}
