import { expect, it } from 'vitest'
import { Counters } from './counters.ts'

it('counts by name and shows them sorted', () => {
  const counters = new Counters()
  counters.add('b')
  counters.add('a', 3)
  counters.add('b')
  expect(counters.get('b')).toBe(2)
  expect(Object.entries(counters.snapshot())).toEqual([
    ['a', 3],
    ['b', 2],
  ])
})

it('stays bounded: names past the limit are added up under "other"', () => {
  const counters = new Counters({ maxNames: 2 })
  for (const name of ['a', 'b', 'c', 'd', 'a']) counters.add(name)
  expect(counters.snapshot()).toEqual({ a: 2, b: 1, other: 2 })
})
