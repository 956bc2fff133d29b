import Graph from 'graphology'
import Sigma from 'sigma'
import type { PeerId } from '../../../shared/ids.ts'
import { isPeerId } from '../../../shared/ids.ts'
import type { GraphView } from '../../../shared/network-views.ts'
import { placesOf } from '../../state/graph-model.ts'
import type { LayoutRound, LayoutTask } from '../../state/layout.ts'
import { letDrag } from './drag-node.ts'
import { drawGroups, type GroupOutline } from './group-outlines.ts'
import { readPalette, type Palette } from './palette-of-page.ts'
import { runLayout } from './run-layout.ts'

export interface Picture {
  /** Takes a graph, or its successor: machines that were there stay where they are. */
  draw(graph: GraphView): void
  highlight(chosen: PeerId | null, found: readonly PeerId[]): void
  /** Reads the colours of the page anew. */
  recolour(): void
  zoom(factor: number): void
  fit(): void
  /** Forgets where machines were put, and lays them all out again. */
  arrange(): void
  stop(): void
}

/** Where a newcomer is put first: by its number on a spiral, so that a picture is the same each time. */
function spiral(i: number): { readonly x: number; readonly y: number } {
  const angle = i * 2.399963
  const radius = 4 * Math.sqrt(i + 1)
  return { x: Math.cos(angle) * radius, y: Math.sin(angle) * radius }
}

/** A picture is at least so wide, in units of the layout: a few ties. */
const minSpan = 26

function extentOf(values: readonly number[]): [number, number] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = Math.max(0, (minSpan - (high - low)) / 2)
  return [low - room, high + room]
}

