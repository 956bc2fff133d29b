import type { FileSettings } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { Blocks } from './blocks.ts'
import type { Collector } from './collector.ts'
import type { ContentStore } from './content-store.ts'
import type { CopyRoomDeps } from './copy-room.ts'
import type { FetcherDeps } from './fetcher.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'

export interface FetchingDeps extends Omit<
  FetcherDeps,
  'queue' | 'makeRoom' | 'came' | 'released' | 'forgetFailures' | 'store'
> {
  readonly store: FetcherDeps['store'] & Pick<ContentStore, 'add' | 'freesBytes'> & { forgetFailures(): void }
  /** Single blocks of the store. */
  readonly blocks: Pick<Blocks, 'get' | 'has'>
  readonly index: ShareIndex
  readonly shares: ShareBook
  /** See CopyRoom. */
  readonly roomAt: NonNullable<CopyRoomDeps['roomAt']>
  readonly collector: () => Pick<Collector, 'now' | 'soon'>
  readonly nameOf: (peer: PeerId) => string
  readonly share: (cid: Cid) => ShareView | undefined
  readonly listed: () => readonly ShareView[]
  readonly changed: (cids: readonly Cid[]) => void
}

export interface FetchingInit {
  readonly home: string
  readonly blocksDir: string
  readonly settings: Pick<FileSettings, 'quotaBytes'>
  readonly patienceMs?: number
  readonly maxFetches?: number
}
