import { Progress } from '@mantine/core'
import { IconFolder, IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from '@tabler/icons-react'
import type { TransferView } from '../../../shared/views.ts'
import { formatBytes } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { isEnded } from '../../state/select-files.ts'
import { actOn, type TransferAct } from '../../state/transfer-acts.ts'
import { useInfo } from '../../state/use-info.ts'
import { CopyIcon } from '../Copy.tsx'
import { FileName } from '../FileName.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { PriorityMenu } from './PriorityMenu.tsx'
import { percentOf, progressWords } from './progress-words.ts'
import { RowAction } from './RowAction.tsx'
import { Words } from './Words.tsx'

const undone: Readonly<Record<TransferAct, string>> = {
  pause: 'was not paused',
  resume: 'does not go on',
  cancel: 'was not cancelled',
}

/** One share or fetch: how far, how fast, how long yet, and how to hold or stop it. */
export function TransferRow({ transfer, inGroup = false }: { transfer: TransferView; inGroup?: boolean }) {
  const { kind, name, state, doneBytes, sizeBytes } = transfer
  const doing = kind === 'share' ? 'Sharing' : 'Fetching'
  const verb = state !== 'done' ? doing : kind === 'share' ? 'Shared' : 'Fetched'
  return (
    <div className="tray-row" data-within={inGroup}>
      <span className="tray-name">
        <span className="dim">{verb}</span> <FileName name={name} />
      </span>
      <span className="tray-acts">
        <Acts transfer={transfer} />
      </span>
      {isEnded(transfer) ? (
        <Ended transfer={transfer} />
      ) : (
        <>
          <Progress
            value={percentOf(doneBytes, sizeBytes)}
            size="sm"
            color={state === 'paused' ? 'var(--dim)' : 'blue'}
            aria-label={`${verb} ${name}`}
            transitionDuration={200}
          />
          <span className="dim">
            <Words parts={progressWords(transfer)} />
          </span>
        </>
      )}
    </div>
  )
}

function Acts({ transfer }: { readonly transfer: TransferView }) {
  const { bridge } = useStores()
  const info = useInfo()
  const { api } = bridge
  const { name, state, path, id } = transfer
  const act = (what: TransferAct): void => void actOn(api, what, transfer).catch(sayFailed(`${name} ${undone[what]}`))
  if (state === 'failed') {
    return (
      <RowAction label={`Try ${name} again`} onClick={() => act('resume')}>
        <IconRefresh size={14} />
      </RowAction>
    )
  }
  if (state === 'done' && path !== null) {
    if (info?.can.openFolder !== true) return <CopyIcon text={path} label={`Copy path of ${name}`} />
    return (
      <RowAction
        label={`Open folder of ${name}`}
        onClick={() => void api.files.openFolder({ id }).catch(sayFailed('The folder did not open'))}
      >
        <IconFolder size={14} />
      </RowAction>
    )
  }
  if (isEnded(transfer)) return null
  return (
    <>
      <PriorityMenu
        name={name}
        priority={transfer.priority}
        onChoose={(priority) =>
          void api.files.setPriority({ id, priority }).catch(sayFailed(`The priority of ${name} is as it was`))
        }
      />
      {state === 'paused' ? (
        <RowAction label={`Go on with ${name}`} onClick={() => act('resume')}>
          <IconPlayerPlay size={14} />
        </RowAction>
      ) : (
        <RowAction label={`Pause ${name}`} onClick={() => act('pause')}>
          <IconPlayerPause size={14} />
        </RowAction>
      )}
      <RowAction label={`Cancel ${name}`} onClick={() => act('cancel')}>
        <IconX size={14} />
      </RowAction>
    </>
  )
}

function Ended({ transfer }: { readonly transfer: TransferView }) {
  const { state, error, sizeBytes, path, from } = transfer
  if (state === 'failed') return <span className="level-act">failed: {error?.message ?? 'no reason was given'}</span>
  if (state === 'cancelled') return <span className="dim">cancelled</span>
  const words = [
    'done',
    ...(sizeBytes === null ? [] : [formatBytes(sizeBytes)]),
    ...(from.length === 0 ? [] : [`from ${from.join(', ')}`]),
    ...(path === null ? [] : [path]),
  ].join(', ')
  return (
    <span className="dim clip" title={path ?? words}>
      {words}
    </span>
  )
}
