import type { TransferView } from '../../../shared/views.ts'
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../../format.ts'
import type { TrayGroup, TrayTotals } from '../../state/tray.ts'

export function percentOf(done: number, size: number | null): number {
  return size === null || size === 0 ? 0 : Math.min(100, (done / size) * 100)
}

/** `fetching from duckie02`, `21 MB of 50 MB`, `8.2 MB/s`, `3 s left` */
export function progressWords(transfer: TransferView): readonly string[] {
  const { doneBytes, sizeBytes, bytesPerS, remainingMs, step, state } = transfer
  return [
    state === 'paused' ? 'paused' : step,
    sizeBytes === null ? formatBytes(doneBytes) : `${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}`,
    ...(bytesPerS > 0 ? [formatRate(bytesPerS)] : []),
    ...(remainingMs === null || state === 'paused' ? [] : [`${formatDuration(remainingMs)} left`]),
  ]
}

/** `312 of 20 000 files`, `1.20 of 4.00 GB`, `8.2 MB/s`, `5 min left` */
export function groupWords(group: TrayGroup): readonly string[] {
  const { files, doneFiles, failedFiles, doneBytes, sizeBytes, bytesPerS, remainingMs, state, leader } = group
  const count = files === null ? (leader?.step ?? '') : `${formatCount(doneFiles)} of ${plural(files, 'file')}`
  return [
    ...(count === '' ? [] : [count]),
    `${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}`,
    ...(state === 'paused' ? ['paused'] : []),
    ...(state === 'running' && bytesPerS > 0 ? [formatRate(bytesPerS)] : []),
    ...(state === 'running' && remainingMs !== null ? [`${formatDuration(remainingMs)} left`] : []),
    ...(failedFiles > 0 ? [`${formatCount(failedFiles)} failed`] : []),
  ]
}

/** What the closed tray says. */
export function trayTitle(totals: TrayTotals): readonly string[] {
  const { open, paused, failed, all, percent, bytesPerS, remainingMs } = totals
  if (open === 0) return [failed > 0 ? `${plural(failed, 'transfer')} failed` : `${plural(all, 'transfer')} done`]
  return [
    plural(open, 'transfer'),
    ...(percent === null ? [] : [`${Math.floor(percent)} %`]),
    ...(paused === open ? ['paused'] : []),
    ...(bytesPerS > 0 ? [formatRate(bytesPerS)] : []),
    ...(bytesPerS > 0 && remainingMs !== null ? [`${formatDuration(remainingMs)} left`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ]
}
