import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { MessageStream, type MessageFacts } from './message-stream.ts'

const message = (change: Partial<MessageFacts> = {}): MessageFacts => ({
  id: randomBytes(16).toString('base64url'),
  direction: 'in',
  channel: 'c',
  channelKind: 'udp',
  kind: 'records',
  from: null,
  to: null,
  hops: 0,
  bytes: 1,
  summary: '',
  outcome: 'taken',
  reason: null,
  trace: null,
  ...change,
})

const numbers = (entries: readonly { readonly no: number }[]): number[] => entries.map(({ no }) => no)

test('keeps the last messages, and finds those after a number', () => {
  const stream = new MessageStream({ clock: new FakeClock() }, { maxEntries: 10 })
  for (let i = 0; i < 35; i += 1) stream.push(message({ kind: i % 2 === 0 ? 'even' : 'odd' }))
  expect(stream.size).toBe(10)
  expect(numbers(stream.last(3))).toEqual([33, 34, 35])
  expect(numbers(stream.after(0, 3))).toEqual([26, 27, 28])
  expect(numbers(stream.after(33, 9))).toEqual([34, 35])
  expect(numbers(stream.after(99, 9))).toEqual([])
  expect(numbers(stream.last(2, ({ kind }) => kind === 'even'))).toEqual([33, 35])
  expect(stream.since(33, 1)).toMatchObject({ entries: [{ no: 35 }], missed: 1 })
  expect(stream.since(20, 20)).toMatchObject({ missed: 5 })
})

test('long summaries make fewer entries', () => {
  const stream = new MessageStream({ clock: new FakeClock() }, { maxBytes: 10_000 })
  for (let i = 0; i < 100; i += 1) stream.push(message({ summary: 'x'.repeat(2_000) }))
  expect(stream.size).toBe(4)
})

test('under a flood most are only counted, and what comes after is kept', async () => {
  const clock = new FakeClock()
  const stream = new MessageStream({ clock }, { perS: 10, burst: 20 })
  let told = 0
  stream.events.on('messages:added', () => (told += 1))
  for (let i = 0; i < 10_000; i += 1) stream.push(message())
  expect(stream.size).toBe(20)
  expect(told).toBe(20)
  expect(stream.lastNo).toBe(10_000)
  await clock.advance(1_000)
  stream.push(message({ kind: 'text' }))
  expect(stream.since(20, 100)).toMatchObject({ entries: [{ no: 10_001, kind: 'text' }], missed: 9_980 })
})
