import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Batcher, type BatcherInit } from './batcher.ts'

const started: Batcher<string>[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((batcher) => batcher.stop()))
})

async function make(init: BatcherInit = {}) {
  const clock = new FakeClock()
  const sent: string[][] = []
  let dropped = 0
  const batcher = new Batcher<string>(
    {
      clock,
      sizeOf: (text) => text.length,
      send: async (items) => void sent.push([...items]),
      onDropped: (count) => (dropped += count),
    },
    init,
  )
  await batcher.start()
  started.push(batcher)
  return { batcher, clock, sent, dropped: () => dropped }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('the first item of a quiet time goes at once, those that follow within the window together', async () => {
  const { batcher, clock, sent } = await make({ windowMs: 25 })
  batcher.add(['a'])
  await turn()
  expect(sent).toEqual([['a']])
  batcher.add(['b'])
  batcher.add(['c'])
  await turn()
  expect(sent).toEqual([['a']])
  await clock.advance(25)
  await turn()
  expect(sent).toEqual([['a'], ['b', 'c']])
  await clock.advance(25)
  await turn()
  batcher.add(['d'])
  await turn()
  expect(sent.at(-1)).toEqual(['d'])
})

test('what is added in one turn is one batch', async () => {
  const { batcher, sent } = await make()
  for (const item of ['a', 'b', 'c']) batcher.add([item])
  await turn()
  expect(sent).toEqual([['a', 'b', 'c']])
})

test('batches keep to the item and byte limits, and a larger item goes alone', async () => {
  const { batcher, clock, sent } = await make({ maxBytes: 4, maxItems: 3, windowMs: 10 })
  batcher.add(['aa', 'bb', 'c', 'x'.repeat(9), 'd', 'e', 'f', 'g'])
  for (let i = 0; i < 6; i += 1) await clock.advance(10)
  await turn()
  expect(sent).toEqual([['aa', 'bb'], ['c'], ['x'.repeat(9)], ['d', 'e', 'f'], ['g']])
})

test('past its bound the oldest are dropped, and that is told', async () => {
  const { batcher, clock, sent, dropped } = await make({ maxWaiting: 2, windowMs: 10 })
  batcher.add(['a', 'b', 'c', 'd'])
  await clock.advance(50)
  await turn()
  expect(sent).toEqual([['c', 'd']])
  expect(dropped()).toBe(2)
})

test('stop sends what waits, without its window', async () => {
  const { batcher, sent } = await make()
  batcher.add(['a'])
  await turn()
  batcher.add(['b'])
  await batcher.stop()
  expect(sent).toEqual([['a'], ['b']])
})
