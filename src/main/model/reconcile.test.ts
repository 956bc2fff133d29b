import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Item } from './reconcile-chunk.ts'
import { ItemList } from './reconcile-list.ts'
import { compareBounds, decodeMessage, idBytes, MessageWriter, type Range } from './reconcile-wire.ts'
import { answerMessage, firstMessage, takeAnswer } from './reconcile.ts'

const idOf = (n: number): Uint8Array => Uint8Array.from(createHash('sha256').update(String(n)).digest())
const startMs = 1_700_000_000_000
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function listOf(items: Iterable<Item>): ItemList {
  const list = new ItemList()
  for (const item of items) list.add(item)
  return list
}

interface Run {
  readonly rounds: number
  readonly bytes: number
}

/** Runs a session to its end; what differs is handed over after every step, as the exchange does. */
function reconcile(asking: ItemList, answering: ItemList, items: ReadonlyMap<string, Item>, limitBytes: number): Run {
  let rounds = 0
  let bytes = 0
  for (let message: Uint8Array | null = firstMessage(asking); message !== null; rounds += 1) {
    const answer = answerMessage(answering, message, limitBytes)
    if (answer === null) throw new Error('no message')
    expect(answer.length).toBeLessThanOrEqual(limitBytes)
    const step = takeAnswer(asking, answer, limitBytes)
    if (step === null) throw new Error('no answer')
    bytes += message.length + answer.length
    for (const { id } of step.have) {
      const item = items.get(hex(id)) as Item
      expect(asking.has(item)).toBe(true)
      expect(answering.add(item)).toBe(true)
    }
    for (const { id, beforeMs } of step.need) {
      const item = items.get(hex(id)) as Item
      expect(item.timestampMs).toBeLessThanOrEqual(beforeMs)
      expect(answering.has(item)).toBe(true)
      expect(asking.add(item)).toBe(true)
    }
    message = step.next
    if (message !== null) expect(message.length).toBeLessThanOrEqual(Math.max(limitBytes, 32))
    if (rounds > 20_000) throw new Error('without end')
  }
  return { rounds, bytes }
}

const sets = fc.record({
  count: fc.nat(3_000),
  times: fc.constantFrom(1, 5, 1_000, 1_000_000),
  onlyA: fc.double({ min: 0, max: 1, noNaN: true }),
  onlyB: fc.double({ min: 0, max: 1, noNaN: true }),
  limitBytes: fc.constantFrom(512, 700, 1_024, 3_000, 65_536),
  seed: fc.nat(1_000),
})

test('any two sets end equal, every difference found once, no message over its limit', () => {
  fc.assert(
    fc.property(sets, ({ count, times, onlyA, onlyB, limitBytes, seed }) => {
      const [a, b] = [new ItemList(), new ItemList()]
      const items = new Map<string, Item>()
      for (let n = 0; n < count; n += 1) {
        const id = idOf(seed * 10_000 + n)
        const item = { timestampMs: startMs + (n % times), id }
        items.set(hex(id), item)
        const lot = (id[5] ?? 0) / 256
        if (lot < onlyA / 2) a.add(item)
        else if (lot > 1 - onlyB / 2) b.add(item)
        else listOfBoth(a, b, item)
      }
      reconcile(a, b, items, limitBytes)
      expect(a.size).toBe(count)
      expect(hex(a.fingerprint(0, count))).toBe(hex(b.fingerprint(0, b.size)))
    }),
    { numRuns: 60 },
  )
})

function listOfBoth(a: ItemList, b: ItemList, item: Item): void {
  a.add(item)
  b.add(item)
}

