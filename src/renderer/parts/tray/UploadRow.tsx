import { Progress } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { formatBytes, formatDuration, formatRate } from '../../format.ts'
import { useNow } from '../../state/clock.ts'
import { useStores } from '../../state/context.ts'
import type { Upload } from '../../state/uploads.ts'
import { FileName } from '../FileName.tsx'
import { percentOf } from './progress-words.ts'
import { RowAction } from './RowAction.tsx'
import { Words } from './Words.tsx'

/** A file on its way from this browser to the peer. */
export function UploadRow({ upload, inGroup = false }: { readonly upload: Upload; readonly inGroup?: boolean }) {
  const { uploads } = useStores()
  const { id, name, state, sentBytes, sizeBytes, problem, startedAtMs } = upload
  const nowMs = useNow()
  const seconds = (nowMs - startedAtMs) / 1_000
  const rate = state === 'running' && seconds > 0.5 ? sentBytes / seconds : 0
  const words = [
    state === 'waiting' ? 'waiting' : 'sending to the peer',
    `${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}`,
    ...(rate > 0 ? [formatRate(rate), `${formatDuration(((sizeBytes - sentBytes) / rate) * 1_000)} left`] : []),
  ]
  return (
    <div className="tray-row" data-within={inGroup}>
      <span className="tray-name">
        <span className="dim">Sharing</span> <FileName name={name} />
      </span>
      <span className="tray-acts">
        <RowAction label={`${state === 'failed' ? 'Dismiss' : 'Cancel'} ${name}`} onClick={() => uploads.cancel(id)}>
          <IconX size={14} />
        </RowAction>
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
          <span className="dim">
            <Words parts={words} />
          </span>
        </>
      )}
    </div>
  )
}
