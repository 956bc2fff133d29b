import { Progress } from '@mantine/core'
import {
  IconChevronDown,
  IconChevronRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconX,
} from '@tabler/icons-react'
import { useStores } from '../../state/context.ts'
import { actOnAll, actorsOf, type TransferAct } from '../../state/transfer-acts.ts'
import type { TrayGroup } from '../../state/tray.ts'
import { FileName } from '../FileName.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { groupWords, percentOf } from './progress-words.ts'
import { RowAction } from './RowAction.tsx'
import { Words } from './Words.tsx'

/** While it goes on, and after. */
const words = { fetch: ['Fetching', 'Fetched'], share: ['Sharing', 'Shared'] } as const

interface GroupRowProps {
  readonly group: TrayGroup
  readonly open: boolean
  readonly onToggle: () => void
}

/** Many files at once, as one line that opens: how many, how much, how fast, and what to do with all of them. */
export function GroupRow({ group, open, onToggle }: GroupRowProps) {
  const { bridge, uploads } = useStores()
  const { name, kind, state, doneBytes, sizeBytes, leader } = group
  const held = group.transfers.length + group.uploads.length
  const act = (what: TransferAct, among: TransferAct | 'retry' = what): void =>
    void actOnAll(bridge.api, what, actorsOf(group, among)).catch(sayFailed(`Not all of ${name} could be changed`))
  const can = (what: TransferAct | 'retry'): boolean => actorsOf(group, what).length > 0
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <div className="tray-row" data-group>
      <button type="button" className="tray-group" aria-expanded={open} onClick={onToggle} disabled={held === 0}>
        <Chevron size={14} aria-hidden />
        <span className="dim">{words[kind === 'fetch' ? 'fetch' : 'share'][state === 'ended' ? 1 : 0]}</span>{' '}
        <FileName name={name} />
      </button>
      <span className="tray-acts">
        {can('retry') ? (
          <RowAction label={`Try what failed of ${name} again`} onClick={() => act('resume', 'retry')}>
            <IconRefresh size={14} />
          </RowAction>
        ) : null}
        {can('resume') ? (
          <RowAction label={`Go on with ${name}`} onClick={() => act('resume')}>
            <IconPlayerPlay size={14} />
          </RowAction>
        ) : null}
        {can('pause') ? (
          <RowAction label={`Pause ${name}`} onClick={() => act('pause')}>
            <IconPlayerPause size={14} />
          </RowAction>
        ) : null}
        {can('cancel') || (kind === 'upload' && held > 0) ? (
          <RowAction
            label={`Cancel ${name}`}
            onClick={() => (kind === 'upload' ? uploads.cancelBatch(group.id) : act('cancel'))}
          >
            <IconX size={14} />
          </RowAction>
        ) : null}
      </span>
      <Progress
        value={percentOf(doneBytes, sizeBytes)}
        size="sm"
        color={state === 'paused' ? 'var(--dim)' : state === 'ended' && group.failedFiles === 0 ? 'green' : 'blue'}
        aria-label={`${name} in all`}
        transitionDuration={200}
      />
      <span className={leader?.state === 'failed' ? 'level-act' : 'dim'}>
        {leader?.state === 'failed' ? (
          `failed: ${leader.error?.message ?? 'no reason was given'}`
        ) : (
          <Words parts={groupWords(group)} />
        )}
      </span>
    </div>
  )
}
