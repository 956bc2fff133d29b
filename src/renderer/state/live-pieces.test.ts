import { expect, test } from 'vitest'
import type { LiveEvent } from '../../shared/contract/live.ts'
import { createLivePieces } from './live-pieces.ts'

interface Item {
  readonly id: string
  readonly value: number
}

const idOf = ({ id }: Item): string => id
const some = (from: number, to: number, value = 1): Item[] =>
  Array.from({ length: to - from }, (_, n) => ({ id: `i${from + n}`, value }))
const snapshot = (items: readonly Item[], left = 0): LiveEvent<Item> => ({ type: 'snapshot', items, left })
const more = (items: readonly Item[], left: number): LiveEvent<Item> => ({ type: 'more', items, left })
const changes = (changed: readonly Item[], removed: readonly string[] = [], left = 0): LiveEvent<Item> => ({
  type: 'changes',
  changed,
  removed,
  left,
})

test('20,000 items in forty parts are drawn at once, at each doubling, and when all are there', () => {
  const pieces = createLivePieces(new Map<string, Item>(), idOf)
  const drawn: [shown: number, left: number][] = []
  for (let at = 0; at < 20_000; at += 500) {
    const left = 19_500 - at
    const event = at === 0 ? snapshot(some(0, 500), left) : more(some(at, at + 500), left)
    if (pieces.take(event)) drawn.push([pieces.items().size, pieces.left])
  }
  expect(drawn).toEqual([
    [500, 19_500],
    [1_000, 19_000],
    [2_000, 18_000],
    [4_000, 16_000],
    [8_000, 12_000],
    [16_000, 4_000],
    [20_000, 0],
  ])
})

test('what was known before stands until the new snapshot is whole; then what it does not name is gone', () => {
  const before = createLivePieces(new Map<string, Item>(), idOf)
  before.take(snapshot(some(0, 1_000)))
  const after = createLivePieces(before.items(), idOf)
  expect(after.take(snapshot(some(500, 1_000, 2), 500))).toBe(true)
  expect([after.items().size, after.left]).toEqual([1_000, 0])
  expect(after.items().get('i500')?.value).toBe(2)
  // Named by a change alone, while the rest still comes.
  after.take(changes([{ id: 'new', value: 1 }], ['i600']))
  expect(after.take(more(some(1_000, 1_500), 0))).toBe(true)
  const items = after.items()
  expect([items.size, items.has('i0'), items.has('i600'), items.has('new')]).toEqual([1_000, false, false, true])
})

test('a snapshot that breaks off and begins anew leaves nothing of the first that is gone', () => {
  const pieces = createLivePieces(new Map<string, Item>(), idOf)
  pieces.take(snapshot(some(0, 500), 500))
  pieces.take(snapshot(some(100, 600), 500))
  pieces.take(more(some(600, 1_100), 0))
  expect([...pieces.items().keys()].toSorted()).toEqual(some(100, 1_100).map(idOf).toSorted())
})

test('changes of which more follow at once are drawn with the last', () => {
  const pieces = createLivePieces(new Map<string, Item>(), idOf)
  pieces.take(snapshot(some(0, 2_000)))
  const drawn = [1_500, 1_000, 500, 0].map((left) =>
    pieces.take(changes(some(1_500 - left, 2_000 - left, 2), [], left)),
  )
  expect(drawn).toEqual([false, false, false, true])
  expect([...pieces.items().values()].every(({ value }) => value === 2)).toBe(true)
})

test('a flood of changes that has no end is drawn all the same', () => {
  const pieces = createLivePieces(new Map<string, Item>(), idOf)
  pieces.take(snapshot(some(0, 1_000)))
  const drawn = [2, 3, 4, 5].map((value) => pieces.take(changes(some(0, 500, value), [], 500)))
  expect(drawn).toEqual([false, true, false, true])
})

test('changes without a snapshot are not taken, and a copy stays as it was', () => {
  const pieces = createLivePieces(new Map([['a', { id: 'a', value: 1 }]]), idOf)
  expect(pieces.take(changes([{ id: 'a', value: 2 }]))).toBe(false)
  expect(pieces.items().get('a')?.value).toBe(1)
  pieces.take(snapshot([{ id: 'a', value: 3 }]))
  const copy = pieces.items()
  pieces.take(changes([{ id: 'a', value: 4 }]))
  expect(copy.get('a')?.value).toBe(3)
})
