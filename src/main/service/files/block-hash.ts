import { hash } from 'node:crypto'
import type { CID } from 'multiformats/cid'

/** Multihash codes that we can check, see https://github.com/multiformats/multicodec/blob/master/table.csv */
const algorithms: ReadonlyMap<number, string> = new Map([
  [0x12, 'sha256'],
  [0x13, 'sha512'],
])
const identity = 0x00

/** No block of Bitswap is larger (2 MiB and some; Kubo refuses more). */
export const maxBlockBytes = 2 * 1024 * 1024 + 1024

export function canCheck(cid: CID): boolean {
  return cid.multihash.code === identity || algorithms.has(cid.multihash.code)
}

/** The content of a CID that carries its content in itself. */
export function inlineBlock(cid: CID): Uint8Array | undefined {
  return cid.multihash.code === identity ? cid.multihash.digest : undefined
}

/** Whether these bytes are what the CID names. False also for a hash that we cannot compute. */
export function isBlock(cid: CID, bytes: Uint8Array): boolean {
  const { code, digest } = cid.multihash
  const algorithm = algorithms.get(code)
  const computed = code === identity ? bytes : algorithm === undefined ? undefined : hash(algorithm, bytes, 'buffer')
  return (
    computed !== undefined && digest.length > 0 && Buffer.compare(computed.subarray(0, digest.length), digest) === 0
  )
}
