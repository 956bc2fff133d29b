import { ActionIcon, Progress } from '@mantine/core'
import { IconFolder, IconX } from '@tabler/icons-react'
import type { TransferView } from '../../shared/views.ts'
import { formatBytes, formatDuration, formatRate } from '../format.ts'
import { isEnded } from '../state/select-files.ts'
import { useNow } from '../state/clock.ts'
import type { Upload } from '../state/uploads.ts'
import { CopyIcon } from './Copy.tsx'
import { FileName } from './FileName.tsx'

function percentOf(done: number, size: number | null): number {
  return size === null || size === 0 ? 0 : Math.min(100, (done / size) * 100)
}

function progressWords(transfer: TransferView): string {
  const { doneBytes, sizeBytes, bytesPerS, remainingMs, step } = transfer
  return [
    step,
    sizeBytes === null ? formatBytes(doneBytes) : `${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}`,
    ...(bytesPerS > 0 ? [formatRate(bytesPerS)] : []),
    ...(remainingMs === null ? [] : [`${formatDuration(remainingMs)} left`]),
  ].join(' · ')
}

interface TransferRowProps {
  readonly transfer: TransferView
  readonly onCancel: () => void
  readonly onOpenFolder: (() => void) | null
}

/** One share or fetch: how far, how fast, how long yet, and how to stop it. */
export function TransferRow({ transfer, onCancel, onOpenFolder }: TransferRowProps) {
  const { kind, name, state, doneBytes, sizeBytes, error, path } = transfer
  const doing = kind === 'share' ? 'Sharing' : 'Fetching'
  const verb = state !== 'done' ? doing : kind === 'share' ? 'Shared' : 'Fetched'
  return (
    <li className="tray-row">
      <span className="tray-name">
        <span className="dim">{verb}</span> <FileName name={name} />
      </span>
      <span>
        {isEnded(transfer) ? null : (
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Cancel ${name}`} onClick={onCancel}>
            <IconX size={14} />
          </ActionIcon>
        )}
        {state === 'done' && path !== null && onOpenFolder !== null ? (
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={`Open folder of ${name}`}
            onClick={onOpenFolder}
          >
            <IconFolder size={14} />
          </ActionIcon>
        ) : null}
        {state === 'done' && path !== null && onOpenFolder === null ? (
          <CopyIcon text={path} label={`Copy path of ${name}`} />
        ) : null}
      </span>
      {isEnded(transfer) ? (
        <span className={state === 'failed' ? 'level-act' : 'dim clip'} title={path ?? undefined}>
          {state === 'failed' ? `failed: ${error?.message ?? 'no reason was given'}` : null}
          {state === 'done'
            ? `done${sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`}${path === null ? '' : `, ${path}`}`
            : null}
          {state === 'cancelled' ? 'cancelled' : null}
        </span>
      ) : (
        <>
          <Progress
            value={percentOf(doneBytes, sizeBytes)}
            size="sm"
            aria-label={`${verb} ${name}`}
            transitionDuration={200}
          />
          <span className="dim">{progressWords(transfer)}</span>
        </>
      )}
    </li>
  )
}

export function UploadRow({ upload, onCancel }: { readonly upload: Upload; readonly onCancel: () => void }) {
  const { name, state, sentBytes, sizeBytes, problem, startedAtMs } = upload
  const nowMs = useNow()
  const seconds = (nowMs - startedAtMs) / 1_000
  const rate = seconds > 0.5 ? sentBytes / seconds : 0
  const words = [
    state === 'waiting' ? 'waiting' : 'sending to the peer',
    `${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`,
    ...(rate > 0 ? [formatRate(rate), `${formatDuration(((sizeBytes - sentBytes) / rate) * 1_000)} left`] : []),
  ].join(' · ')
  return (
    <li className="tray-row">
      <span className="tray-name">
        <span className="dim">Sharing</span> <FileName name={name} />
      </span>
      <span>
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={`${state === 'failed' ? 'Dismiss' : 'Cancel'} ${name}`}
          onClick={onCancel}
        >
          <IconX size={14} />
        </ActionIcon>
      </span>
      {state === 'failed' ? (
        <span className="level-act">failed: {problem?.message}</span>
      ) : (
        <>
          <Progress
            value={percentOf(sentBytes, sizeBytes)}
            size="sm"
            aria-label={`Sharing ${name}`}
            transitionDuration={200}
          />
          <span className="dim">{words}</span>
        </>
      )}
    </li>
  )
}
