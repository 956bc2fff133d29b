import type { StorageView } from '../../../shared/file-views.ts'
import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import type { SettingsChange } from '../../../shared/settings-change.ts'
import type {
  InvitePreview,
  InviteView,
  RestingView,
  TrustChangedView,
  TrustRole,
  TrustView,
} from '../../../shared/trust-views.ts'
import type {
  HealthView,
  HistoryView,
  InfoView,
  MachineView,
  MetricName,
  Settings,
  SystemStatusView,
} from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Log } from '../../base/log.ts'
import type { BucketRule } from '../../model/policy.ts'
import type { ArchiveService } from '../../service/archive/archive-service.ts'
import type { CheckpointService } from '../../service/checkpoints/checkpoint-service.ts'
import type { Link } from '../../net/links/links.ts'
import type { Fetching } from '../../service/files/fetching.ts'
import type { FileFinder } from '../../service/files/file-finder.ts'
import type { FileReader } from '../../service/files/file-reader.ts'
import type { ShareList } from '../../service/files/share-list.ts'
import type { Sharing } from '../../service/files/sharing.ts'
import type { TransferList } from '../../service/files/transfer-list.ts'
import type { LogReader } from '../../service/logs/log-reader.ts'
import type { NetworkService } from '../../service/network/network-service.ts'
import type { Courier } from '../../service/courier/courier.ts'
import type { Recorder } from '../../service/recorder/recorder.ts'
import type { PinningService } from '../../service/pinning/pinning-service.ts'
import type { RangeIndex } from '../../store/range-index.ts'
import type { RecordBook } from '../../store/record-book.ts'

type Awaitable<T> = T | Promise<T>

export interface HistoryQuery {
  readonly peer: PeerId
  readonly metrics?: readonly MetricName[]
  readonly fromMs: number
  readonly toMs: number
  readonly maxPoints: number
}

/** What the API needs of the service of files. */
export interface ApiFiles {
  readonly events: EventSource<{
    'shares:changed': { readonly cids: readonly Cid[] }
    'transfers:changed': { readonly ids: readonly string[] }
  }>
  readonly shares: Pick<ShareList, 'all' | 'cids' | 'get' | 'evidence' | 'matching'>
  readonly transfers: Pick<
    TransferList,
    'views' | 'view' | 'cancel' | 'pause' | 'resume' | 'setPriority' | 'clearEnded'
  >
  readonly sharing: Pick<Sharing, 'shareStream' | 'sharePaths' | 'unshare'>
  readonly fetching: Pick<Fetching, 'fetch' | 'fetchAll' | 'keep' | 'follows' | 'follow' | 'unfollow'>
  readonly reader: Pick<FileReader, 'content' | 'stat'>
  readonly finder: Pick<FileFinder, 'find' | 'resolve' | 'disprove' | 'listChannels' | 'joinChannel' | 'leaveChannel'>
  readonly logs: Pick<LogReader, 'preview' | 'frame'>
  storage(): Awaitable<StorageView>
}

/** What the API needs of the service of trust. */
export interface ApiTrust {
  readonly events: EventSource<{ 'view:changed': Record<never, never> }>
  view(): TrustView
  invite(init: { readonly role: TrustRole | null; readonly uses: number; readonly validForMs: number }): InviteView
  invites(): readonly InviteView[]
  withdrawInvite(id: string): void
  readInvite(link: string): InvitePreview
  admit(peer: PeerId, roles: readonly TrustRole[], keep: { readonly dropGrants: boolean }): TrustChangedView
  revoke(peer: PeerId, note: string | null, keep: { readonly dropGrants: boolean }): TrustChangedView
  resting(peer: PeerId): RestingView
  attest: RecordBook['attest']
  setRoot(next: {
    readonly keys: readonly PeerId[]
    readonly threshold: number
    readonly name?: string | undefined
  }): TrustView
  setPolicy(bucket: string, rule: Pick<BucketRule, 'authors' | 'endorse'> | null): TrustView
  describe(id: RecordId): { readonly what: string; readonly state: string; readonly reason: string }
}

/** What the API needs of the service of the network. */
export type ApiNetwork = Pick<NetworkService, Exclude<keyof NetworkService, 'start' | 'stop'>>

/** What the API needs of the book of records. */
export type ApiBook = Pick<
  RecordBook,
  'self' | 'events' | 'counts' | 'growth' | 'trust' | 'state' | 'idsPage' | 'get' | 'getMany' | 'author' | 'attest'
> & { readonly index: Pick<RangeIndex, 'ready' | 'fingerprint'> }

/** What the API needs of checkpoints. */
export type ApiCheckpoints = Pick<
  CheckpointService,
  'events' | 'list' | 'get' | 'create' | 'verify' | 'file' | 'save' | 'importFile'
>

/** What the API needs of the courier. */
export type ApiCourier = Pick<Courier, 'status' | 'export' | 'import' | 'cancel'>

/** What the API needs of the flight recorder. */
export type ApiRecorder = Pick<Recorder, 'status' | 'mark'>

/** What the API needs of the archive. */
export type ApiArchive = Pick<ArchiveService, 'view' | 'rescue'>

/** What the API needs of the service of pins. */
export type ApiPinning = Pick<
  PinningService,
  'events' | 'services' | 'setService' | 'removeService' | 'list' | 'get' | 'add' | 'remove'
>

/** What the API needs of a peer: every Peer is one, and a test can be one in a few lines. */
export interface ApiPeer {
  readonly peerId: PeerId
  readonly log: Log
  readonly clock: Clock
  readonly counters: Counters
  readonly membership: {
    readonly events: EventSource<{ 'machines:changed': { readonly peers: readonly PeerId[] } }>
    list(): readonly MachineView[]
    get(peer: PeerId): MachineView | undefined
    nameOf(peer: PeerId): string
    forget(peer: PeerId): Awaitable<void>
  }
  readonly diagnostics: {
    readonly events: EventSource<{ 'health:heard': { readonly peer: PeerId; readonly health: HealthView } }>
    latest(peer: PeerId): HealthView | undefined
    history(query: HistoryQuery): Awaitable<HistoryView>
  }
  readonly files: ApiFiles
  readonly archive: ApiArchive
  readonly pinning: ApiPinning
  readonly courier: ApiCourier
  readonly recorder: ApiRecorder
  readonly trust: ApiTrust
  readonly checkpoints: ApiCheckpoints
  readonly settings: {
    get(): Settings
    update(change: SettingsChange): Awaitable<{
      readonly settings: Settings
      readonly waiting: readonly ('listen' | 'mdns' | 'role')[]
    }>
  }
  readonly book: ApiBook
  readonly node: { links(): readonly Link[] }
  readonly network: ApiNetwork
  info(): Omit<InfoView, 'web' | 'can'>
  status(): SystemStatusView
}
