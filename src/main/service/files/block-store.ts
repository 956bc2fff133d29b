import type { CID } from 'multiformats/cid'
import type { BlockPins } from './block-pins.ts'
import type { RemoteSource } from './content-store.ts'
import type { LoadBlock } from './dag-walk.ts'
import type { HeliaStore } from './helia-store.ts'

/** Single blocks, beside the files, in the same store. What is not pinned goes with the next collection. */
export interface BlockStore {
  /** Stores bytes that were checked to be the block. @throws SwarmError DISK_FULL */
  put(cid: CID, bytes: Uint8Array): Promise<void>
  /** The checked bytes; undefined when they are not here. */
  get(cid: CID): Promise<Uint8Array | undefined>
  has(cid: CID): Promise<boolean>
  /**
   * Lends a way to load blocks from here, else from the peers of `from`; what comes is checked by its hash, and kept.
   * `load` throws NoProviderError when none of them gives it.
   */
  fetching<Result>(from: RemoteSource, use: (load: LoadBlock) => Promise<Result>): Promise<Result>
  /** Keeps blocks, here already or not, under a name, instead of what was kept under it. */
  pin(name: string, cids: Iterable<CID>): void
  unpin(name: string): void
  pins(): readonly string[]
}

export function blockStoreOf(
  store: Pick<HeliaStore, 'blocks' | 'fetching'>,
  pins: BlockPins,
  released: () => void,
): BlockStore {
  return {
    put: (cid, bytes) => store.blocks.put(cid, bytes),
    get: (cid) => store.blocks.get(cid),
    has: (cid) => store.blocks.has(cid),
    fetching: (from, use) => store.fetching(from, use),
    pin: (name, cids) => pins.set(name, cids),
    unpin: (name) => {
      if (pins.delete(name)) released()
    },
    pins: () => pins.names(),
  }
}
