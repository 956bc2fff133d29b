import type { CheckpointImportView } from '../../shared/checkpoint-views.ts'
import type { ApiClient } from '../../shared/contract/contract.ts'
import type { ConnectionStore } from './connection.ts'

export interface ShareOptions {
  /** The file channel that the files are for; null or left out: the whole swarm. */
  readonly channel?: string | null
  /** Called while a file is on its way to the peer. The desktop copies by itself and never calls it. */
  readonly onProgress?: (sentBytes: number) => void
  readonly signal?: AbortSignal
}

export interface ShareResult {
  readonly accepted: number
  readonly rejected: readonly { readonly name: string; readonly reason: string }[]
}

/** All that this window can reach: the API, and what differs between the desktop and a browser. */
export interface Bridge {
  readonly kind: 'desktop' | 'browser'
  readonly api: ApiClient
  readonly connection: ConnectionStore
  /** Hands files to the peer. Rejections are data; it throws only when the peer cannot be reached. */
  shareFiles(files: readonly File[], options?: ShareOptions): Promise<ShareResult>
  /** Where a browser can save a local file from; null where the peer writes files itself. */
  contentUrl(cid: string, name: string): string | null
  /** Where a picture that was shared can be drawn from. */
  imageUrl(cid: string): string
  /** Where a picture that was recorded can be drawn from. */
  frameUrl(cid: string, topic: string, atMs: number): string
  /** Takes over the records of a CAR file; throws what the peer says when it refuses. */
  importCheckpoint(file: File, options?: ShareOptions): Promise<CheckpointImportView>
  /** Where a browser can save a checkpoint from; null where the peer writes files itself. */
  checkpointUrl(root: string): string | null
  /** Tries again at once instead of waiting for the next attempt. */
  reconnect(): void
  /** Closes the line for good. */
  stop(): void
}