describe('of 100,000 items', () => {
  const items = Array.from({ length: 100_000 }, (_, n) => ({ timestampMs: startMs + n * 700 + (n % 13), id: idOf(n) }))
  const known = new Map(items.map((item) => [hex(item.id), item]))

  test.each([
    [0, 1, 40],
    [1, 3, 2_500],
    [10, 3, 10_000],
    [100, 4, 80_000],
  ])('%i that differ cost at most %i rounds and %i bytes', (differing, maxRounds, maxBytes) => {
    const [a, b] = [listOf(items), listOf(items)]
    for (let i = 0; i < differing; i += 1) {
      const item = items[Math.floor(((i + 0.5) / differing) * items.length)] as Item
      ;(i % 2 === 0 ? a : b).remove(item)
    }
    const { rounds, bytes } = reconcile(a, b, known, 65_536)
    expect(a.size).toBe(100_000)
    expect(b.size).toBe(100_000)
    expect(rounds).toBeLessThanOrEqual(maxRounds)
    expect(bytes).toBeLessThanOrEqual(maxBytes)
  })
})

test.each([
  ['asks', true],
  ['answers', false],
])('where one that %s holds nothing, it is told in steps that fit into memory', (_, emptyAsks) => {
  const items = Array.from({ length: 60_000 }, (_, n) => ({ timestampMs: startMs + n, id: idOf(n) }))
  const known = new Map(items.map((item) => [hex(item.id), item]))
  const [full, empty] = [listOf(items), new ItemList()]
  const [asking, answering] = emptyAsks ? [empty, full] : [full, empty]
  const steps: number[] = []
  let message: Uint8Array | null = firstMessage(asking)
  while (message !== null) {
    const answer: Uint8Array = answerMessage(answering, message, 65_536) ?? new Uint8Array(0)
    const step = takeAnswer(asking, answer, 65_536)
    steps.push((step?.have.length ?? 0) + (step?.need.length ?? 0))
    for (const { id } of step?.have ?? []) answering.add(known.get(hex(id)) as Item)
    for (const { id } of step?.need ?? []) asking.add(known.get(hex(id)) as Item)
    message = step?.next ?? null
  }
  expect([full.size, empty.size]).toEqual([60_000, 60_000])
  expect(Math.max(...steps)).toBeLessThan(13_000)
  expect(steps.length).toBeLessThan(60)
})

describe('what no peer of ours writes', () => {
  const set = listOf(Array.from({ length: 300 }, (_, n) => ({ timestampMs: startMs + n, id: idOf(n) })))
  const message = (write: (writer: MessageWriter) => void): Uint8Array => {
    const writer = new MessageWriter(100_000)
    write(writer)
    return writer.finish() ?? new Uint8Array(0)
  }
  const at = (ms: number) => ({ timestampMs: startMs + ms, prefix: new Uint8Array(0) })

  test.each<[string, Uint8Array]>([
    ['another version', Uint8Array.of(0x62)],
    ['nothing', new Uint8Array(0)],
    ['a list longer than the message', Uint8Array.of(0x61, 0, 0, 2, 0xff, 0xff, 0xff, 0x7f)],
    ['an answer that ends early', Uint8Array.of(0x61, 0, 0, 3, 0, 5)],
    ['a prefix longer than an id', Uint8Array.of(0x61, 5, 33, ...new Uint8Array(33), 0)],
    ['a number without end', Uint8Array.of(0x61, ...new Uint8Array(30).fill(0xff))],
    ['an unknown mode', Uint8Array.of(0x61, 0, 0, 9)],
    ['a range past infinity', Uint8Array.of(0x61, 0, 0, 0, 5, 0, 0)],
    ['an infinity with a prefix', Uint8Array.of(0x61, 0, 1, 7, 0)],
    ['ranges that overlap', message((w) => [w.ids(at(9), idOf(1)), w.ids(at(9), idOf(2))])],
    ['a range that is empty', Uint8Array.of(0x61, 1, 0, 0)],
  ])('%s is no message', (_, bytes) => {
    expect(answerMessage(set, bytes, 1_000)).toBeNull()
    if (bytes.length > 0) expect(takeAnswer(set, bytes, 1_000)).toBeNull()
  })

  test('random and damaged bytes never throw, nor make an answer over its limit', () => {
    const honest = answerMessage(set, firstMessage(new ItemList()), 4_000) ?? new Uint8Array(0)
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((tail) => Uint8Array.of(0x61, ...tail)),
      fc.tuple(fc.nat(honest.length - 1), fc.nat(255)).map(([where, value]) => honest.with(where, value)),
      fc.nat(honest.length).map((length) => honest.subarray(0, length)),
    )
    fc.assert(
      fc.property(bytes, (message) => {
        expect(answerMessage(set, message, 600)?.length ?? 0).toBeLessThanOrEqual(600)
        const step = takeAnswer(set, message, 600)
        expect(step?.next?.length ?? 0).toBeLessThanOrEqual(600)
        for (const { id } of step?.have ?? []) expect(id).toHaveLength(idBytes)
        expect((step?.need.length ?? 0) * idBytes).toBeLessThanOrEqual(message.length)
      }),
      { numRuns: 2_000 },
    )
  })

  test('claims to lack what is not here, or to have what is, are not believed', () => {
    const stranger = randomBytes(32)
    const answer = message((w) =>
      w.answer(at(10_000), Buffer.concat([stranger, idOf(3)]), Buffer.concat([idOf(4), stranger])),
    )
    const step = takeAnswer(set, answer, 1_000)
    expect(step?.have.map(({ id }) => hex(id))).toEqual([hex(idOf(3))])
    expect(step?.need.map(({ id }) => hex(id))).toEqual([hex(stranger)])
  })
})

