import { beginsHash } from '../../shared/hash-search.ts'
import type { LogFormat, LogInfo } from '../../shared/log-views.ts'
import { channelsOfShare } from '../../shared/share-channels.ts'
import type { ShareView, TransferView } from '../../shared/views.ts'
import type { Sort } from './prefs.ts'
import { compareBy } from './select-fleet.ts'
import { sortInSteps } from './sort-in-steps.ts'
import type { Steps } from './stepper.ts'
import { isDated } from './log-time.ts'

/** What a file is to this peer. */
export type FileMark = 'here' | 'kept here' | 'shared by me' | 'only copy' | 'at risk'

export interface FilesFilter {
  readonly search: string
  readonly origins: readonly string[]
  readonly types: readonly string[]
  /** Recordings with one of these topics. */
  readonly topics: readonly string[]
  readonly channels: readonly string[]
  readonly marks: readonly string[]
  /** Not older than this; null for any age. */
  readonly withinMs: number | null
  /** Recorded, or else last changed, within; null for any time. */
  readonly range: TimeRange | null
  readonly minBytes: number
}

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

export const noFilesFilter: FilesFilter = {
  search: '',
  origins: [],
  types: [],
  topics: [],
  channels: [],
  marks: [],
  withinMs: null,
  range: null,
  minBytes: 0,
}

/** When a file was recorded, as it says itself; else the moment at which it was last changed. */
export function spanOf(share: ShareView): TimeRange {
  const { startMs, endMs } = share.log ?? { startMs: null, endMs: null }
  if (startMs === null || endMs === null || endMs < startMs) {
    return { fromMs: share.modifiedAtMs, toMs: share.modifiedAtMs }
  }
  // Of times that count from 0 the length is true; when that was, the file's own time tells best.
  if (!isDated(endMs)) return { fromMs: share.modifiedAtMs - (endMs - startMs), toMs: share.modifiedAtMs }
  return { fromMs: isDated(startMs) ? startMs : endMs, toMs: endMs }
}

export function marksOf(share: ShareView): readonly FileMark[] {
  const marks: FileMark[] = []
  if (share.local) marks.push('here')
  if (share.kept) marks.push('kept here')
  if (share.own) marks.push('shared by me')
  if (share.safety.copies <= 1) marks.push('only copy')
  if (share.safety.risk === 'high') marks.push('at risk')
  return marks
}

const endings: readonly (readonly [RegExp, string])[] = [
  [/\.(mcap|bag|db3)$/i, 'recording'],
  [/\.(log|txt|md|ya?ml|json|jsonl|xml)$/i, 'text'],
  [/\.(csv|tsv)$/i, 'table'],
  [/\.(png|jpe?g|gif|webp|svg|bmp)$/i, 'image'],
  [/\.(mp4|webm|mkv|avi|mov|h264)$/i, 'video'],
  [/\.(zip|tar|gz|xz|zst|7z|tgz)$/i, 'archive'],
]

const formatKinds: Readonly<Record<LogFormat, string | null>> = {
  rosbag: 'recording',
  mcap: 'recording',
  text: 'text',
  csv: 'table',
  image: 'image',
  archive: 'archive',
  other: null,
}

/** What a file is, in one word: as it was found to be, else by its name's ending, for robots seldom know media types, then by media type. */
export function fileKind(share: Pick<ShareView, 'name' | 'mediaType'> & { readonly log?: LogInfo | null }): string {
  const found = share.log === undefined || share.log === null ? null : formatKinds[share.log.format]
  if (found !== null) return found
  for (const [form, kind] of endings) if (form.test(share.name)) return kind
  const family = share.mediaType.split('/')[0]
  return family === 'text' || family === 'image' || family === 'video' || family === 'audio' ? family : 'other'
}

/** What a search looks in, made once a file: 20,000 of them are searched at each key. */
const haystacks = new WeakMap<ShareView, string>()

function haystackOf(share: ShareView): string {
  let text = haystacks.get(share)
  if (text === undefined) {
    const topics = (share.log?.topics ?? []).map((topic) => topic.name)
    text = [share.name, share.originName, share.mediaType, ...topics].join('\n').toLowerCase()
    haystacks.set(share, text)
  }
  return text
}

