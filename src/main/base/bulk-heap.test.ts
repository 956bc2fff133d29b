import { expect, test } from 'vitest'
import { BulkHeap, growthPercent } from './bulk-heap.ts'
import { FakeClock } from './clock.ts'

function open(): { readonly clock: FakeClock; readonly heap: BulkHeap; readonly set: number[] } {
  const clock = new FakeClock()
  const set: number[] = []
  return { clock, set, heap: new BulkHeap({ clock, setGrowth: (percent) => set.push(percent) }) }
}

test('the heap may grow while bytes move, and five seconds longer', async () => {
  const { clock, heap, set } = open()
  await heap.start()
  expect(set).toEqual([])
  heap.moved()
  await clock.advance(4_000)
  heap.moved()
  await clock.advance(4_000)
  expect(set).toEqual([expect.toSatisfy((percent: number) => percent > 0)])
  await clock.advance(1_000)
  expect(set.slice(1)).toEqual([0])
  heap.moved()
  expect(set).toHaveLength(3)
  await heap.stop()
})

test('what was set is taken back by the stop, and nothing is set afterwards', async () => {
  const { heap, set } = open()
  await heap.start()
  heap.moved()
  await heap.stop()
  expect(set.slice(1)).toEqual([0])
  heap.moved()
  expect(set).toHaveLength(2)
})

test('a large heap gets no more room than a small one', () => {
  for (const usedMiB of [5, 20, 80, 400]) {
    const roomMiB = (usedMiB * growthPercent(usedMiB * 1024 ** 2)) / 100
    expect(roomMiB).toBeGreaterThanOrEqual(80)
    expect(roomMiB).toBeLessThan(85)
  }
})
