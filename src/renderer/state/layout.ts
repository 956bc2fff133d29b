import Graph from 'graphology'
import forceAtlas2 from 'graphology-layout-forceatlas2'

/** What the layout is given: nodes by number, with where they are now; ties by the numbers of their ends. */
export interface LayoutTask {
  readonly x: Float32Array
  readonly y: Float32Array
  /** 1 where a person put the node: it stays. */
  readonly fixed: Uint8Array
  readonly ties: Uint32Array
  /** Which nodes belong together: groups are laid out by themselves, and stand side by side. */
  readonly group: Uint16Array
}

/** Positions after one round, in the order of the nodes. */
export interface LayoutRound {
  readonly x: Float32Array
  readonly y: Float32Array
}

interface Part {
  readonly graph: Graph
  readonly settings: ReturnType<typeof forceAtlas2.inferSettings>
}

/** Between two groups so much is free, in units of the layout. */
const gap = 30

/** A graph for each group. The forces of one would else pull the other into it. */
function partsOf({ x, y, fixed, ties, group }: LayoutTask): readonly Part[] {
  const graphs = new Map<number, Graph>()
  for (const no of [...new Set(group)].sort((a, b) => a - b)) graphs.set(no, new Graph({ type: 'undirected' }))
  const alone = graphs.size === 1
  for (const [no, graph] of graphs) {
    const own = [...x.keys()].filter((i) => group[i] === no)
    // Gravity pulls to the middle of its own group, not to that of all.
    const middleX = alone ? 0 : own.reduce((sum, i) => sum + (x[i] ?? 0), 0) / own.length
    const middleY = alone ? 0 : own.reduce((sum, i) => sum + (y[i] ?? 0), 0) / own.length
    for (const i of own) {
      graph.addNode(String(i), { x: (x[i] ?? 0) - middleX, y: (y[i] ?? 0) - middleY, fixed: fixed[i] === 1 })
    }
  }
  for (let i = 0; i + 1 < ties.length; i += 2) {
    const [from = 0, to = 0] = ties.subarray(i, i + 2)
    if (group[from] === group[to] && from !== to) graphs.get(group[from] ?? 0)?.mergeEdge(String(from), String(to))
  }
  return [...graphs.values()].map((graph) => ({
    graph,
    settings: {
      ...forceAtlas2.inferSettings(graph),
      gravity: 0.6,
      scalingRatio: 12,
      barnesHutOptimize: graph.order > 400,
    },
  }))
}

/**
 * ForceAtlas2 in rounds of some iterations, so that whoever runs it can draw in between and stop.
 * Between rounds the algorithm forgets how fast each node moved: rounds of one iteration would tremble.
 */
export function createLayout(task: LayoutTask): { readonly round: (iterations: number) => LayoutRound } {
  const parts = partsOf(task)
  return {
    round: (iterations) => {
      const x = new Float32Array(task.x.length)
      const y = new Float32Array(task.y.length)
      let rightEnd: number | null = null
      for (const { graph, settings } of parts) {
        if (graph.order > 1) forceAtlas2.assign(graph, { iterations, settings })
        const xs = graph.mapNodes((_, attributes) => Number(attributes['x']))
        // The first stays where it is; each further one begins where the one before it ends.
        const shift: number = rightEnd === null ? 0 : rightEnd + gap - Math.min(...xs)
        rightEnd = Math.max(...xs) + shift
        graph.forEachNode((node, attributes) => {
          x[Number(node)] = Number(attributes['x']) + shift
          y[Number(node)] = Number(attributes['y'])
        })
      }
      return { x, y }
    },
  }
}

/** How many rounds settle a graph of that size, and how long each is: larger graphs move slower. */
export function roundsFor(order: number): { readonly rounds: number; readonly iterations: number } {
  return order > 400 ? { rounds: 30, iterations: 20 } : { rounds: 24, iterations: 25 }
}
