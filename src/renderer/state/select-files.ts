import type { ShareView, TransferView } from '../../shared/views.ts'
import type { Sort } from './prefs.ts'
import { compareBy } from './select-fleet.ts'
import type { Upload } from './uploads.ts'

export interface FilesFilter {
  readonly search: string
  readonly origins: readonly string[]
  readonly types: readonly string[]
  /** Not older than this; null for any age. */
  readonly withinMs: number | null
  readonly minBytes: number
}

export const noFilesFilter: FilesFilter = { search: '', origins: [], types: [], withinMs: null, minBytes: 0 }

const endings: readonly (readonly [RegExp, string])[] = [
  [/\.(mcap|bag|db3)$/i, 'recording'],
  [/\.(log|txt|md|ya?ml|json|jsonl|xml)$/i, 'text'],
  [/\.(csv|tsv)$/i, 'table'],
  [/\.(png|jpe?g|gif|webp|svg|bmp)$/i, 'image'],
  [/\.(mp4|webm|mkv|avi|mov|h264)$/i, 'video'],
  [/\.(zip|tar|gz|xz|zst|7z|tgz)$/i, 'archive'],
]

/** What a file is, in one word: by its name's ending, for robots seldom know media types, then by media type. */
export function fileKind(share: Pick<ShareView, 'name' | 'mediaType'>): string {
  for (const [form, kind] of endings) if (form.test(share.name)) return kind
  const family = share.mediaType.split('/')[0]
  return family === 'text' || family === 'image' || family === 'video' || family === 'audio' ? family : 'other'
}

export function matchesShare(share: ShareView, filter: FilesFilter, nowMs: number): boolean {
  if (filter.origins.length > 0 && !filter.origins.includes(share.originName)) return false
  if (filter.types.length > 0 && !filter.types.includes(fileKind(share))) return false
  if (filter.withinMs !== null && nowMs - share.modifiedAtMs > filter.withinMs) return false
  if (share.sizeBytes < filter.minBytes) return false
  const words = filter.search.trim().toLowerCase()
  if (words === '') return true
  return [share.name, share.originName, share.mediaType, share.cid].some((text) => text.toLowerCase().includes(words))
}

const sortValues: Readonly<Record<string, (share: ShareView) => string | number>> = {
  name: (share) => share.name,
  robot: (share) => share.originName,
  type: (share) => fileKind(share),
  size: (share) => share.sizeBytes,
  time: (share) => share.modifiedAtMs,
  copies: (share) => share.copies.length,
  here: (share) => Number(share.local),
}

export function arrangeFiles(
  shares: Iterable<ShareView>,
  filter: FilesFilter,
  sort: Sort,
  nowMs: number,
): readonly ShareView[] {
  const value = sortValues[sort.by] ?? ((share: ShareView) => share.name)
  return [...shares]
    .filter((share) => matchesShare(share, filter, nowMs))
    .sort(compareBy(value, sort.down, (share) => `${share.name} ${share.cid}`))
}

export function isEnded(transfer: TransferView): boolean {
  return transfer.state === 'done' || transfer.state === 'failed' || transfer.state === 'cancelled'
}

/** The last transfer of a file, running ones before ended ones. */
export function transferOf(transfers: Iterable<TransferView>, cid: string): TransferView | null {
  let best: TransferView | null = null
  for (const transfer of transfers) {
    if (transfer.cid !== cid) continue
    const better =
      best === null ||
      Number(isEnded(best)) > Number(isEnded(transfer)) ||
      (isEnded(best) === isEnded(transfer) && transfer.startedAtMs > best.startedAtMs)
    if (better) best = transfer
  }
  return best
}

/**
 * What the tray shows: newest first. While a browser sends a file, the peer's transfer of the same name is the
 * other end of the same work and is left out.
 */
export function trayTransfers(transfers: Iterable<TransferView>, uploads: Iterable<Upload>): readonly TransferView[] {
  const sending = new Set([...uploads].filter((upload) => upload.state === 'running').map((upload) => upload.name))
  return [...transfers]
    .filter((transfer) => !(transfer.kind === 'share' && !isEnded(transfer) && sending.has(transfer.name)))
    .sort((a, b) => Number(isEnded(a)) - Number(isEnded(b)) || b.startedAtMs - a.startedAtMs)
}

/** Progress of all that runs, 0 to 100; null where nothing has a known size. */
export function overallPercent(transfers: Iterable<TransferView>, uploads: Iterable<Upload>): number | null {
  let done = 0
  let size = 0
  for (const transfer of transfers) {
    if (isEnded(transfer) || transfer.sizeBytes === null) continue
    done += transfer.doneBytes
    size += transfer.sizeBytes
  }
  for (const upload of uploads) {
    if (upload.state === 'failed') continue
    done += upload.sentBytes
    size += upload.sizeBytes
  }
  return size === 0 ? null : Math.min(100, (done / size) * 100)
}
