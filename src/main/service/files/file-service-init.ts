import type { FileSettings } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { MachineStatus, TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { RecordBook } from '../../store/record-book.ts'

export interface FileServiceDeps {
  readonly book: RecordBook
  readonly node: Pick<SwarmNode, 'libp2p' | 'events' | 'neighbours' | 'linked' | 'connect' | 'offenders'>
  readonly peerId: PeerId
  readonly nameOf: (peer: PeerId) => string
  readonly statusOf: (peer: PeerId) => MachineStatus
  /** What is known of a machine as one that holds files. Default: its status. */
  readonly keeperOf?: (peer: PeerId) => Keeper
  /** Names of the pinning services that are known to have a file. Default: none. */
  readonly pinnedAt?: (cid: Cid) => readonly string[]
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
  /** Marks what this peer shares as simulated. */
  readonly simulated: boolean
}

export interface FileServiceInit {
  /** Where the index of shared files lies, and the blocks unless `blocksDir` says otherwise. */
  readonly home: string
  readonly shareDir: string
  readonly downloadDir: string
  readonly blocksDir?: string
  /** What a person may set. Default: `defaultFileSettings`. */
  readonly settings?: FileSettings
  /** A file that stays the same for so long has stopped growing. Default 2 s. */
  readonly quietMs?: number
  /** The share folder is looked at this often without a hint. Default 15 s. */
  readonly rescanMs?: number
  /** A fetch that finds no provider fails after this. Default 60 s. */
  readonly patienceMs?: number
  /** Fetches that wait or run at a time. Default 10,000. */
  readonly maxFetches?: number
  /** A provider that sends nothing for so long is left for the next. Default 20 s. */
  readonly stallMs?: number
  /** Blocks that no file needs any more are removed after this. Default 60 s. */
  readonly collectAfterMs?: number
}

export interface FileServiceEvents {
  'shares:changed': { readonly cids: readonly Cid[] }
  'transfers:changed': { readonly ids: readonly string[] }
  'fetch:finished': TransferView
  'share:finished': TransferView
}
