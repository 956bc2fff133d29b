import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { storedOf } from '../../store/stored-record.ts'
import { OneBook, operator, robot, self, stranger } from '../../store/testing/one-book.ts'
import { RecordSlice } from './record-slice.ts'

let one: OneBook
let neighbours: PeerId[]
let slice: RecordSlice
beforeEach(() => {
  one = new OneBook()
  neighbours = [robot.peerId]
  slice = new RecordSlice({
    self: self.peerId,
    swarm: () => one.book.swarm,
    neighbours: () => neighbours,
    nameOf: () => 'duckie01',
  })
})
afterEach(() => one.remove())

const stored = (...args: Parameters<OneBook['record']>): StoredRecord => storedOf(one.record(...args), one.arrival())
const add = (...records: StoredRecord[]): void => slice.add(records, one.clock.now())

function read(fromMs = 0, besides: readonly StoredRecord[] = [], toMs = one.clock.now()) {
  const { text, records } = slice.toJson(fromMs, toMs, besides)
  const document = JSON.parse(text) as { readonly lost: number; readonly records: readonly { readonly key: string }[] }
  expect(document.records).toHaveLength(records)
  return { lost: document.lost, keys: document.records.map(({ key }) => key) }
}

it('holds what this peer and its neighbours say, and every decision about the swarm', () => {
  add(
    stored('diagnostics', 'own', self),
    stored('diagnostics', 'near', robot),
    stored('diagnostics', 'far', operator),
    stored('rollouts', 'decided', operator),
    stored('machines', 'strange', stranger),
  )
  expect(read().keys).toEqual(['own', 'near', 'decided'])
})

it('tells those that came in the time, and what is given besides, each once, oldest first', async () => {
  const before = stored('diagnostics', 'before', self)
  add(before)
  await one.clock.advance(60_000)
  const sinceMs = one.clock.now()
  const now = stored('diagnostics', 'now', self)
  add(now)
  expect(read(sinceMs).keys).toEqual(['now'])
  expect(read(sinceMs, [now, before]).keys).toEqual(['before', 'now'])
  expect(read(0, [], sinceMs - 1).keys).toEqual(['before'])
})

it('forgets what is older than an hour, and says how many it had no room for', async () => {
  add(stored('diagnostics', 'old', self))
  await one.clock.advance(66 * 60_000)
  const record = stored('diagnostics', 'many', self)
  add(...Array.from({ length: 999 }, () => record), stored('diagnostics', 'last', self))
  expect(read()).toEqual({ lost: 0, keys: ['many', 'last'] })
  add(
    ...Array.from({ length: 1_000 }, (_, at) => ({
      ...record,
      record: { ...record.record, id: one.record('files', `${at}`, self).id },
    })),
  )
  const { lost, keys } = read()
  expect(keys).toHaveLength(1_000)
  expect(lost).toBe(1_000)
  slice.clear()
  expect(read()).toEqual({ lost: 0, keys: [] })
})

it('is bounded in bytes as well', () => {
  const large = stored('files', 'large', self, { value: { words: 'x'.repeat(15_000) } })
  add(...Array.from({ length: 400 }, () => large))
  expect(read().lost).toBeGreaterThan(200)
})
