import Graph from 'graphology'
import forceAtlas2 from 'graphology-layout-forceatlas2'

/** What the layout is given: nodes by number, with where they are now; ties by the numbers of their ends. */
export interface LayoutTask {
  readonly x: Float32Array
  readonly y: Float32Array
  /** 1 where a person put the node: it stays. */
  readonly fixed: Uint8Array
  readonly ties: Uint32Array
}

/** Positions after one round, in the order of the nodes. */
export interface LayoutRound {
  readonly x: Float32Array
  readonly y: Float32Array
}

function graphOf({ x, y, fixed, ties }: LayoutTask): Graph {
  const graph = new Graph({ type: 'undirected', multi: false })
  for (let i = 0; i < x.length; i += 1) {
    graph.addNode(String(i), { x: x[i] ?? 0, y: y[i] ?? 0, fixed: fixed[i] === 1 })
  }
  for (let i = 0; i + 1 < ties.length; i += 2) graph.mergeEdge(String(ties[i]), String(ties[i + 1]))
  return graph
}

/**
 * ForceAtlas2 in rounds of some iterations, so that whoever runs it can draw in between and stop.
 * Between rounds the algorithm forgets how fast each node moved: rounds of one iteration would tremble.
 */
export function createLayout(task: LayoutTask): { readonly round: (iterations: number) => LayoutRound } {
  const graph = graphOf(task)
  const inferred = forceAtlas2.inferSettings(graph)
  const settings = { ...inferred, gravity: 0.6, scalingRatio: 12, barnesHutOptimize: graph.order > 400 }
  return {
    round: (iterations) => {
      forceAtlas2.assign(graph, { iterations, settings })
      const x = new Float32Array(graph.order)
      const y = new Float32Array(graph.order)
      graph.forEachNode((node, attributes) => {
        x[Number(node)] = Number(attributes['x'])
        y[Number(node)] = Number(attributes['y'])
      })
      return { x, y }
    },
  }
}

/** How many rounds settle a graph of that size, and how long each is: larger graphs move slower. */
export function roundsFor(order: number): { readonly rounds: number; readonly iterations: number } {
  return order > 400 ? { rounds: 30, iterations: 20 } : { rounds: 24, iterations: 25 }
}
