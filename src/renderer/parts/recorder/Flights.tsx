import { useStore } from 'zustand'
import { causeWords, type FlightView } from '../../../shared/recorder-views.ts'
import { formatBytes, formatExact, plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { Age } from '../Age.tsx'
import { LevelMark } from '../StatusMark.tsx'
import { Failed } from '../States.tsx'

/** Asked so often while it is looked at: faults come by themselves. */
const askEveryMs = 5_000
/** The others are in the share folder, and on the Logs page. */
const maxShown = 6

/** What the flight recorder of this peer saved, and why it did not. */
export function Flights() {
  const { recorder } = useStores()
  const state = useStore(recorder.store)
  useAsked(recorder, askEveryMs)
  if (state.phase === 'failed') {
    return <Failed title="It could not be read" problem={state.problem} onRetry={() => void recorder.load()} />
  }
  if (state.phase !== 'ready') return null
  const { flights, refused, state: now } = state.value
  return (
    <>
      {now === 'taking' ? <output>The last minutes are being saved…</output> : null}
      {refused === null ? null : (
        <p className="level-look">
          <LevelMark level="look" /> {refused}
        </p>
      )}
      {flights.length === 0 ? null : (
        <ul aria-label="Saved flights">
          {flights.slice(0, maxShown).map((flight) => (
            <Flight key={flight.id} flight={flight} />
          ))}
          {flights.length > maxShown ? <li className="dim">and {flights.length - maxShown} before</li> : null}
        </ul>
      )}
    </>
  )
}

function Flight({ flight: { cause, words, atMs, files, sizeBytes, leftOut } }: { readonly flight: FlightView }) {
  const shared = files.find(({ cid }) => cid !== null)
  const title = `${causeWords[cause]}${words === '' ? '' : `: ${words}`}`
  return (
    <li>
      {shared?.cid == null ? title : <a href={hrefOf({ page: 'logs', file: shared.cid })}>{title}</a>}{' '}
      <span className="dim" title={formatExact(atMs)}>
        <Age atMs={atMs} />, {plural(files.length, 'file')}, {formatBytes(sizeBytes)}
        {leftOut.length === 0 ? '' : `; not taken: ${leftOut.map(({ name, why }) => `${name} (${why})`).join(', ')}`}
      </span>
    </li>
  )
}
