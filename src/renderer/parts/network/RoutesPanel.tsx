import { Button, TextInput } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { RouteView } from '../../../shared/network-views.ts'
import { formatUntil, plural } from '../../format.ts'
import { useNow } from '../../state/clock.ts'
import { useStores } from '../../state/context.ts'
import { peerOf, usePeerName, withShortIds } from '../../state/use-peer-name.ts'
import { useAct } from '../../state/use-act.ts'
import { Age } from '../Age.tsx'
import { Asked } from '../Asked.tsx'
import { DataTable, type Column } from '../DataTable.tsx'
import { ProblemNote } from '../Problem.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { Empty } from '../States.tsx'

/** Learned routes come and go with traffic. */
const refreshMs = 5_000

const sources: Readonly<Record<RouteView['source'], string>> = {
  set: 'set by hand',
  learned: 'learned from traffic',
  link: 'a direct link',
}

const idOf = (route: RouteView): string => `${route.prefix} ${route.next} ${route.source}`

/** Which way addressed messages go. */
export function RoutesPanel() {
  const { routes, bridge } = useStores()
  const columns = useMemo(
    () =>
      columnsOf((route) => {
        bridge.api.network
          .removeRoute({ prefix: route.prefix })
          .then((after) => routes.set(after))
          .catch(sayFailed('The route was not removed'))
      }),
    [bridge, routes],
  )
  return (
    <div className="stack">
      <p className="dim">
        An addressed message goes where the longest prefix that fits leads. <code className="mono">$0</code> stands for
        what was matched.
      </p>
      <Asked
        of={routes}
        everyMs={refreshMs}
        failed="The routes could not be read"
        loading="Loading the routes"
        rows={4}
      >
        {(known) =>
          known.length === 0 ? (
            <Empty title="No routes yet">
              <p>They are learned from messages that pass; one can also be set below.</p>
            </Empty>
          ) : (
            <DataTable label="Routes" columns={columns} items={known} idOf={idOf} />
          )
        }
      </Asked>
      <AddRoute />
    </div>
  )
}

/** An address, and after it whose it is. */
function Address({ address }: { readonly address: string }) {
  const name = usePeerName(peerOf(address))
  const text = withShortIds(address)
  return (
    <>
      {text} {name === '' || text.includes(name) ? null : <span className="dim">{name}</span>}
    </>
  )
}

function AddRoute() {
  const { bridge, routes } = useStores()
  const { busy, problem, run } = useAct()
  const [prefix, setPrefix] = useState('')
  const [next, setNext] = useState('')
  const set = (): void =>
    run(async () => {
      routes.set(await bridge.api.network.setRoute({ prefix: prefix.trim(), next: next.trim() }))
      setPrefix('')
      setNext('')
    })
  return (
    <form
      className="panel"
      aria-label="Set a route"
      onSubmit={(event) => {
        event.preventDefault()
        set()
      }}
    >
      <h2>Set a route</h2>
      <div className="inline">
        <TextInput
          label="Prefix"
          placeholder="/dswarm/12D3KooW…/brain"
          value={prefix}
          maxLength={512}
          classNames={{ input: 'mono' }}
          style={{ flex: '1 1 18rem' }}
          onChange={(event) => setPrefix(event.currentTarget.value)}
        />
        <TextInput
          label="Next hop"
          placeholder="/ip4/192.168.1.9/tcp/4181/dswarm-line/$0"
          value={next}
          maxLength={1_024}
          classNames={{ input: 'mono' }}
          style={{ flex: '1 1 18rem' }}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" disabled={prefix.trim() === '' || next.trim() === ''} loading={busy}>
          Set
        </Button>
      </div>
      <ProblemNote problem={problem} />
    </form>
  )
}

function Ends({ route }: { readonly route: RouteView }) {
  const nowMs = useNow()
  return route.expiresAtMs === null ? (
    <span className="dim">{route.source === 'link' ? 'with the link' : 'stays'}</span>
  ) : (
    <span>{formatUntil(route.expiresAtMs, nowMs)}</span>
  )
}

function columnsOf(remove: (route: RouteView) => void): readonly Column<RouteView>[] {
  return [
    {
      key: 'prefix',
      label: 'Prefix',
      widthRem: 20,
      cell: (route) => (
        <span className="mono" title={route.prefix}>
          <Address address={route.prefix} />
        </span>
      ),
    },
    {
      key: 'next',
      label: 'Next hop',
      widthRem: 20,
      cell: (route) => (
        <span className="mono" title={route.next}>
          {withShortIds(route.next)}
        </span>
      ),
    },
    { key: 'source', label: 'Source', widthRem: 9, cell: (route) => sources[route.source] },
    {
      key: 'hops',
      label: 'Hops',
      widthRem: 5,
      minor: true,
      cell: (route) => (route.hops === null ? <span className="dim">–</span> : plural(route.hops, 'hop')),
    },
    { key: 'ends', label: 'Ends', widthRem: 6, minor: true, cell: (route) => <Ends route={route} /> },
    {
      key: 'used',
      label: 'Used',
      widthRem: 6,
      minor: true,
      cell: (route) => (route.usedAtMs === null ? <span className="dim">never</span> : <Age atMs={route.usedAtMs} />),
    },
    {
      key: 'acts',
      label: '',
      widthRem: 6,
      right: true,
      cell: (route) =>
        route.source === 'set' ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            className="danger"
            aria-label={`Remove the route ${route.prefix}`}
            onClick={() => remove(route)}
          >
            Remove
          </Button>
        ) : null,
    },
  ]
}
