import { expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

it('holds so many, and lets the one go that was set longest ago', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('a', 3)
  map.set('c', 4)
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ])
  expect(map.get('b')).toBeUndefined()
  expect(map.delete('a')).toBe(true)
  expect(map.size).toBe(1)
  map.clear()
  expect(map.size).toBe(0)
})

it('reading makes nothing newer', () => {
  const map = new RecentMap<string, number>(1)
  map.set('a', 1)
  map.get('a')
  map.set('b', 2)
  expect([...map]).toEqual([['b', 2]])
})
