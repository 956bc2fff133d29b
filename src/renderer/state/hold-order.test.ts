import { expect, test } from 'vitest'
import { holdOrder } from './hold-order.ts'

test('follows the wanted order while nothing holds it', () => {
  expect(holdOrder(['a', 'b'], ['b', 'a', 'c'], false)).toEqual({ ids: ['b', 'a', 'c'], waiting: 0 })
})

test('keeps places and lets newcomers wait while held', () => {
  expect(holdOrder(['a', 'b'], ['c', 'b', 'a', 'd'], true)).toEqual({ ids: ['a', 'b'], waiting: 2 })
})

test('takes out what went while held', () => {
  expect(holdOrder(['a', 'b'], ['b'], true)).toEqual({ ids: ['b'], waiting: 0 })
})

test('an empty list is filled even while held', () => {
  expect(holdOrder([], ['a'], true)).toEqual({ ids: ['a'], waiting: 0 })
})
