import { Fragment, useMemo, useState } from 'react'
import type { LogInfo, LogPreview } from '../../../shared/log-views.ts'
import { formatCount, plural } from '../../format.ts'
import { formatHz, topicLines, type TopicLine } from '../../state/preview-rates.ts'

interface TopicListProps {
  readonly info: LogInfo
  readonly activity: Extract<LogPreview, { kind: 'messages' }>['timeline']
}

/** Drawn before a person asks for all of them. */
const firstShown = 12

/** The topics of a recording: type, count, rate, and when they spoke. */
export function TopicList({ info, activity }: TopicListProps) {
  const [all, setAll] = useState(false)
  const lines = useMemo(() => topicLines(info, activity), [info, activity])
  const shown = all ? lines : lines.slice(0, firstShown)
  return (
    <>
      <table className="topics" aria-label="Topics">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Messages</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((line) => (
            <Fragment key={line.name}>
              <tr>
                <td>
                  <span className="topic-name mono">{line.name}</span>
                  <span className="topic-type dim">{line.type === '' ? 'type not said' : line.type}</span>
                </td>
                <td>
                  {line.count === null ? <span className="dim">not counted</span> : formatCount(line.count)}
                  {line.hz === null ? null : <span className="topic-type dim">{formatHz(line.hz)}</span>}
                </td>
              </tr>
              {line.counts === null ? null : (
                <tr className="topic-times" aria-hidden>
                  <td colSpan={2}>
                    <Strip line={line} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
      {shown.length < lines.length ? (
        <button type="button" className="link" onClick={() => setAll(true)}>
          Show all {plural(lines.length, 'topic')}
        </button>
      ) : null}
      {info.moreTopics > 0 ? <p className="dim">and {plural(info.moreTopics, 'topic')} more</p> : null}
    </>
  )
}

/** When a topic spoke, from begin to end of the recording; decoration beside its figures. */
function Strip({ line }: { readonly line: TopicLine }) {
  const counts = line.counts ?? []
  const most = Math.max(1, ...counts)
  let path = ''
  counts.forEach((count, i) => {
    if (count > 0) path += `M${i + 0.5} 8V${(8 - Math.max(1.5, (count / most) * 8)).toFixed(1)}`
  })
  return (
    <svg className="topic-strip" viewBox={`0 0 ${Math.max(1, counts.length)} 8`} preserveAspectRatio="none" aria-hidden>
      <path d={path} stroke="currentColor" strokeWidth="1" fill="none" />
    </svg>
  )
}
