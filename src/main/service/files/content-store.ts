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

/** Keeps files by what is in them. Everything streams; memory does not grow with a file. */
export interface ContentStore extends Startable {
  /**
   * Stores a file and tells its CID, the same as `ipfs add --cid-version=1` gives it.
   * @throws SwarmError DISK_FULL; what came so far may stay in the store
   */
  add(
    bytes: AsyncIterable<Uint8Array>,
    options: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<{ readonly cid: Cid; readonly sizeBytes: number }>
  /** The size of a file, from its root. @throws NoProviderError, SwarmError */
  sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number>
  /** The bytes in order, each block checked. What comes from elsewhere is kept. @throws NoProviderError, SwarmError */
  read(cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array>
  /** Whether all of a file is here. */
  complete(cid: Cid, options: SignalOption): Promise<boolean>
  /** Calls back with anything new a failed read may hope for: drops what was learned of providers. */
  forgetFailures(): void
}
