import { expect, test } from 'vitest'
import type { GraphView } from '../../shared/network-views.ts'
import { hullOf } from '../parts/network/group-outlines.ts'
import { fakePeer } from '../testing/fake-ids.ts'
import { fakeGraph } from '../testing/fake-network.ts'
import { fakeMachine } from '../testing/fake-views.ts'
import { graphWords, groupName, placesOf, rowsOf } from './graph-model.ts'
import { createLayout } from './layout.ts'

const nowMs = 1_800_000_000_000
const machines = Array.from({ length: 6 }, (_, i) => fakeMachine(i, nowMs))
const nodes = fakeGraph(machines, nowMs).nodes

function edge(from: number, to: number, change: Partial<GraphView['edges'][number]> = {}): GraphView['edges'][number] {
  return {
    from: fakePeer(from),
    to: fakePeer(to),
    channel: 'gossip',
    both: true,
    latencyMs: null,
    saidAtMs: nowMs,
    ...change,
  }
}

test('a tie over two channels is one tie, with the shorter latency', () => {
  const graph = {
    nodes,
    edges: [edge(1, 2, { latencyMs: 9 }), edge(2, 1, { channel: 'udp', both: false, latencyMs: 4 })],
    partitions: [],
  }
  const one = rowsOf(graph).find((row) => row.node.peer === fakePeer(1))
  expect(one?.ties).toEqual([
    { peer: fakePeer(2), name: 'duckie02', hears: true, heard: true, channels: ['gossip', 'udp'], latencyMs: 4 },
  ])
})

test('one that hears and is not heard is told from one that is heard', () => {
  const graph = { nodes, edges: [edge(1, 2, { both: false })], partitions: [] }
  const tieOf = (index: number) => rowsOf(graph).find((row) => row.node.peer === fakePeer(index))?.ties[0]
  expect(tieOf(1)).toMatchObject({ hears: true, heard: false })
  expect(tieOf(2)).toMatchObject({ hears: false, heard: true })
})

test('says in words where the swarm is cut', () => {
  const partitions = [
    [fakePeer(0), fakePeer(1), fakePeer(2)],
    [fakePeer(4), fakePeer(5)],
  ]
  const graph = { nodes, edges: [edge(0, 1), edge(1, 0)], partitions }
  expect(groupName(graph, partitions[0] ?? [])).toBe('duckie00, duckie01 and 1 more')
  expect(graphWords(graph)).toBe(
    '6 machines, 1 pair that hear each other. 2 groups between which no path is known: duckie00, duckie01 and 1 more; duckie04 and duckie05.',
  )
})

test('an outline holds all points, and no inner one', () => {
  const corners = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 10, y: 10 },
    { x: 0, y: 10 },
  ]
  expect(new Set(hullOf([{ x: 5, y: 5 }, ...corners, { x: 3, y: 7 }]))).toEqual(new Set(corners))
  expect(hullOf([{ x: 1, y: 1 }])).toEqual([{ x: 1, y: 1 }])
})

test('groups stand side by side, however they lay before', () => {
  const count = 40
  const half = (i: number): number => (i < count / 2 ? 1 : 2)
  const numbers = Array.from({ length: count }, (_, i) => i)
  const layout = createLayout({
    x: Float32Array.from(numbers, (i) => Math.cos(i) * 9),
    y: Float32Array.from(numbers, (i) => Math.sin(i) * 9),
    fixed: new Uint8Array(count),
    // Each with the next in its group; one tie between the groups, which does not pull them together.
    ties: Uint32Array.from([
      ...numbers.slice(1).flatMap((i) => (half(i) === half(i - 1) ? [i - 1, i] : [])),
      0,
      count - 1,
    ]),
    group: Uint16Array.from(numbers, half),
  })
  const { x } = layout.round(50)
  expect(Math.max(...x.slice(0, count / 2))).toBeLessThan(Math.min(...x.slice(count / 2)))
})

test('one that fell silent is drawn with whom it was tied to', () => {
  const partitions = [[fakePeer(0)], [fakePeer(4)]]
  const places = placesOf({ nodes, edges: [edge(4, 5, { both: false })], partitions })
  expect(places.get(fakePeer(5))).toBe(2)
  expect(places.get(fakePeer(2))).toBe(3)
  expect(placesOf({ nodes, edges: [], partitions: [[fakePeer(0)]] }).size).toBe(0)
})

test('the layout leaves where it is what a person put there, and moves the rest apart', () => {
  const layout = createLayout({
    x: Float32Array.of(0, 1, 1.5, 2),
    y: Float32Array.of(0, 1, 0.5, 2),
    fixed: Uint8Array.of(1, 0, 0, 0),
    ties: Uint32Array.of(0, 1, 1, 2, 2, 3),
    group: new Uint16Array(4),
  })
  const { x, y } = layout.round(100)
  expect([x[0], y[0]]).toEqual([0, 0])
  const apart = Math.hypot((x[3] ?? 0) - (x[1] ?? 0), (y[3] ?? 0) - (y[1] ?? 0))
  expect(apart).toBeGreaterThan(3)
  expect([...x, ...y].every((value) => Number.isFinite(value))).toBe(true)
})
