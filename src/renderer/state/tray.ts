import type { TransferView } from '../../shared/views.ts'
import { foldFolders } from './fold-folders.ts'
import { isEnded } from './select-files.ts'
import type { GroupTally } from './group-tally.ts'
import type { Upload } from './uploads.ts'

/** Files of one drop, folder or query, as one line of the tray. */
export interface TrayGroup {
  readonly id: string
  readonly name: string
  readonly kind: TransferView['kind'] | 'upload'
  /** The peer's own transfer that stands for all of them; null where there is none. */
  readonly leader: TransferView | null
  /** Those that ended long ago, and are no longer listed one by one, included; null: the leader's step tells. */
  readonly files: number | null
  readonly doneFiles: number
  readonly failedFiles: number
  readonly sizeBytes: number
  readonly doneBytes: number
  readonly bytesPerS: number
  readonly remainingMs: number | null
  readonly state: 'running' | 'paused' | 'ended'
  readonly transfers: readonly TransferView[]
  readonly uploads: readonly Upload[]
}

export type TrayRow =
  | { readonly kind: 'group'; readonly key: string; readonly group: TrayGroup }
  | { readonly kind: 'transfer'; readonly key: string; readonly transfer: TransferView; readonly inGroup: boolean }
  | { readonly kind: 'upload'; readonly key: string; readonly upload: Upload; readonly inGroup: boolean }

export interface TrayTotals {
  /** Transfers, uploads and groups that are not at their end, paused ones included; a group counts as one. */
  readonly open: number
  readonly paused: number
  readonly failed: number
  readonly all: number
  readonly bytesPerS: number
  /** 0 to 100; null where nothing has a known size. */
  readonly percent: number | null
  readonly remainingMs: number | null
}

export interface TrayView {
  readonly totals: TrayTotals
  readonly groups: readonly TrayGroup[]
  readonly single: readonly TransferView[]
  readonly uploads: readonly Upload[]
}

const orderOfState: Readonly<Record<TransferView['state'], number>> = {
  running: 0,
  waiting: 1,
  paused: 2,
  failed: 3,
  done: 4,
  cancelled: 5,
}
const orderOfPriority: Readonly<Record<TransferView['priority'], number>> = { high: 0, normal: 1, low: 2 }

/** Running ones first, then those that wait in their turn, then ended ones, the newest first. */
function compareTransfers(a: TransferView, b: TransferView): number {
  const ended = Number(isEnded(a)) - Number(isEnded(b))
  if (ended !== 0) return ended
  if (isEnded(a)) return (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)
  return (
    orderOfState[a.state] - orderOfState[b.state] ||
    orderOfPriority[a.priority] - orderOfPriority[b.priority] ||
    b.startedAtMs - a.startedAtMs
  )
}

/**
 * What the tray shows. While a browser sends a file, the peer's transfer of the same name is the other end of the same
 * work and is left out.
 */
export function trayOf(
  transfers: Iterable<TransferView>,
  uploads: Iterable<Upload>,
  tallies: ReadonlyMap<string, GroupTally>,
): TrayView {
  const sending = new Set<string>()
  const sent: Upload[] = []
  const batches = new Map<string, Upload[]>()
  for (const upload of uploads) {
    if (upload.state === 'running') sending.add(upload.name)
    if (upload.batch === null) sent.push(upload)
    else listIn(batches, upload.batch.id).push(upload)
  }
  const single: TransferView[] = []
  const grouped = new Map<string, TransferView[]>()
  for (const transfer of transfers) {
    if (transfer.kind === 'share' && !isEnded(transfer) && sending.has(transfer.name)) continue
    if (transfer.group === null) single.push(transfer)
    else listIn(grouped, transfer.group.id).push(transfer)
  }
  const { folders, rest } = foldFolders(single)
  const groups = [
    ...[...batches.values()].map(batchGroup),
    ...[...grouped].map(([id, members]) =>
      transferGroup(members, { id, name: members[0]?.group?.name ?? '' }, tallies),
    ),
    ...folders.map(({ name, transfers: of }) => transferGroup(of, { id: `folder ${name}`, name }, tallies)),
  ]
  groups.sort((a, b) => Number(a.state === 'ended') - Number(b.state === 'ended'))
  const sorted = rest.toSorted(compareTransfers)
  sent.sort((a, b) => Number(a.state === 'waiting') - Number(b.state === 'waiting'))
  return { totals: totalsOf(groups, sorted, sent), groups, single: sorted, uploads: sent }
}

function listIn<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const made: Item[] = []
  lists.set(key, made)
  return made
}

/** Where the peer has one transfer that stands for all of them, its own figures count: its files come and go. */
function transferGroup(
  all: readonly TransferView[],
  { id, name }: { readonly id: string; readonly name: string },
  tallies: ReadonlyMap<string, GroupTally>,
): TrayGroup {
  const leader = all.find((transfer) => transfer.id === transfer.group?.id) ?? null
  const members = all.filter((transfer) => transfer !== leader).sort(compareTransfers)
  const sum = sumOf(members, tallies.get(id))
  const [first] = all
  const common = {
    id,
    name,
    kind: first?.kind ?? 'fetch',
    leader,
    failedFiles: sum.failedFiles,
    transfers: members,
    uploads: [],
  } as const
  if (leader === null) {
    const { moving, paused, files, doneFiles, sizeBytes, doneBytes, bytesPerS } = sum
    return {
      ...common,
      files,
      doneFiles,
      sizeBytes,
      doneBytes,
      bytesPerS,
      remainingMs: moving === 0 ? null : remaining(sizeBytes - doneBytes, bytesPerS),
      state: moving > 0 ? 'running' : paused > 0 ? 'paused' : 'ended',
    }
  }
  const { sizeBytes, doneBytes, bytesPerS, remainingMs, state } = leader
  return {
    ...common,
    files: null,
    doneFiles: 0,
    sizeBytes: sizeBytes ?? doneBytes,
    doneBytes,
    bytesPerS,
    remainingMs,
    state: isEnded(leader) ? 'ended' : state === 'paused' ? 'paused' : 'running',
  }
}

