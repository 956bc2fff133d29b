import { SegmentedControl } from '@mantine/core'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import type { GraphView } from '../../../shared/network-views.ts'
import { useStores } from '../../state/context.ts'
import { graphWords, groupName, matchesNode, rowsOf } from '../../state/graph-model.ts'
import { valueIn } from '../../state/live-value.ts'
import { useLive } from '../../state/use-live.ts'
import { SearchField } from '../SearchField.tsx'
import { Empty, Failed, Loading } from '../States.tsx'
import { LevelMark } from '../StatusMark.tsx'
import { GraphList } from './GraphList.tsx'
import { GraphNodePanel } from './GraphNodePanel.tsx'
import { hasWebGl } from './web-gl.ts'

/** Made when it is first wanted: what draws a graph is a third of the whole window. */
const GraphPicture = lazy(async () => ({ default: (await import('./GraphPicture.tsx')).GraphPicture }))

/** Who hears whom, as a picture or as a list. */
export function GraphPanel() {
  const { graph } = useStores()
  const live = useLive(graph)
  const value = valueIn(live)
  if (live.phase === 'failed') {
    return <Failed title="The graph could not be read" problem={live.problem} onRetry={graph.retry} />
  }
  if (value === null) return <Loading label="Loading the graph" rows={1} heightRem={24} />
  if (value.nodes.length < 2) {
    return (
      <Empty title="Nobody else is here yet">
        <p>Once other machines are heard, this shows who hears whom, over which channel, and where the swarm is cut.</p>
      </Empty>
    )
  }
  return <GraphReady graph={value} />
}

function GraphReady({ graph }: { readonly graph: GraphView }) {
  const [drawable] = useState(hasWebGl)
  const [view, setView] = useState<'picture' | 'list'>('picture')
  const [find, setFind] = useState('')
  const [chosen, setChosen] = useState<PeerId | null>(null)
  const rows = useMemo(() => rowsOf(graph), [graph])
  const row = rows.find((one) => one.node.peer === chosen) ?? null
  const found = useMemo(
    () => graph.nodes.filter((node) => matchesNode(node, find)).map((node) => node.peer),
    [graph, find],
  )
  const picture = drawable && view === 'picture'
  const listed = find.trim() === '' ? rows : rows.filter((one) => found.includes(one.node.peer))
  return (
    <div className="stack">
      <Partitions graph={graph} />
      <search className="toolbar" aria-label="Find in the graph">
        <SearchField label="Find a machine" value={find} onChange={setFind} />
        {find.trim() === '' ? null : (
          <output className="dim">{found.length === 0 ? 'no machine of that name' : `${found.length} found`}</output>
        )}
        <span className="toolbar-end">
          {drawable ? (
            <SegmentedControl
              size="xs"
              aria-label="View of the graph"
              value={view}
              data={[
                { value: 'picture', label: 'Graph' },
                { value: 'list', label: 'List' },
              ]}
              onChange={(value: string) => setView(value === 'list' ? 'list' : 'picture')}
            />
          ) : (
            <span className="dim">
              This browser draws no WebGL, which the picture needs: here is the same as a list.
            </span>
          )}
        </span>
      </search>
      {picture ? (
        <>
          <p className="sr-only">{graphWords(graph)} The list has the same in words.</p>
          <div className="split" data-open={row !== null}>
            <Suspense fallback={<Loading label="Loading the picture" rows={1} heightRem={24} />}>
              <GraphPicture graph={graph} found={found} chosen={chosen} onChoose={setChosen} />
            </Suspense>
            {row === null ? null : <GraphNodePanel row={row} onChoose={setChosen} onClose={() => setChosen(null)} />}
          </div>
        </>
      ) : (
        <>
          <p className="dim">{graphWords(graph)}</p>
          <GraphList rows={listed} grouped={graph.partitions.length > 1} />
        </>
      )}
    </div>
  )
}

/** Says where the swarm is cut. */
function Partitions({ graph }: { readonly graph: GraphView }) {
  if (graph.partitions.length < 2) return null
  return (
    <div className="warning" role="status">
      <LevelMark level="look" />
      <span className="warning-text">
        <strong>The swarm is cut into {graph.partitions.length} groups</strong> between which no path is known:{' '}
        {graph.partitions
          .slice(0, 8)
          .map((group, i) => `group ${i + 1}: ${groupName(graph, group)}`)
          .join('; ')}
        {graph.partitions.length > 8 ? '; …' : ''}. What one group signs does not reach the others until they hear each
        other again.
      </span>
    </div>
  )
}