function matchesShare(share: ShareView, filter: FilesFilter, nowMs: number): boolean {
  const { origins, types, topics, channels, marks, range } = filter
  if (origins.length > 0 && !origins.includes(share.originName)) return false
  if (types.length > 0 && !types.includes(fileKind(share))) return false
  if (topics.length > 0 && !(share.log?.topics ?? []).some((topic) => topics.includes(topic.name))) return false
  if (channels.length > 0 && !audienceOf(share).some((name) => channels.includes(name))) return false
  if (marks.length > 0 && !marksOf(share).some((mark) => marks.includes(mark))) return false
  if (share.sizeBytes < filter.minBytes) return false
  const span = spanOf(share)
  if (filter.withinMs !== null && nowMs - span.toMs > filter.withinMs) return false
  if (range !== null && (span.toMs < range.fromMs || span.fromMs > range.toMs)) return false
  const words = filter.search.trim().toLowerCase()
  if (words === '' || haystackOf(share).includes(words)) return true
  return beginsHash(words, share.cid) || beginsHash(words, share.sha1)
}

/** What stands for no file channel among the channels. */
export const wholeSwarm = 'whole swarm'

/** The file channels that a file is for, or that it is for all. */
export function audienceOf(share: ShareView): readonly string[] {
  return share.channel === null ? [wholeSwarm] : channelsOfShare(share)
}

const sortValues: Readonly<Record<string, (share: ShareView) => string | number>> = {
  name: (share) => share.name,
  robot: (share) => share.originName,
  type: (share) => fileKind(share),
  size: (share) => share.sizeBytes,
  time: (share) => spanOf(share).toMs,
  length: (share) => spanOf(share).toMs - spanOf(share).fromMs,
  copies: (share) => share.safety.copies,
  here: (share) => Number(share.local),
}

/** Looked through in one go, a millisecond or two. */
const someFiles = 1_000

/** Those that pass, in order; ties by name, then by id. In steps, for 20,000 take longer than a window may be kept waiting. */
export function* arrangeFiles(
  shares: Iterable<ShareView>,
  filter: FilesFilter,
  sort: Sort,
  nowMs: number,
): Steps<readonly ShareView[]> {
  const value = sortValues[sort.by] ?? ((share: ShareView) => share.name)
  // What is compared is made once a file: 20,000 are compared 300,000 times.
  const rows: { readonly share: ShareView; readonly value: string | number }[] = []
  let seen = 0
  for (const share of shares) {
    if (matchesShare(share, filter, nowMs)) rows.push({ share, value: value(share) })
    seen += 1
    if (seen % someFiles === 0) yield
  }
  const sorted = yield* sortInSteps(
    rows,
    compareBy(
      (row) => row.value,
      sort.down,
      ({ share }) => `${share.name} ${share.cid}`,
    ),
  )
  return sorted.map((row) => row.share)
}

export function isEnded(transfer: TransferView): boolean {
  return transfer.state === 'done' || transfer.state === 'failed' || transfer.state === 'cancelled'
}

/** Of two transfers of a file the one that says more of it: one that runs before one that has ended, else the later one. */
function isBetter(one: TransferView, than: TransferView): boolean {
  if (isEnded(one) !== isEnded(than)) return isEnded(than)
  return one.startedAtMs > than.startedAtMs
}

/** Worked out once for each state of the list: every row asks for its own, and 10,000 may wait. */
const lastOfFile = new WeakMap<ReadonlyMap<string, TransferView>, ReadonlyMap<string, TransferView>>()

/** The last transfer of a file, running ones before ended ones. */
export function transferOf(transfers: ReadonlyMap<string, TransferView>, cid: string): TransferView | null {
  let last = lastOfFile.get(transfers)
  if (last === undefined) {
    const made = new Map<string, TransferView>()
    for (const transfer of transfers.values()) {
      if (transfer.cid === null) continue
      const known = made.get(transfer.cid)
      if (known === undefined || isBetter(transfer, known)) made.set(transfer.cid, transfer)
    }
    lastOfFile.set(transfers, made)
    last = made
  }
  return last.get(cid) ?? null
}
