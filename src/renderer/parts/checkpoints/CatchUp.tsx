import { Progress } from '@mantine/core'
import type { CatchUpView } from '../../../shared/checkpoint-views.ts'
import { formatCount, formatDuration, plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useNow } from '../../state/clock.ts'

const phases: Readonly<Record<CatchUpView['phase'], string>> = {
  idle: 'Nothing to catch up with',
  looking: 'Looking for a checkpoint to start from',
  checkpoint: 'Taking over a checkpoint',
  reconciling: 'Comparing with the neighbours',
  done: 'Caught up',
}

export function isCatchingUp(catchUp: CatchUpView): boolean {
  return catchUp.phase === 'looking' || catchUp.phase === 'checkpoint' || catchUp.phase === 'reconciling'
}

/** How far it is, from 0 to 100; null where no end is known. */
export function catchUpPercent({ phase, doneRecords, totalRecords }: CatchUpView): number | null {
  if (phase !== 'checkpoint' || totalRecords <= 0) return null
  return Math.min(100, Math.floor((doneRecords / totalRecords) * 100))
}

/** How far this peer is with taking over the swarm's state. */
export function CatchUpPanel({ catchUp }: { readonly catchUp: CatchUpView }) {
  const nowMs = useNow()
  const { phase, doneRecords, totalRecords, doneChunks, totalChunks, recordsPerS, root, sources, startedAtMs, reason } =
    catchUp
  if (phase === 'idle') return null
  if (phase === 'done' && totalRecords === 0) {
    return (
      <p className="dim">
        {phases.done}: {reason}.
      </p>
    )
  }
  const percent = catchUpPercent(catchUp)
  const restMs = recordsPerS > 0 ? ((totalRecords - doneRecords) / recordsPerS) * 1_000 : null
  return (
    <section className="panel" aria-label="Catching up">
      <h2>{phases[phase]}</h2>
      {isCatchingUp(catchUp) ? (
        <Progress
          value={percent ?? 100}
          animated={percent === null}
          size="sm"
          aria-label={percent === null ? phases[phase] : `Taking over: ${percent} %`}
        />
      ) : null}
      <p className="live">
        {phase === 'checkpoint' ? (
          <>
            {formatCount(doneRecords)} of {plural(totalRecords, 'record')}, {formatCount(doneChunks)} of{' '}
            {plural(totalChunks, 'chunk')} · {formatCount(Math.round(recordsPerS))} records/s
            {restMs === null ? '' : ` · ${formatDuration(restMs)} left`}
            {sources.length === 0 ? '' : ` · from ${sources.join(', ')}`}
          </>
        ) : null}
        {phase === 'done' && totalRecords > 0 ? `${plural(totalRecords, 'record')} taken over from a checkpoint` : null}
      </p>
      <p className="dim">
        {reason}
        {startedAtMs === null ? '' : ` · began ${formatDuration(nowMs - startedAtMs)} ago`}
        {root === null ? null : (
          <>
            {' · '}
            <a href={hrefOf({ page: 'checkpoints', root })}>the checkpoint</a>
          </>
        )}
      </p>
    </section>
  )
}