/** Draws a graph into an element, by WebGL. */
export function createPicture(element: HTMLElement, onChoose: (peer: PeerId | null) => void): Picture {
  const drawn = new Graph({ type: 'mixed', multi: true })
  let palette: Palette = readPalette()
  let view: GraphView | null = null
  let chosen: string | null = null
  let found: ReadonlySet<string> = new Set()
  let near: ReadonlySet<string> = new Set()
  let stopLayout = (): void => undefined
  let structure = ''
  let ended = false

  const sigma = new Sigma(drawn, element, {
    allowInvalidContainer: true,
    renderEdgeLabels: false,
    labelFont: 'system-ui, sans-serif',
    labelSize: 12,
    labelRenderedSizeThreshold: 5,
    labelDensity: 0.7,
    // Room for the labels of those at the right edge.
    stagePadding: 70,
    minCameraRatio: 0.02,
    maxCameraRatio: 6,
    zIndex: true,
    nodeReducer: (node, data) => {
      if (chosen === null && found.size === 0) return data
      if (node === chosen || found.has(node)) return { ...data, highlighted: true, forceLabel: true, zIndex: 2 }
      if (chosen !== null && near.has(node)) return { ...data, forceLabel: true, zIndex: 1 }
      return { ...data, color: palette.faded, label: '', zIndex: 0 }
    },
    edgeReducer: (edge, data) => {
      if (chosen === null) return data
      const [from, to] = drawn.extremities(edge)
      return from === chosen || to === chosen ? { ...data, color: palette.text, zIndex: 1 } : { ...data, hidden: true }
    },
  })
  // Below the rest. Sized here, for Sigma sizes only the layers that it draws itself.
  const outlines = sigma.createCanvas('groups', { beforeLayer: 'edges', style: { position: 'absolute' } })

  const apply = (): void => {
    sigma.setSettings({
      labelColor: { color: palette.text },
      defaultEdgeColor: palette.edge,
      defaultNodeColor: palette.unknown,
      defaultDrawNodeHover: (context, data, settings) => {
        const size = settings.labelSize
        context.font = `600 ${size}px ${settings.labelFont}`
        const label = data.label ?? ''
        const width = context.measureText(label).width
        context.fillStyle = palette.panel
        context.strokeStyle = palette.line
        context.beginPath()
        context.roundRect(data.x - data.size - 4, data.y - size, width + data.size * 2 + 16, size * 2, 6)
        context.fill()
        context.stroke()
        context.fillStyle = palette.text
        context.fillText(label, data.x + data.size + 4, data.y + size / 3)
      },
    })
  }
  apply()

  sigma.on('clickNode', ({ node }) => {
    if (isPeerId(node)) onChoose(node)
  })
  sigma.on('clickStage', () => onChoose(null))
  const drag = letDrag(sigma, drawn)
  sigma.on('afterRender', () => {
    drawGroups(outlines, groupsNow(), sigma.getDimensions(), palette)
  })

  /** The points of each partition on the screen, where there is more than one. */
  const groupsNow = (): readonly GroupOutline[] => {
    if (view === null || view.partitions.length < 2) return []
    return view.partitions.map((group, i) => ({
      name: `group ${i + 1}`,
      points: group
        .filter((peer) => drawn.hasNode(peer))
        .map((peer) => sigma.graphToViewport({ x: at(peer, 'x'), y: at(peer, 'y') })),
    }))
  }

  const at = (node: string, axis: 'x' | 'y'): number => Number(drawn.getNodeAttribute(node, axis))

  /** What is in the picture: all machines, and for a few of them room around, so that two do not stand in its corners. */
  const frame = (): void => {
    const xs = drawn.mapNodes((node) => at(node, 'x'))
    const ys = drawn.mapNodes((node) => at(node, 'y'))
    if (xs.length === 0) return
    sigma.setCustomBBox({ x: extentOf(xs), y: extentOf(ys) })
  }

  const layOut = (): void => {
    stopLayout()
    const order = drawn.nodes()
    const numbers = new Map(order.map((node, i) => [node, i]))
    const groups: ReadonlyMap<string, number> = view === null ? new Map() : placesOf(view)
    const task: LayoutTask = {
      x: Float32Array.from(order, (node) => at(node, 'x')),
      y: Float32Array.from(order, (node) => at(node, 'y')),
      fixed: Uint8Array.from(order, (node) => (drawn.getNodeAttribute(node, 'fixed') === true ? 1 : 0)),
      group: Uint16Array.from(order, (node) => groups.get(node) ?? 0),
      ties: Uint32Array.from(
        drawn.mapEdges((_edge, _attributes, from, to) => [numbers.get(from) ?? 0, numbers.get(to) ?? 0]).flat(),
      ),
    }
    stopLayout = runLayout(task, (round: LayoutRound) => {
      if (ended) return
      drawn.updateEachNodeAttributes((node, attributes) => {
        const i = numbers.get(node)
        if (i === undefined || attributes['fixed'] === true) return attributes
        return { ...attributes, x: round.x[i] ?? 0, y: round.y[i] ?? 0 }
      })
      if (!drag.active()) frame()
    })
  }

  const paint = (): void => {
    if (view === null) return
    const many = view.nodes.length > 150
    for (const node of view.nodes) {
      const marks = [
        ...(node.self ? ['this peer'] : []),
        ...(node.status === 'alive' ? [] : [node.status]),
        ...(node.standing === 'stranger' || node.standing === 'revoked' ? [node.standing] : []),
      ]
      drawn.mergeNodeAttributes(node.peer, {
        label: marks.length === 0 ? node.name : `${node.name} (${marks.join(', ')})`,
        size: node.self ? 9 : many ? 5 : 7,
        color: palette.ofNode(node),
        forceLabel: node.self,
      })
    }
    drawn.forEachEdge((edge, { channel }) => drawn.setEdgeAttribute(edge, 'color', palette.ofChannel(String(channel))))
  }

  return {
    draw: (graph) => {
      view = graph
      const peers = new Set<string>(graph.nodes.map((node) => node.peer))
      for (const node of drawn.nodes()) if (!peers.has(node)) drawn.dropNode(node)
      graph.nodes.forEach((node, i) => {
        if (!drawn.hasNode(node.peer)) drawn.addNode(node.peer, { ...spiral(i), size: 6, label: node.name })
      })
      drawn.clearEdges()
      for (const { from, to, both, channel } of graph.edges) {
        if (!drawn.hasNode(from) || !drawn.hasNode(to)) continue
        drawn.addDirectedEdge(from, to, { channel, type: both ? 'line' : 'arrow', size: both ? 1.2 : 1.8 })
      }
      paint()
      near = chosen !== null && drawn.hasNode(chosen) ? new Set(drawn.neighbors(chosen)) : new Set()
      // Only who is there and who is tied to whom moves the picture: not a status, not a latency.
      const now = `${[...peers].sort().join(' ')}|${graph.edges
        .map(({ from, to }) => `${from}${to}`)
        .sort()
        .join(' ')}|${graph.partitions.map((group) => group.length).join(' ')}`
      if (now !== structure) layOut()
      structure = now
      if (sigma.getCustomBBox() === null) frame()
    },
    highlight: (peer, peers) => {
      chosen = peer
      found = new Set(peers)
      near = peer !== null && drawn.hasNode(peer) ? new Set(drawn.neighbors(peer)) : new Set()
      sigma.refresh({ skipIndexation: true })
      const [only] = peers
      if (peers.length === 1 && only !== undefined && drawn.hasNode(only)) {
        const display = sigma.getNodeDisplayData(only)
        if (display !== undefined)
          void sigma.getCamera().animate({ x: display.x, y: display.y, ratio: 0.4 }, { duration: 250 })
      }
    },
    recolour: () => {
      palette = readPalette()
      apply()
      paint()
      sigma.refresh()
    },
    zoom: (factor) => {
      const camera = sigma.getCamera()
      void camera.animate({ ratio: camera.ratio * factor }, { duration: 150 })
    },
    fit: () => void sigma.getCamera().animatedReset({ duration: 200 }),
    arrange: () => {
      drawn.updateEachNodeAttributes((_, attributes) => ({ ...attributes, fixed: false }))
      layOut()
    },
    stop: () => {
      ended = true
      stopLayout()
      drag.undo()
      sigma.kill()
    },
  }
}
