import type { LinkView } from '../../shared/views.ts'
import { shortId } from '../format.ts'
import { hrefOf } from '../route.ts'
import { Age } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'
import { DataTable, type Column } from './DataTable.tsx'
import { ReachButton } from './network/ReachButton.tsx'
import { NamedPeer } from './PeerName.tsx'

function encryptionOf(link: LinkView): string {
  const { encryption, transport } = link
  if (encryption === null) return transport === 'quic' ? 'TLS, in QUIC' : 'not said'
  return encryption.includes('tls') ? 'TLS' : encryption.replaceAll('/', '')
}

const columns: readonly Column<LinkView>[] = [
  {
    key: 'name',
    label: 'Peer',
    widthRem: 14.5,
    cell: (link) => (
      <NamedPeer peer={link.peer}>
        <a
          className="clip"
          dir="auto"
          href={hrefOf({ page: 'robot', peer: link.peer, tab: 'link' })}
          data-nav-item
          title={`${link.name ?? 'not announced yet'}, ${link.peer}`}
        >
          {link.name ?? shortId(link.peer)}
        </a>
      </NamedPeer>
    ),
  },
  {
    key: 'role',
    minor: true,
    label: 'Role',
    widthRem: 5,
    cell: (link) => link.role ?? <span className="dim">unknown</span>,
  },
  { key: 'transport', label: 'Over', widthRem: 4, cell: (link) => link.transport },
  { key: 'encryption', minor: true, label: 'Encrypted by', widthRem: 7, cell: encryptionOf },
  {
    key: 'direction',
    label: 'Dialled by',
    widthRem: 6,
    cell: (link) => (link.direction === 'outbound' ? 'us' : 'them'),
  },
  {
    key: 'latency',
    label: 'Latency',
    widthRem: 5.5,
    right: true,
    cell: (link) =>
      link.latencyMs === null ? (
        <span className="dim" title="not measured yet">
          –
        </span>
      ) : (
        <span className="live">{link.latencyMs.toFixed(1)} ms</span>
      ),
  },
  { key: 'since', minor: true, label: 'Since', widthRem: 6, cell: (link) => <Age atMs={link.sinceMs} /> },
  {
    key: 'address',
    label: 'Address',
    widthRem: 18,
    cell: (link) => (
      <span className="named">
        <span className="mono clip" title={link.address}>
          {link.address}
        </span>
        <CopyIcon text={link.address} label={`Copy address of ${link.name ?? link.peer}`} />
      </span>
    ),
  },
  {
    key: 'acts',
    label: '',
    widthRem: 8,
    right: true,
    cell: (link) => <ReachButton peer={link.peer} name={link.name ?? shortId(link.peer)} />,
  },
]

const idOf = (link: LinkView): string => `${link.peer} ${link.address} ${link.direction}`

/** The connections of this peer. */
export function LinksTable({ links }: { readonly links: readonly LinkView[] }) {
  return <DataTable label="Connected peers" columns={columns} items={links} idOf={idOf} />
}