interface MembersSum {
  files: number
  doneFiles: number
  failedFiles: number
  sizeBytes: number
  doneBytes: number
  bytesPerS: number
  moving: number
  paused: number
}

function sumOf(members: readonly TransferView[], tally: GroupTally | undefined): MembersSum {
  const { doneFiles = 0, doneBytes = 0 } = tally ?? {}
  const sum = { files: doneFiles, doneFiles, failedFiles: 0, sizeBytes: doneBytes, doneBytes, bytesPerS: 0 }
  let moving = 0
  let paused = 0
  for (const { state, sizeBytes, doneBytes: done, bytesPerS } of members) {
    if (state === 'cancelled') continue
    const size = sizeBytes ?? done
    sum.files += 1
    sum.sizeBytes += size
    sum.doneBytes += state === 'done' ? size : done
    sum.bytesPerS += bytesPerS
    if (state === 'done') sum.doneFiles += 1
    else if (state === 'failed') sum.failedFiles += 1
    else if (state === 'paused') paused += 1
    else moving += 1
  }
  return { ...sum, moving, paused }
}

/** What a browser sends of one drop: those that arrived are no longer among them. */
function batchGroup(members: Upload[]): TrayGroup {
  const batch = members[0]?.batch ?? { id: '', name: '', files: 0, sizeBytes: 0 }
  const failed = members.filter((one) => one.state === 'failed')
  const left = members.reduce((sum, one) => sum + one.sizeBytes - one.sentBytes, 0)
  return {
    id: batch.id,
    name: batch.name,
    kind: 'upload',
    leader: null,
    files: batch.files,
    doneFiles: batch.files - members.length,
    failedFiles: failed.length,
    sizeBytes: batch.sizeBytes,
    doneBytes: Math.max(0, batch.sizeBytes - left),
    bytesPerS: 0,
    remainingMs: null,
    state: failed.length === members.length ? 'ended' : 'running',
    transfers: [],
    uploads: members.sort((a, b) => Number(a.state === 'waiting') - Number(b.state === 'waiting')),
  }
}

function remaining(bytes: number, bytesPerS: number): number | null {
  return bytesPerS <= 0 ? null : (bytes / bytesPerS) * 1_000
}

function totalsOf(
  groups: readonly TrayGroup[],
  single: readonly TransferView[],
  uploads: readonly Upload[],
): TrayTotals {
  let open = 0
  let paused = 0
  let failed = 0
  let bytesPerS = 0
  let done = 0
  let size = 0
  for (const group of groups) {
    failed += Math.max(group.failedFiles, group.leader?.state === 'failed' ? 1 : 0)
    if (group.state === 'ended') continue
    open += 1
    if (group.state === 'paused') paused += 1
    bytesPerS += group.bytesPerS
    done += group.doneBytes
    size += group.sizeBytes
  }
  for (const transfer of single) {
    if (transfer.state === 'failed') failed += 1
    if (isEnded(transfer)) continue
    open += 1
    if (transfer.state === 'paused') paused += 1
    bytesPerS += transfer.bytesPerS
    done += transfer.doneBytes
    size += transfer.sizeBytes ?? transfer.doneBytes
  }
  for (const upload of uploads) {
    if (upload.state === 'failed') {
      failed += 1
      continue
    }
    open += 1
    done += upload.sentBytes
    size += upload.sizeBytes
  }
  return {
    open,
    paused,
    failed,
    all: groups.length + single.length + uploads.length,
    bytesPerS,
    percent: size === 0 ? null : Math.min(100, (done / size) * 100),
    remainingMs: remaining(size - done, bytesPerS),
  }
}

/** The lines of the open tray: an opened group is followed by its files. */
export function rowsOf(view: TrayView, opened: ReadonlySet<string>): readonly TrayRow[] {
  const rows: TrayRow[] = []
  for (const group of view.groups) {
    rows.push({ kind: 'group', key: `group ${group.id}`, group })
    if (!opened.has(group.id)) continue
    for (const upload of group.uploads) rows.push({ kind: 'upload', key: upload.id, upload, inGroup: true })
    for (const transfer of group.transfers) rows.push({ kind: 'transfer', key: transfer.id, transfer, inGroup: true })
  }
  for (const upload of view.uploads) rows.push({ kind: 'upload', key: upload.id, upload, inGroup: false })
  for (const transfer of view.single) rows.push({ kind: 'transfer', key: transfer.id, transfer, inGroup: false })
  return rows
}

/** What can be done with all transfers of a group, or of the tray, at once. */
export function actableIn(
  transfers: readonly TransferView[],
  act: 'pause' | 'resume' | 'cancel' | 'retry',
): readonly TransferView[] {
  return transfers.filter(({ state }) => {
    if (act === 'pause') return state === 'running' || state === 'waiting'
    if (act === 'resume') return state === 'paused'
    if (act === 'retry') return state === 'failed'
    return state === 'running' || state === 'waiting' || state === 'paused'
  })
}
