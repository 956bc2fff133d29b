/** What passes between the peer and a hashing thread; CIDs as bytes, `job` as the peer numbered it. */
export type ToHasher =
  /** Reads the file, or waits for pieces when there is no path. `copyTo` is there already, and is filled. */
  | { readonly kind: 'begin'; readonly job: number; readonly path: string | null; readonly copyTo: string | null }
  | { readonly kind: 'piece'; readonly job: number; readonly bytes: Uint8Array }
  /** No more pieces. */
  | { readonly kind: 'end'; readonly job: number }
  /** A block is stored; its buffer comes back to be filled again. */
  | { readonly kind: 'stored'; readonly job: number; readonly buffer: ArrayBuffer | null }
  | { readonly kind: 'stop'; readonly job: number }

export type FromHasher =
  | { readonly kind: 'block'; readonly job: number; readonly cid: Uint8Array; readonly bytes: Uint8Array<ArrayBuffer> }
  /** A piece was used up. */
  | { readonly kind: 'took'; readonly job: number }
  | {
      readonly kind: 'done'
      readonly job: number
      readonly cid: Uint8Array
      readonly sizeBytes: number
      readonly sha1: string
    }
  | {
      readonly kind: 'failed'
      readonly job: number
      readonly message: string
      /** The system's code, such as ENOSPC. */
      readonly code: string | null
      /** What it was about, as `diskError` takes it. */
      readonly doing: string
    }
