import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { LinkView, SystemStatusView } from '../../shared/views.ts'
import { formatCount } from '../format.ts'
import { hrefOf } from '../route.ts'
import { Age } from '../parts/Age.tsx'
import { DataTable, type Column } from '../parts/DataTable.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { LevelMark } from '../parts/StatusMark.tsx'
import { shortId } from '../format.ts'
import { useStores } from '../state/context.ts'

/** Links change seldom; latency is worth a look every few seconds. */
const refreshMs = 3_000

function encryptionOf(link: LinkView): string {
  const { encryption, transport } = link
  if (encryption === null) return transport === 'quic' ? 'TLS, in QUIC' : 'not said'
  return encryption.includes('tls') ? 'TLS' : encryption.replaceAll('/', '')
}

const columns: readonly Column<LinkView>[] = [
  {
    key: 'name',
    label: 'Peer',
    widthRem: 10,
    cell: (link) => (
      <a href={hrefOf({ page: 'robot', peer: link.peer, tab: 'link' })} data-nav-item title={link.peer}>
        {link.name ?? shortId(link.peer)}
      </a>
    ),
  },
  {
    key: 'role',
    minor: true,
    label: 'Role',
    widthRem: 5,
    cell: (link) => link.role ?? <span className="dim">unknown</span>,
  },
  { key: 'transport', label: 'Over', widthRem: 5, cell: (link) => link.transport },
  {
    key: 'encryption',
    minor: true,
    label: 'Encrypted by',
    widthRem: 7,
    cell: encryptionOf,
  },
  {
    key: 'direction',
    label: 'Dialled by',
    widthRem: 6,
    cell: (link) => (link.direction === 'outbound' ? 'us' : 'them'),
  },
  {
    key: 'latency',
    label: 'Latency',
    widthRem: 6,
    right: true,
    cell: (link) => (link.latencyMs === null ? <span className="dim">–</span> : `${link.latencyMs.toFixed(1)} ms`),
  },
  { key: 'since', minor: true, label: 'Since', widthRem: 6, cell: (link) => <Age atMs={link.sinceMs} /> },
  {
    key: 'address',
    label: 'Address',
    widthRem: 18,
    cell: (link) => (
      <span className="mono" title={link.address}>
        {link.address}
      </span>
    ),
  },
]

const idOf = (link: LinkView): string => `${link.peer} ${link.address} ${link.direction}`

/** Who we are connected to, and what was refused or dropped. */
export function NetworkPage() {
  const { links, system } = useStores()
  const state = useStore(links.store)
  const status = useStore(system.status.store, (live) =>
    live.phase === 'ready' ? (live.items.get('status') ?? null) : null,
  )
  useEffect(() => {
    void links.load()
    const timer = setInterval(() => void links.load(), refreshMs)
    return () => clearInterval(timer)
  }, [links])
  return (
    <div className="page">
      <div className="page-head">
        <h1>Network</h1>
      </div>
      {status === null ? null : <Warnings status={status} />}
      {state.phase === 'failed' ? (
        <Failed title="The links could not be read" problem={state.problem} onRetry={() => void links.load()} />
      ) : null}
      {state.phase === 'loading' || state.phase === 'idle' ? <Loading label="Loading the links" /> : null}
      {state.phase === 'ready' && state.value.length === 0 ? (
        <Empty title="No peer is connected">
          <p>
            Peers of this network are found by mDNS, others through the bootstrap addresses of the settings. Each
            connection appears here with its address, encryption and latency.
          </p>
        </Empty>
      ) : null}
      {state.phase === 'ready' && state.value.length > 0 ? (
        <section aria-label="Links">
          <DataTable label="Connected peers" columns={columns} items={state.value} idOf={idOf} />
        </section>
      ) : null}
      {status === null ? null : <Counters status={status} />}
    </div>
  )
}

function Warnings({ status }: { readonly status: SystemStatusView }) {
  if (status.warnings.length === 0) return null
  return (
    <ul className="warnings" aria-label="Warnings">
      {status.warnings.map(({ code, message }) => (
        <li key={`${code} ${message}`} className="warning">
          <span className="level-look">
            <LevelMark level="look" />
          </span>
          <span>
            {message} <span className="dim mono">{code}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

/** What was accepted, refused, dropped and tried again, by reason. */
function Counters({ status }: { readonly status: SystemStatusView }) {
  const entries = Object.entries(status.counters).sort(([a], [b]) => a.localeCompare(b))
  const { alive, suspect, gone, unknown } = status.machines
  return (
    <div className="columns">
      <section className="panel">
        <h2>This peer now</h2>
        <dl className="facts">
          <dt>Connections</dt>
          <dd>{formatCount(status.links)}</dd>
          <dt>Machines</dt>
          <dd>
            {alive} alive, {suspect} suspect, {gone} gone, {unknown} unknown
          </dd>
          <dt>Live records</dt>
          <dd>{formatCount(status.records)}</dd>
          <dt>As of</dt>
          <dd>
            <Age atMs={status.atMs} />
          </dd>
        </dl>
      </section>
      <section className="panel">
        <h2>Counted since it started</h2>
        {entries.length === 0 ? (
          <p className="dim">Nothing yet: records taken in, refused or dropped are counted here by reason.</p>
        ) : null}
        <dl className="facts counters">
          {entries.map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt className="mono">{name}</dt>
              <dd>{formatCount(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  )
}
