import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { SystemStatusView } from '../../shared/views.ts'
import { formatCount } from '../format.ts'
import { Age } from '../parts/Age.tsx'
import { CountersPanel } from '../parts/CountersPanel.tsx'
import { LinksTable } from '../parts/LinksTable.tsx'
import { NoLinks } from '../parts/NoLinks.tsx'
import { Failed, Loading } from '../parts/States.tsx'
import { Warnings } from '../parts/Warnings.tsx'
import { useStores } from '../state/context.ts'

/** Latency is worth a look every few seconds; a link that comes or goes is read at once. */
const refreshMs = 2_000

/** Who we are connected to, and what was refused or dropped. Follows by itself. */
export function NetworkPage() {
  const { links, system, bridge } = useStores()
  const state = useStore(links.store)
  const line = useStore(bridge.connection, (one) => one.phase)
  const status = useStore(system.status.store, (live) =>
    live.phase === 'ready' ? (live.items.get('status') ?? null) : null,
  )
  const count = status?.links
  useEffect(() => {
    if (line !== 'open') return
    void links.load()
    const timer = setInterval(() => void links.load(), refreshMs)
    return () => clearInterval(timer)
  }, [links, line, count])
  return (
    <div className="page">
      <div className="page-head">
        <h1>Network</h1>
        {state.phase === 'ready' ? (
          <span className="dim">
            {state.failing === null ? 'Follows by itself; read ' : `${state.failing.message} Last read `}
            <Age atMs={state.atMs} />
          </span>
        ) : null}
      </div>
      {status === null ? null : <Warnings warnings={status.warnings} />}
      {state.phase === 'failed' ? (
        <Failed title="The links could not be read" problem={state.problem} onRetry={() => void links.load()} />
      ) : null}
      {state.phase === 'loading' || state.phase === 'idle' ? <Loading label="Loading the links" /> : null}
      {state.phase === 'ready' && state.value.length === 0 ? <NoLinks /> : null}
      {state.phase === 'ready' && state.value.length > 0 ? (
        <section aria-label="Links">
          <LinksTable links={state.value} />
        </section>
      ) : null}
      {status === null ? null : <PeerNow status={status} />}
      {status === null ? null : <CountersPanel status={status} />}
    </div>
  )
}

function PeerNow({ status }: { readonly status: SystemStatusView }) {
  const { alive, suspect, gone, unknown } = status.machines
  return (
    <section className="panel" aria-label="This peer now">
      <dl className="figures">
        <div>
          <dt>Connections</dt>
          <dd className="live">{formatCount(status.links)}</dd>
        </div>
        <div>
          <dt>Machines</dt>
          <dd className="live">
            {alive} alive, {suspect} suspect, {gone} gone, {unknown} unknown
          </dd>
        </div>
        <div>
          <dt>Live records</dt>
          <dd className="live">{formatCount(status.records)}</dd>
        </div>
        <div>
          <dt>As of</dt>
          <dd>
            <Age atMs={status.atMs} />
          </dd>
        </div>
      </dl>
    </section>
  )
}
