import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { maxPieceItems } from '../../../shared/contract/live.ts'
import { minGapMs, type LiveOptions } from './live.ts'
import { liveList } from './live-list.ts'
import { Slots } from './slots.ts'
import { Emitter } from '../../base/emitter.ts'

function world(init: { readonly maxSlots?: number } = {}) {
  const clock = new FakeClock()
  const items = new Map<string, number>()
  const events = new Emitter<{ changed: readonly string[] }>()
  const slots = new Slots(init.maxSlots === undefined ? {} : { max: init.maxSlots })
  const set = (id: string, value: number) => {
    items.set(id, value)
    events.emit('changed', [id])
  }
  const open = (signal?: AbortSignal) => {
    const options: LiveOptions = { clock, slots, signal, onError: (error) => error }
    return liveList(
      {
        ids: () => items.keys(),
        get: (id) => {
          const value = items.get(id)
          return value === undefined ? undefined : { id, value }
        },
        subscribe: (changed) => events.on('changed', changed),
      },
      options,
    )
  }
  return { clock, items, events, slots, set, open }
}

test('a snapshot, then changes coalesced to the latest state', async () => {
  const { clock, items, set, open, events } = world()
  items.set('a', 1)
  const live = open()
  expect((await live.next()).value).toEqual({ type: 'snapshot', items: [{ id: 'a', value: 1 }], left: 0 })
  const next = live.next()
  for (let value = 2; value <= 100; value += 1) set('a', value)
  set('b', 1)
  items.delete('b')
  let came = false
  void next.then(() => (came = true))
  await clock.advance(minGapMs - 1)
  expect(came).toBe(false)
  await clock.advance(1)
  expect((await next).value).toEqual({ type: 'changes', changed: [{ id: 'a', value: 100 }], removed: ['b'], left: 0 })
  await live.return()
  expect(events.listenerCount).toBe(0)
})

test('changes between two pulls are kept, however slow the reader is', async () => {
  const { clock, set, open } = world()
  const live = open()
  await live.next()
  set('a', 1)
  await clock.advance(10_000)
  set('a', 2)
  expect((await live.next()).value).toEqual({ type: 'changes', changed: [{ id: 'a', value: 2 }], removed: [], left: 0 })
})

/** Puts so many, and says so in one go, as a machine does that goes with all that it holds. */
function putAll(of: ReturnType<typeof world>, ids: readonly string[], value: number): void {
  for (const id of ids) of.items.set(id, value)
  of.events.emit('changed', ids)
}

const many = (count: number) => Array.from({ length: count }, (_, n) => `id${n}`)

test('a long list comes in pieces, each with what is left, and the next is made when it is asked for', async () => {
  const of = world()
  putAll(of, many(1_200), 1)
  const live = of.open()
  const first = (await live.next()).value
  expect(first).toMatchObject({ type: 'snapshot', left: 1_200 - maxPieceItems })
  // Of what has not been told yet the piece tells how it is then; of what has, a change does, after the last piece.
  of.set('id1100', 2)
  of.set('id0', 2)
  of.items.delete('id1101')
  const rest = [(await live.next()).value, (await live.next()).value]
  expect(rest.map((event) => event?.type === 'more' && [event.items.length, event.left])).toEqual([
    [maxPieceItems, 1_200 - 2 * maxPieceItems],
    [1_200 - 2 * maxPieceItems - 1, 0],
  ])
  expect(rest[1]).toMatchObject({ items: expect.arrayContaining([{ id: 'id1100', value: 2 }]) })
  const next = live.next()
  await of.clock.advance(minGapMs)
  expect((await next).value).toEqual({ type: 'changes', changed: [{ id: 'id0', value: 2 }], removed: [], left: 0 })
})

test('what changed before its part came and is gone by then is told to be gone', async () => {
  const of = world()
  const ids = many(2_000)
  putAll(of, ids, 0)
  const live = of.open()
  const seen = new Map<string, number>()
  const take = async (): Promise<number> => {
    const event = (await live.next()).value
    if (event === undefined) throw new Error('it ended')
    for (const item of event.type === 'changes' ? event.changed : event.items) seen.set(item.id, item.value)
    if (event.type === 'changes') for (const id of event.removed) seen.delete(id)
    return event.left
  }
  await take()
  const tail = ids.slice(1_400)
  putAll(of, tail, 1)
  while (![...seen.values()].includes(1)) await take()
  const gone = tail.slice(0, 500)
  for (const id of gone) of.items.delete(id)
  of.events.emit('changed', gone)
  // The snapshot's rest, then the changes'.
  for (let calm = 0, pulls = 0; calm < 2; pulls += 1) {
    expect(pulls).toBeLessThan(20)
    const left = take()
    await of.clock.advance(minGapMs)
    calm = (await left) === 0 ? calm + 1 : 0
  }
  expect(new Set(seen.keys())).toEqual(new Set(of.items.keys()))
})

