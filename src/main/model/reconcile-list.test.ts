import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Item } from './reconcile-chunk.ts'
import { boundOf, ItemList } from './reconcile-list.ts'
import { compareBounds, infinite } from './reconcile-wire.ts'

const idOf = (n: number): Uint8Array => Uint8Array.from(createHash('sha256').update(String(n)).digest())

/** Few times, so that many items share one. */
const itemOf = (n: number): Item => ({ timestampMs: 1_700_000_000_000 + (n % 37), id: idOf(n) })

const sorted = (items: Iterable<Item>): Item[] => [...items].sort((a, b) => compareBounds(boundOf(a), boundOf(b)))

/** The definition, in big numbers. */
function plainFingerprint(items: readonly Item[]): string {
  let sum = 0n
  for (const { id } of items) sum += BigInt(`0x${Buffer.from(id).reverse().toString('hex')}`)
  const number = Buffer.from((sum % 2n ** 256n).toString(16).padStart(64, '0'), 'hex').reverse()
  const digits = [items.length & 127]
  for (let rest = items.length >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 127) | 128)
  return createHash('sha256').update(number).update(Uint8Array.from(digits)).digest().subarray(0, 16).toString('hex')
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function expectSame(list: ItemList, model: ReadonlyMap<number, Item>, at: readonly [number, number]): void {
  const items = sorted(model.values())
  expect(list.size).toBe(items.length)
  const [from, to] = at.map((share) => Math.floor(share * items.length)).sort((a, b) => a - b) as [number, number]
  expect(hex(list.fingerprint(from, to))).toBe(plainFingerprint(items.slice(from, to)))
  expect(hex(list.ids(from, to))).toBe(
    items
      .slice(from, to)
      .map(({ id }) => hex(id))
      .join(''),
  )
  const item = items[from]
  if (item !== undefined) {
    expect(list.at(from)).toEqual(item)
    expect(list.find(boundOf(item))).toBe(from)
    expect(list.has(item)).toBe(true)
  }
}

const share = fc.double({ min: 0, max: 1, noNaN: true })

test('any changes leave the list as a sorted array would be, and all its sums', () => {
  const step = fc.record({
    first: fc.nat(4_000),
    count: fc.integer({ min: 1, max: 900 }),
    adds: fc.boolean(),
    at: fc.tuple(share, share),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const list = new ItemList()
      const model = new Map<number, Item>()
      for (const { first, count, adds, at } of steps) {
        for (let n = first; n < first + count; n += 1) {
          expect(adds ? list.add(itemOf(n)) : list.remove(itemOf(n))).toBe(adds !== model.has(n))
          if (adds) model.set(n, itemOf(n))
          else model.delete(n)
        }
        expectSame(list, model, at)
      }
    }),
    { numRuns: 40 },
  )
})

test('a list that was emptied is as a new one', () => {
  const list = new ItemList()
  for (let n = 0; n < 3_000; n += 1) list.add(itemOf(n))
  list.fingerprint(0, 3_000)
  for (let n = 0; n < 3_000; n += 1) list.remove(itemOf(n))
  expect(list.size).toBe(0)
  expect(hex(list.fingerprint(0, 0))).toBe(plainFingerprint([]))
  expect(list.find(infinite)).toBe(0)
  list.add(itemOf(1))
  list.clear()
  expect(list.size).toBe(0)
  list.add(itemOf(2))
  expect(hex(list.fingerprint(0, 1))).toBe(plainFingerprint([itemOf(2)]))
})

test('sums of ids that are all ones carry over every word', () => {
  const list = new ItemList()
  const items = Array.from({ length: 1_500 }, (_, n) => ({ timestampMs: n, id: new Uint8Array(32).fill(255) }))
  for (const item of items) list.add(item)
  for (const [from, to] of [
    [0, 1_500],
    [3, 1_400],
    [700, 701],
  ] as const) {
    expect(hex(list.fingerprint(from, to))).toBe(plainFingerprint(items.slice(from, to)))
  }
})
