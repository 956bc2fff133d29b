/** One signature to check. */
export interface SignatureCheck {
  /** The signer's raw Ed25519 key, 32 bytes. */
  readonly key: Uint8Array
  readonly message: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

const keyLength = 32
const signatureLength = 64
const headLength = keyLength + signatureLength + 4

/** Lays checks out in one buffer that can be handed to a thread without a copy: key, signature, length, message. */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  let length = 4
  for (const { message } of checks) length += headLength + message.length
  const packed = new Uint8Array(length)
  const view = new DataView(packed.buffer)
  view.setUint32(0, checks.length)
  let at = 4
  for (const { key, message, signature } of checks) {
    packed.set(key, at)
    packed.set(signature, at + keyLength)
    view.setUint32(at + keyLength + signatureLength, message.length)
    packed.set(message, at + headLength)
    at += headLength + message.length
  }
  return packed
}

/** Reads what `packChecks` wrote; the parts are views on the buffer. */
export function unpackChecks(packed: Uint8Array): SignatureCheck[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const checks: SignatureCheck[] = []
  let at = 4
  for (let left = view.getUint32(0); left > 0; left -= 1) {
    const length = view.getUint32(at + keyLength + signatureLength)
    checks.push({
      key: packed.subarray(at, at + keyLength),
      signature: packed.subarray(at + keyLength, at + keyLength + signatureLength),
      message: packed.subarray(at + headLength, at + headLength + length),
    })
    at += headLength + length
  }
  return checks
}
