import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const cipher = 'aes-256-gcm'
/** NIST SP 800-38D, section 8.2.2: random nonces of 96 bits are safe for 2^32 lines under one key; a swarm of 1,000
 * peers that send a line a second gets there after 49 days only together, and a clash shows two lines, no key. */
const nonceBytes = 12
const tagBytes = 16
/** What sealing adds to a line. */
export const sealBytes = nonceBytes + tagBytes

/** Nonce, ciphertext, tag. @param header bound to it, but not hidden */
export function seal(key: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce)
  sealing.setAAD(header)
  return Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()])
}

/** What was sealed, or null when it was not with this key and header. */
export function open(key: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < sealBytes) return null
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  opening.setAAD(header)
  opening.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  try {
    const plain = opening.update(sealed.subarray(nonceBytes, sealed.length - tagBytes))
    return Buffer.concat([plain, opening.final()])
  } catch {
    return null
  }
}
