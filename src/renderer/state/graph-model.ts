import type { PeerId } from '../../shared/ids.ts'
import type { ChannelKind, GraphView } from '../../shared/network-views.ts'
import { plural } from '../format.ts'

export type GraphNode = GraphView['nodes'][number]

/** What ties a machine to another, over all channels. */
export interface Tie {
  readonly peer: PeerId
  readonly name: string
  /** This one says that it hears the other; the other says that it hears this one. */
  readonly hears: boolean
  readonly heard: boolean
  readonly channels: readonly ChannelKind[]
  /** The shortest that one of them says. */
  readonly latencyMs: number | null
}

export interface GraphRow {
  readonly node: GraphNode
  readonly ties: readonly Tie[]
  /** The number of its partition, from 1; null when it is in none. */
  readonly group: number | null
}

/** The graph as a list: each machine with its ties. */
export function rowsOf(graph: GraphView): readonly GraphRow[] {
  const groups = groupsOf(graph)
  const names = new Map(graph.nodes.map((node) => [node.peer, node.name]))
  const ties = new Map<PeerId, Map<PeerId, Tie>>()
  const add = (from: PeerId, to: PeerId, edge: GraphView['edges'][number], hears: boolean, heard: boolean): void => {
    const own = ties.get(from) ?? new Map<PeerId, Tie>()
    ties.set(from, own)
    const known = own.get(to)
    const latencies = [known?.latencyMs ?? null, edge.latencyMs].filter((ms) => ms !== null)
    own.set(to, {
      peer: to,
      name: names.get(to) ?? to,
      hears: hears || known?.hears === true,
      heard: heard || known?.heard === true,
      channels:
        known?.channels.includes(edge.channel) === true ? known.channels : [...(known?.channels ?? []), edge.channel],
      latencyMs: latencies.length === 0 ? null : Math.min(...latencies),
    })
  }
  for (const edge of graph.edges) {
    add(edge.from, edge.to, edge, true, edge.both)
    add(edge.to, edge.from, edge, edge.both, true)
  }
  return graph.nodes
    .map((node) => ({
      node,
      ties: [...(ties.get(node.peer)?.values() ?? [])].sort((a, b) => byName.compare(a.name, b.name)),
      group: groups.get(node.peer) ?? null,
    }))
    .sort((a, b) => byName.compare(a.node.name, b.node.name))
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export function groupsOf(graph: GraphView): ReadonlyMap<PeerId, number> {
  return new Map(graph.partitions.flatMap((group, i) => group.map((peer) => [peer, i + 1] as const)))
}

/**
 * With whom each machine is drawn: its partition; one that is in none, as those that fell silent, with somebody that it
 * is tied to, else beside all. One place for all where the swarm is whole.
 */
export function placesOf(graph: GraphView): ReadonlyMap<PeerId, number> {
  if (graph.partitions.length < 2) return new Map()
  const places = new Map(groupsOf(graph))
  for (const { from, to } of graph.edges) {
    const known = places.get(from) ?? places.get(to)
    if (known === undefined) continue
    if (!places.has(from)) places.set(from, known)
    if (!places.has(to)) places.set(to, known)
  }
  // Those beside all stand last.
  for (const { peer } of graph.nodes) if (!places.has(peer)) places.set(peer, graph.partitions.length + 1)
  return places
}

/** A partition by the names in it: "duckie01, duckie02 and 5 more". */
export function groupName(graph: GraphView, group: readonly PeerId[]): string {
  const names = graph.nodes
    .filter((node) => group.includes(node.peer))
    .map((node) => node.name)
    .sort(byName.compare)
  const rest = names.length - 2
  if (rest <= 0) return names.join(' and ')
  return `${names.slice(0, 2).join(', ')} and ${rest} more`
}

/** The whole in a sentence, for those who do not see the picture. */
export function graphWords(graph: GraphView): string {
  const pairs = new Set(graph.edges.map(({ from, to }) => [from, to].sort().join(' ')))
  const parts = `${plural(graph.nodes.length, 'machine')}, ${plural(pairs.size, 'pair')} that hear each other.`
  if (graph.partitions.length < 2) return parts
  const groups = graph.partitions.map((group) => groupName(graph, group))
  return `${parts} ${graph.partitions.length} groups between which no path is known: ${groups.join('; ')}.`
}

/** Whether a machine answers to what was typed. */
export function matchesNode(node: GraphNode, words: string): boolean {
  const text = words.trim().toLowerCase()
  return text !== '' && (node.name.toLowerCase().includes(text) || node.peer.toLowerCase().includes(text))
}
