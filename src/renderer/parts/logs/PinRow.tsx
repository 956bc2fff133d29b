import { Button } from '@mantine/core'
import type { PinView } from '../../../shared/pinning-views.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Age } from '../Age.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

const states: Record<PinView['state'], { readonly word: string; readonly level: 'ok' | 'look' | 'act' | null }> = {
  queued: { word: 'queued', level: null },
  pinning: { word: 'pinning', level: null },
  pinned: { word: 'pinned', level: 'ok' },
  failed: { word: 'failed', level: 'act' },
  gone: { word: 'no longer there', level: 'act' },
  removing: { word: 'being taken back', level: null },
}

interface PinRowProps {
  readonly pin: PinView
  /** The file could be asked for again. */
  readonly mayAdd: boolean
}

/** How one copy at a pinning service stands, and what can be done about it. */
export function PinRow({ pin, mayAdd }: PinRowProps) {
  const { bridge } = useStores()
  const { cid, service, state, details, checkedAtMs } = pin
  const { word, level } = states[state]
  const { busy, problem, run } = useAct()
  const lost = state === 'failed' || state === 'gone'
  return (
    <li className="row" aria-label={`${service}: ${word}`}>
      <span className="row-text">
        {level === null ? null : (
          <>
            <LevelMark level={level} />{' '}
          </>
        )}
        <strong>{service}</strong> <span className={level === null ? '' : `level-${level}`}>{word}</span>{' '}
        <span className="dim">
          said <Age atMs={checkedAtMs} />
        </span>
        {details === null ? null : <span className="row-problem dim">It says: {details}</span>}
        {pin.problem === null ? null : <span className="row-problem level-look">{pin.problem}</span>}
      </span>
      <span className="row-acts">
        {lost && mayAdd ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={busy}
            aria-label={`Pin again at ${service}`}
            onClick={() => run(() => bridge.api.pinning.add({ cid, service }))}
          >
            Try again
          </Button>
        ) : null}
        {state === 'removing' ? null : (
          <Button
            size="compact-xs"
            variant="default"
            loading={busy}
            aria-label={`Unpin at ${service}`}
            onClick={() => run(() => bridge.api.pinning.remove({ cid, service }))}
          >
            {lost ? 'Forget' : 'Unpin'}
          </Button>
        )}
      </span>
      <ProblemNote problem={problem} />
    </li>
  )
}
