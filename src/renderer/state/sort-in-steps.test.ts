import { expect, test } from 'vitest'
import { sortInSteps } from './sort-in-steps.ts'
import { finish } from './stepper.ts'

interface Item {
  readonly key: number
  readonly no: number
}

/** The same at each run, and as mixed as chance makes it. */
function items(count: number): Item[] {
  let seed = 7
  return Array.from({ length: count }, (_, no) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return { key: seed % 97, no }
  })
}

const byKey = (a: Item, b: Item): number => a.key - b.key

test.each([0, 1, 2, 999, 1_000, 1_001, 2_000, 3_500, 20_000])(
  'sorts %i as the array itself would, equals in place',
  (count) => {
    expect(finish(sortInSteps(items(count), byKey))).toEqual(items(count).toSorted(byKey))
  },
)

test('does a small part of the work in each step', () => {
  let compared = 0
  let most = 0
  const steps = sortInSteps(items(20_000), (a, b) => {
    compared += 1
    return byKey(a, b)
  })
  for (let before = 0; steps.next().done !== true; before = compared) most = Math.max(most, compared - before)
  expect(compared).toBeGreaterThan(100_000)
  expect(most).toBeLessThan(15_000)
})
