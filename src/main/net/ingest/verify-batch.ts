import type { PeerId } from '../../../shared/ids.ts'
import { signatureBytes } from '../../model/peer-key.ts'

/** One signature to check. */
export interface SignatureCheck {
  readonly peer: PeerId
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** A PeerId is text of one length; as text it is also the key under which the threads keep what they imported. */
const peerLength = 52
const headLength = peerLength + signatureBytes + 1

/** Lays checks out in one buffer that is handed to a thread without a copy: peer, signature, length, message. */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  let length = 4
  for (const { message } of checks) length += headLength + message.length
  const packed = Buffer.from(new ArrayBuffer(length))
  packed.writeUInt32BE(checks.length)
  let at = 4
  for (const { peer, message, signature } of checks) {
    packed.write(peer, at, peerLength, 'latin1')
    packed.set(signature, at + peerLength)
    packed[at + headLength - 1] = message.length
    packed.set(message, at + headLength)
    at += headLength + message.length
  }
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.length)
}

/** Reads what `packChecks` wrote; the parts are views on the buffer. */
export function unpackChecks(packed: Uint8Array): SignatureCheck[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
  const checks: SignatureCheck[] = []
  let at = 4
  for (let left = bytes.readUInt32BE(); left > 0; left -= 1) {
    const length = bytes[at + headLength - 1] ?? 0
    checks.push({
      peer: bytes.toString('latin1', at, at + peerLength) as PeerId,
      signature: bytes.subarray(at + peerLength, at + peerLength + signatureBytes),
      message: bytes.subarray(at + headLength, at + headLength + length),
    })
    at += headLength + length
  }
  return checks
}
