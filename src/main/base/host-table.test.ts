import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HostTable } from './host-table.ts'

const hostOf = (key: string): string => key.split(':')[0] ?? ''
const make = (max: number, maxOfHost: number): HostTable<number> => new HostTable({ max, maxOfHost, hostOf })

test('a host with very many entries pushes out its own, the oldest first', () => {
  const table = make(100, 3)
  table.set('a:1', 1)
  for (let port = 0; port < 10; port += 1) table.set(`b:${port}`, port)
  expect([...table].map(([key]) => key)).toEqual(['a:1', 'b:7', 'b:8', 'b:9'])
})

test('when all is full the host with the most gives way', () => {
  const table = make(4, 3)
  for (const key of ['a:1', 'b:1', 'b:2', 'b:3', 'c:1']) table.set(key, 0)
  expect([...table].map(([key]) => key)).toEqual(['a:1', 'b:2', 'b:3', 'c:1'])
})

test('what is set again is the newest', () => {
  const table = make(100, 2)
  for (const key of ['a:1', 'a:2', 'a:1', 'a:3']) table.set(key, 0)
  expect([table.has('a:1'), table.has('a:2'), table.has('a:3')]).toEqual([true, false, true])
})

test('whatever is set and deleted, it stays in its bounds and holds what was set last', () => {
  const step = fc.record({
    host: fc.integer({ min: 0, max: 4 }),
    port: fc.integer({ min: 0, max: 9 }),
    del: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = make(12, 5)
      for (const [i, { host, port, del }] of steps.entries()) {
        const key = `${host}:${port}`
        if (del) table.delete(key)
        else table.set(key, i)
        expect(table.get(key)).toBe(del ? undefined : i)
        const keys = [...table].map(([name]) => name)
        expect(table.size).toBe(keys.length)
        expect(keys.length).toBeLessThanOrEqual(12)
        for (let one = 0; one < 5; one += 1)
          expect(keys.filter((name) => hostOf(name) === `${one}`).length).toBeLessThan(6)
      }
    }),
  )
})