test('ranges are read as they were written', () => {
  const bound = fc.record({
    timestampMs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    prefix: fc.uint8Array({ maxLength: 32 }),
  })
  const ids = fc.nat(5).chain((n) => fc.uint8Array({ minLength: n * 32, maxLength: n * 32 }))
  const rest = fc.oneof(
    fc.record({
      mode: fc.constant('fingerprint' as const),
      fingerprint: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    }),
    fc.record({ mode: fc.constant('ids' as const), ids }),
    fc.record({ mode: fc.constant('answer' as const), yours: ids, mine: ids }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(bound, rest), { maxLength: 12 }), (list) => {
      const ranges: Range[] = list
        .sort(([a], [b]) => compareBounds(a, b))
        .filter(([upper], i, all) => i === 0 || compareBounds((all[i - 1] as (typeof list)[0])[0], upper) < 0)
        .map(([upper, mode]) => ({ upper, ...mode }))
      const writer = new MessageWriter(100_000)
      for (const range of ranges) {
        if (range.mode === 'fingerprint') writer.fingerprint(range.upper, range.fingerprint)
        if (range.mode === 'ids') writer.ids(range.upper, range.ids)
        if (range.mode === 'answer') writer.answer(range.upper, range.yours, range.mine)
      }
      const bytes = writer.finish()
      if (ranges.length === 0) expect(bytes).toBeNull()
      else expect(decodeMessage(bytes as Uint8Array)).toEqual(ranges)
    }),
  )
})

test('ranges past all items that leave no room end the answer, not the peer', () => {
  const set = listOf(Array.from({ length: 200 }, (_, n) => ({ timestampMs: startMs + n, id: idOf(n) })))
  const writer = new MessageWriter(Number.POSITIVE_INFINITY)
  for (let n = 0; n < 100; n += 1) {
    writer.fingerprint(
      { timestampMs: startMs + 10_000 + n, prefix: idOf(n).subarray(0, 16) },
      idOf(1_000 + n).subarray(0, 16),
    )
  }
  const message = writer.finish()
  expect(message).not.toBeNull()
  for (const limitBytes of [512, 600, 700, 1_024, 2_000]) {
    const answer = answerMessage(set, message ?? new Uint8Array(0), limitBytes)
    expect(answer?.length ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(limitBytes)
  }
})
