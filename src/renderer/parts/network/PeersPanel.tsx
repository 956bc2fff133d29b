import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { SystemStatusView } from '../../../shared/views.ts'
import { formatCount } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useStatus } from '../../state/use-live.ts'
import { Age } from '../Age.tsx'
import { CountersPanel } from '../CountersPanel.tsx'
import { LinksTable } from '../LinksTable.tsx'
import { NoLinks } from '../NoLinks.tsx'
import { Failed, Loading } from '../States.tsx'

/** Latency is worth a look every few seconds; a link that comes or goes is read at once. */
const refreshMs = 2_000

/** Who we are connected to, and what was refused or dropped. Follows by itself. */
export function PeersPanel() {
  const { links, bridge } = useStores()
  const state = useStore(links.store)
  const line = useStore(bridge.connection, (one) => one.phase)
  const status = useStatus()
  const count = status?.links
  useEffect(() => {
    if (line !== 'open') return
    void links.load()
    const timer = setInterval(() => void links.load(), refreshMs)
    return () => clearInterval(timer)
  }, [links, line, count])
  return (
    <div className="stack">
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
      {state.phase === 'ready' ? (
        <p className="dim table-foot">
          {state.failing === null ? 'Follows by itself; read ' : `${state.failing.message} Last read `}
          <Age atMs={state.atMs} />
        </p>
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
