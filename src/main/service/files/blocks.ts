import type { CID } from 'multiformats/cid'

/** Where blocks lie, each under its hash. */
export interface Blocks {
  /** Whether it is here; that it is sound shows when it is read. */
  has(cid: CID): Promise<boolean>
  /** The checked bytes; undefined when there is no such block, or only a damaged one. */
  get(cid: CID): Promise<Uint8Array | undefined>
  /** Stores bytes that were checked to be the block. @throws SwarmError DISK_FULL */
  put(cid: CID, bytes: Uint8Array): Promise<void>
}

/** What is in either place, looked for in the first one first. What is put goes to the first. */
export function inEither(first: Blocks, second: Pick<Blocks, 'has' | 'get'>): Blocks {
  return {
    has: async (cid) => (await first.has(cid)) || second.has(cid),
    get: async (cid) => (await first.get(cid)) ?? second.get(cid),
    put: (cid, bytes) => first.put(cid, bytes),
  }
}
