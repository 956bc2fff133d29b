import { Progress } from '@mantine/core'
import type { CourierView } from '../../../shared/courier-views.ts'
import { formatBytes, formatCount, plural } from '../../format.ts'
import { LevelMark } from '../StatusMark.tsx'

/** Of those that were left out so many are named. */
const named = 10

/** How far it is, in hundredths. */
export function shareOf({ state, bytes, doneBytes }: CourierView): number {
  if (bytes > 0) return (doneBytes / bytes) * 100
  return state === 'done' ? 100 : 0
}

/** What the courier does or did: how far, what came of it, and what was left out and why. */
export function StickProgress({ view }: { readonly view: CourierView }) {
  const { kind, dir, state, files, doneFiles, bytes, doneBytes, knownFiles, records, error } = view
  const done = kind === 'export' ? 'written' : 'taken in'
  return (
    <>
      <p className="mono">{dir}</p>
      <Progress
        value={shareOf(view)}
        color={state === 'failed' ? 'red' : state === 'done' ? 'green' : 'blue'}
        aria-label="Progress"
      />
      <output>
        <Outcome view={view} />{' '}
        <span className="dim">
          {formatCount(doneFiles)} of {plural(files, 'file')} {done}, {formatBytes(doneBytes)} of {formatBytes(bytes)}
          {knownFiles === 0 ? '' : `; ${formatCount(knownFiles)} there already`}.
          {records === null
            ? ''
            : ` ${plural(records.added, 'record')} new, ${formatCount(records.known)} known already.`}
        </span>
      </output>
      {error === null ? null : (
        <p className="level-act" role="alert">
          {error.message} <span className="mono dim">{error.code}</span>
        </p>
      )}
      <LeftOut view={view} />
    </>
  )
}

function Outcome({ view: { kind, state, step, leftOutFiles } }: { readonly view: CourierView }) {
  if (state === 'running') return <>{`${step.slice(0, 1).toUpperCase()}${step.slice(1)}`}.</>
  if (state === 'failed') return <span className="level-act">It failed.</span>
  if (state === 'cancelled') return <>Stopped; what was copied stays.</>
  const all = leftOutFiles === 0
  return (
    <>
      <LevelMark level={all ? 'ok' : 'look'} />{' '}
      {kind === 'import' ? 'Taken in.' : all ? 'All is on the stick: it can be taken out.' : 'Done.'}
    </>
  )
}

function LeftOut({ view: { leftOut, leftOutFiles } }: { readonly view: CourierView }) {
  if (leftOutFiles === 0) return null
  const shown = leftOut.slice(0, named)
  return (
    <section aria-label="Left out">
      <p className="level-look">{plural(leftOutFiles, 'file')} left out:</p>
      <ul className="left-out">
        {shown.map((one) => (
          <li key={one.cid}>
            <span dir="auto">{one.name}</span>: <span className="dim">{one.why}</span>
          </li>
        ))}
        {leftOutFiles > shown.length ? (
          <li className="dim">and {formatCount(leftOutFiles - shown.length)} more</li>
        ) : null}
      </ul>
    </section>
  )
}
