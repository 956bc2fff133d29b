import type { MachineView, SystemStatusView } from '../../../shared/views.ts'
import { formatExact, plural } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useNow } from '../../state/clock.ts'
import { skewWords } from '../../state/skew.ts'
import { LevelMark } from '../StatusMark.tsx'

const sources = {
  own: 'its own clock, which agrees with the swarm as far as is known',
  swarm: 'the median of trusted peers',
  floor: 'the last time that is known to be past: its own clock cannot be right, and no peer was heard yet',
} as const

/** Swarm time, and whose clocks are off it. */
export function ClockPanel({
  status,
  machines,
}: {
  readonly status: SystemStatusView
  readonly machines: readonly MachineView[]
}) {
  const { time } = status
  const nowMs = useNow()
  const off = machines
    .filter((machine) => skewWords(machine.clockSkewMs) !== null)
    .sort((a, b) => Math.abs(b.clockSkewMs ?? 0) - Math.abs(a.clockSkewMs ?? 0))
  return (
    <div className="columns" style={{ alignItems: 'start' }}>
      <section className="panel" aria-label="Swarm time">
        <h2>Swarm time</h2>
        <dl className="facts">
          <dt>This peer goes by</dt>
          <dd>{sources[time.source]}</dd>
          <dt>Its own clock</dt>
          <dd>{skewWords(-time.offsetMs) ?? 'within 2 s of swarm time'}</dd>
          <dt>Compared with</dt>
          <dd>{plural(time.peers, 'trusted peer')}</dd>
          <dt>Why</dt>
          <dd>{time.reason}</dd>
          <dt>Status of</dt>
          <dd className="live" title="swarm time of the last status, as this peer stamps it">
            {formatExact(status.atMs)}
          </dd>
          <dt>This window</dt>
          <dd>{formatExact(nowMs)}</dd>
        </dl>
        <p className="dim">
          Records are stamped and judged by swarm time, so that a robot that boots in 1970 is heard all the same, and
          one peer that lies about time moves nobody.
        </p>
      </section>
      <section className="panel" aria-label="Clocks that are off">
        <h2>Clocks that are off</h2>
        {off.length === 0 ? <p className="dim">None: every machine that says so is within 2 s of swarm time.</p> : null}
        <ul className="rows">
          {off.slice(0, 100).map((machine) => (
            <li key={machine.peer} className="row">
              <div className="row-text">
                <LevelMark level="look" />{' '}
                <a href={hrefOf({ page: 'robot', peer: machine.peer, tab: 'link' })} dir="auto">
                  {machine.name}
                </a>{' '}
                <span className="dim">{skewWords(machine.clockSkewMs)}</span>
              </div>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}
