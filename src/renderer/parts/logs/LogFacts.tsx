import type { LogInfo } from '../../../shared/log-views.ts'
import { formatCount, formatExact, formatLength, formatSpan, plural } from '../../format.ts'
import { isDated } from '../../state/log-time.ts'
import { LevelMark } from '../StatusMark.tsx'

const formatWords: Readonly<Record<LogInfo['format'], string>> = {
  rosbag: 'ROS bag',
  mcap: 'MCAP recording',
  text: 'Text',
  csv: 'Table (CSV)',
  image: 'Picture',
  archive: 'Archive',
  other: 'Unknown kind',
}

/** What a log is: kind, time, length, messages, what is wrong with it. */
export function LogFacts({ log }: { readonly log: LogInfo | null }) {
  if (log === null) return null
  const { startMs, endMs, messages, topics, moreTopics, facts, whole, problem } = log
  const timed = startMs !== null && endMs !== null
  return (
    <section aria-label="What it is">
      <h3>{formatWords[log.format]}</h3>
      {problem === null && whole ? null : (
        <p>
          <LevelMark level="look" /> {problem ?? 'It was cut off: what is said here is what could be read.'}
        </p>
      )}
      <dl className="facts">
        {timed ? (
          <>
            <dt>Recorded</dt>
            {isDated(endMs) ? (
              <dd title={`${formatExact(startMs)} to ${formatExact(endMs)}`}>{formatSpan(startMs, endMs)}</dd>
            ) : (
              <dd>at times that count from {formatLength(startMs)}: in a simulation, or without a clock</dd>
            )}
            <dt>Length</dt>
            <dd>{formatLength(endMs - startMs)}</dd>
          </>
        ) : null}
        {messages === null ? null : (
          <>
            <dt>Messages</dt>
            <dd>
              {formatCount(messages)}
              {topics.length === 0 ? '' : ` on ${plural(topics.length + moreTopics, 'topic')}`}
            </dd>
          </>
        )}
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