test('pieces wait for no clock, and others have their turn in between', async () => {
  const of = world()
  putAll(of, many(1_200), 1)
  const live = of.open()
  let turns = 0
  const turn = (): void => {
    turns += 1
    immediate = setImmediate(turn)
  }
  let immediate = setImmediate(turn)
  for (let left = 1; left > 0;) {
    const event = (await live.next()).value
    left = event?.left ?? 0
  }
  clearImmediate(immediate)
  expect(turns).toBeGreaterThanOrEqual(2)
})

test('many changes come in pieces too, none twice, none lost', async () => {
  const of = world()
  const live = of.open()
  await live.next()
  const ids = many(1_200)
  putAll(of, ids, 1)
  const came: string[] = []
  const first = live.next()
  await of.clock.advance(minGapMs)
  for (let event = (await first).value; ; event = (await live.next()).value) {
    if (event?.type !== 'changes') throw new Error('a change was expected')
    expect(event.changed.length).toBeLessThanOrEqual(maxPieceItems)
    came.push(...event.changed.map(({ id }) => id))
    if (event.left === 0) break
  }
  expect(came).toEqual(ids)
})

test('a snapshot is told to its end, however much changes meanwhile, and so are the changes', async () => {
  const of = world()
  const ids = many(3_000)
  putAll(of, ids, 0)
  const live = of.open()
  const seen = new Map<string, number>()
  let value = 0
  for (let left = 1, told = 0; left > 0; told += 1) {
    expect(told).toBeLessThan(20)
    const event = (await live.next()).value
    if (event === undefined) throw new Error('it ended')
    for (const item of event.type === 'changes' ? event.changed : event.items) seen.set(item.id, item.value)
    if (event.type !== 'changes') left = event.left
    putAll(of, ids.slice(0, 600), ++value)
  }
  expect(seen.size).toBe(3_000)
  for (let left = 1; left > 0;) {
    const next = live.next()
    await of.clock.advance(minGapMs)
    const event = (await next).value
    if (event?.type !== 'changes') throw new Error('a change was expected')
    for (const item of event.changed) seen.set(item.id, item.value)
    left = event.left
  }
  expect(ids.slice(0, 600).every((id) => seen.get(id) === value)).toBe(true)
})

test('a reader that fell far behind gets a snapshot, not a long list', async () => {
  const { clock, items, events, open } = world()
  const live = open()
  await live.next()
  items.set('a', 1)
  events.emit('changed', many(60_000))
  await clock.advance(minGapMs)
  expect((await live.next()).value).toEqual({ type: 'snapshot', items: [{ id: 'a', value: 1 }], left: 0 })
})

test.each(['abort', 'return'] as const)('%s ends a waiting reader and leaves no listener and no slot', async (how) => {
  const { open, events, slots } = world()
  const controller = new AbortController()
  const live = open(controller.signal)
  await live.next()
  expect([events.listenerCount, slots.taken]).toEqual([1, 1])
  const waiting = live.next()
  if (how === 'abort') controller.abort()
  else await live.return()
  expect(await waiting).toMatchObject({ done: true })
  expect([events.listenerCount, slots.taken]).toEqual([0, 0])
})

test('an iterator that is never pulled holds nothing', () => {
  const { open, events, slots } = world()
  open()
  expect([events.listenerCount, slots.taken]).toEqual([0, 0])
})

test('one connection cannot hold more iterators than its slots', async () => {
  const { open, events } = world({ maxSlots: 1 })
  const first = open()
  await first.next()
  await expect(open().next()).rejects.toMatchObject({ code: 'LIMIT_REACHED' })
  expect(events.listenerCount).toBe(1)
  await first.return()
  expect(await open().next()).toMatchObject({ done: false })
})
