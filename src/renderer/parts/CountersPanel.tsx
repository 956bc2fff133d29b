import { useMemo } from 'react'
import type { SystemStatusView } from '../../shared/views.ts'
import { formatCount } from '../format.ts'
import { groupCounters } from '../state/counter-words.ts'

/** What was taken, refused, dropped and tried again since the peer started, each with what it means. */
export function CountersPanel({ status }: { readonly status: SystemStatusView }) {
  const groups = useMemo(() => groupCounters(status.counters), [status.counters])
  return (
    <section className="panel" aria-label="Counters">
      <h2>Counted since it started</h2>
      {groups.length === 0 ? (
        <p className="dim">Nothing yet: records taken in, refused or dropped are counted here by reason.</p>
      ) : null}
      <div className="counter-groups">
        {groups.map(({ group, rows }) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <ul className="counters">
              {rows.map(({ name, count, meaning }) => (
                <li key={name}>
                  <span className="mono">{name}</span>
                  <span className="live">{formatCount(count)}</span>
                  <span className="dim counter-meaning">{meaning}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  )
}
