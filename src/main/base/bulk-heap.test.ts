import { PerformanceObserver, constants } from 'node:perf_hooks'
import { expect, test, vi } from 'vitest'
import { BulkHeap, growthPercent } from './bulk-heap.ts'
import { FakeClock } from './clock.ts'

const piece = 64 * 1024

function open(): { readonly clock: FakeClock; readonly heap: BulkHeap; readonly set: number[]; collected: number } {
  const clock = new FakeClock()
  const set: number[] = []
  const heap = new BulkHeap({
    clock,
    setGrowth: (percent) => set.push(percent),
    collectYoung: () => (opened.collected += 1),
  })
  const opened = { clock, set, heap, collected: 0 }
  return opened
}

test('the heap may grow while bytes move, and five seconds longer', async () => {
  const { clock, heap, set } = open()
  await heap.start()
  expect(set).toEqual([])
  heap.moved(piece)
  await clock.advance(4_000)
  heap.moved(piece)
  await clock.advance(4_000)
  expect(set).toEqual([expect.toSatisfy((percent: number) => percent > 0)])
  await clock.advance(1_000)
  expect(set.slice(1)).toEqual([0])
  heap.moved(piece)
  expect(set).toHaveLength(3)
  await heap.stop()
})

test('what was set is taken back by the stop, and nothing is set afterwards', async () => {
  const { heap, set } = open()
  await heap.start()
  heap.moved(piece)
  await heap.stop()
  expect(set.slice(1)).toEqual([0])
  heap.moved(piece)
  expect(set).toHaveLength(2)
})

test('young objects are collected once for 8 MiB', async () => {
  const opened = open()
  await opened.heap.start()
  for (let n = 0; n < 3 * 128 + 127; n += 1) opened.heap.moved(piece)
  expect(opened.collected).toBe(3)
  await opened.heap.stop()
})

test('a large heap gets no more room than a small one', () => {
  for (const usedMiB of [5, 20, 80, 400]) {
    const roomMiB = (usedMiB * growthPercent(usedMiB * 1024 ** 2)) / 100
    expect(roomMiB).toBeGreaterThanOrEqual(80)
    expect(roomMiB).toBeLessThan(85)
  }
})

test('V8 collects young objects when it is told to, and its collector stays hidden', async () => {
  const kinds: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if ('detail' in entry) kinds.push((entry.detail as { readonly kind: number }).kind)
  })
  observer.observe({ entryTypes: ['gc'] })
  const heap = new BulkHeap({ clock: new FakeClock(), setGrowth: () => {} })
  await heap.start()
  for (let n = 0; n < 50; n += 1) heap.moved(8 * 1024 ** 2)
  await vi.waitFor(() =>
    expect(kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length).toBeGreaterThanOrEqual(50),
  )
  expect('gc' in globalThis).toBe(false)
  observer.disconnect()
  await heap.stop()
})
