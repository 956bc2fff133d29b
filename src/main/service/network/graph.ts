import type { PeerId } from '../../../shared/ids.ts'
import type { GraphView } from '../../../shared/network-views.ts'
import type { MachineView } from '../../../shared/views.ts'
import type { HeardLink } from './links-record.ts'

/** What one peer says of its neighbours. */
export interface SaidLinks {
  readonly links: readonly HeardLink[]
  readonly saidAtMs: number
  readonly untilMs: number
}

export type GraphMachine = Pick<
  MachineView,
  'peer' | 'name' | 'self' | 'role' | 'status' | 'standing' | 'simulated' | 'lastHeardFrom'
>

/** Who hears whom, and which machines that are there have no way to each other. Peers that are no machines are left out. */
export function graphOf(
  machines: readonly GraphMachine[],
  said: ReadonlyMap<PeerId, SaidLinks>,
): Pick<GraphView, 'nodes' | 'edges' | 'partitions'> {
  const known = new Map(machines.map((machine) => [machine.peer, machine]))
  const edges = new Map<string, GraphView['edges'][number]>()
  for (const [from, { links, saidAtMs }] of said) {
    if (!known.has(from)) continue
    for (const { peer: to, channel, latencyMs } of links) {
      if (to === from || !known.has(to)) continue
      const back = edges.get(`${to} ${from} ${channel}`)
      const key = `${from} ${to} ${channel}`
      if (back !== undefined) {
        edges.set(`${to} ${from} ${channel}`, {
          ...back,
          both: true,
          latencyMs: back.latencyMs ?? latencyMs,
          saidAtMs: Math.max(back.saidAtMs, saidAtMs),
        })
      } else if (!edges.has(key)) edges.set(key, { from, to, channel, both: false, latencyMs, saidAtMs })
    }
  }
  const nodes = machines.map(({ peer, name, self, role, status, standing, simulated }) => ({
    peer,
    name,
    self,
    role,
    status,
    standing,
    simulated,
  }))
  return { nodes, edges: [...edges.values()], partitions: partitionsOf(machines, [...edges.values()]) }
}

/**
 * Groups of machines that are there, the largest first; one that says nothing of its links hangs on who told of it. Only
 * what both sides say, or this peer sees itself, is a way: else one that lies could hide that the swarm is cut apart.
 */
function partitionsOf(machines: readonly GraphMachine[], edges: GraphView['edges']): PeerId[][] {
  const alive = machines.filter(({ status, self }) => self || status === 'alive')
  const parents = new Map<PeerId, PeerId>(alive.map(({ peer }) => [peer, peer]))
  const rootOf = (peer: PeerId): PeerId => {
    let root = peer
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
      root = parent
    // Straightened, so that a long chain is walked once.
    for (let at = peer; at !== root;) {
      const next = parents.get(at) ?? root
      parents.set(at, root)
      at = next
    }
    return root
  }
  const unite = (a: PeerId, b: PeerId): void => {
    if (parents.has(a) && parents.has(b)) parents.set(rootOf(a), rootOf(b))
  }
  const linked = new Set<PeerId>()
  const self = alive.find((machine) => machine.self)?.peer
  // Each by a channel of its own is a way too.
  const oneWay = new Set(edges.filter(({ both }) => !both).map(({ from, to }) => `${from} ${to}`))
  for (const { from, to, both } of edges) {
    if (!both && from !== self && !oneWay.has(`${to} ${from}`)) continue
    unite(from, to)
    if (parents.has(from) && parents.has(to)) linked.add(from).add(to)
  }
  for (const { peer, lastHeardFrom } of alive) {
    if (linked.has(peer) || peer === self) continue
    // Straight from itself: then it is a neighbour of ours.
    const by = lastHeardFrom === null || lastHeardFrom === peer ? self : lastHeardFrom
    if (by !== undefined) unite(peer, by)
  }
  const groups = Map.groupBy(
    alive.map(({ peer }) => peer),
    rootOf,
  )
  return [...groups.values()].sort((a, b) => b.length - a.length)
}
