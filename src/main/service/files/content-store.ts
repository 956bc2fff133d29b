import type { CID } from 'multiformats/cid'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Startable } from '../../base/lifecycle.ts'

export interface SignalOption {
  readonly signal: AbortSignal
}

/** Where blocks that are not here may come from. Without one, only what is here is used. */
export interface RemoteSource {
  /** Peers that may have it, best first. Asked again and again: newcomers help at once. */
  readonly candidates: () => readonly PeerId[]
  /** A block came from a peer; `bytes` is its size. */
  readonly onReceived?: (from: PeerId | null, bytes: number) => void
}

export interface ReadOptions extends SignalOption {
  /** Bytes to leave out at the beginning. Default 0. */
  readonly offset?: number
  /** Bytes to read at most. Default: to the end. */
  readonly length?: number
  readonly from?: RemoteSource
}

/** A file that was added. Its blocks are not collected before `release` is called, however often it is. */
export interface AddedFile {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly release: () => void
}

/** Asked at one moment of a collection: what must stay. */
export interface KeptRoots {
  /** Files that should be whole here. When a node of one is missing, nothing is collected. */
  readonly whole: ReadonlyMap<Cid, { readonly sizeBytes: number }>
  /** Files of which what is here must stay: those on their way. */
  readonly partial: readonly Cid[]
  /** Single blocks that must stay, here or not. Default: none. */
  readonly blocks?: Iterable<CID>
}

export interface Collected {
  readonly freedBlocks: number
  readonly freedBytes: number
  readonly keptBlocks: number
}

/** Keeps files by what is in them. Everything streams; memory does not grow with a file. */
export interface ContentStore extends Startable {
  /** Whether a collection frees bytes now, and not only lets somebody else free them. */
  readonly freesBytes: boolean
  /**
   * Stores a file and tells its CID, the same as `ipfs add --cid-version=1` gives it.
   * @throws SwarmError DISK_FULL; what came so far may stay in the store
   */
  add(
    bytes: AsyncIterable<Uint8Array>,
    options: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<AddedFile>
  /** The size of a file, from its root. @throws NoProviderError, SwarmError */
  sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number>
  /** The bytes in order, each block checked. What comes from elsewhere is kept. @throws NoProviderError, SwarmError */
  read(cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array>
  /** Whether all of a file is here. */
  complete(cid: Cid, options: SignalOption): Promise<boolean>
  /** Sees to it that a file that came in stays, where that is to be said; tells whether it is whole. */
  keep(cid: Cid, options: SignalOption): Promise<boolean>
  /**
   * Removes the blocks that no kept file needs. What is added or read meanwhile stays. An interrupted collection has
   * removed some of them and harmed nothing. Null when a file that should be whole is not: then nothing is removed,
   * and `onCorrupt` was told.
   */
  collect(kept: () => KeptRoots, options: SignalOption): Promise<Collected | null>
  /** Calls back with anything new a failed read may hope for: drops what was learned of providers. */
  forgetFailures(): void
}
