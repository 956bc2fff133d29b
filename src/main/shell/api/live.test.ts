import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { liveList, minGapMs, type LiveOptions } from './live.ts'
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
        all: () => [...items].map(([id, value]) => ({ id, value })),
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
  expect((await live.next()).value).toEqual({ type: 'snapshot', items: [{ id: 'a', value: 1 }] })
  const next = live.next()
  for (let value = 2; value <= 100; value += 1) set('a', value)
  set('b', 1)
  items.delete('b')
  let came = false
  void next.then(() => (came = true))
  await clock.advance(minGapMs - 1)
  expect(came).toBe(false)
  await clock.advance(1)
  expect((await next).value).toEqual({ type: 'changes', changed: [{ id: 'a', value: 100 }], removed: ['b'] })
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
  expect((await live.next()).value).toEqual({ type: 'changes', changed: [{ id: 'a', value: 2 }], removed: [] })
})

test('a reader that fell far behind gets a snapshot, not a long list', async () => {
  const { clock, items, events, open } = world()
  const live = open()
  await live.next()
  items.set('a', 1)
  events.emit(
    'changed',
    Array.from({ length: 5_000 }, (_, n) => `id${n}`),
  )
  await clock.advance(minGapMs)
  expect((await live.next()).value).toEqual({ type: 'snapshot', items: [{ id: 'a', value: 1 }] })
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
