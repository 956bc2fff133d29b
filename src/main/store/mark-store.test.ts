import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { buckets, maxMarksPerBucket } from '../model/bucket.ts'
import { peerIdOfKey } from '../model/peer-key.ts'
import { recordIdOfDigest } from '../model/record-id.ts'
import { Database } from './database.ts'
import { MarkStore } from './mark-store.ts'
import { Statements } from './statements.ts'

let home: string
let database: Database
let marks: MarkStore

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-marks-'))
  database = Database.open({ clock: new FakeClock(), log: silentLog, counters: new Counters() }, { home })
  marks = new MarkStore(new Statements(database))
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

const bytesOf = (n: number) => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}
const authorOf = (n: number) => peerIdOfKey(bytesOf(n))
/** Horizon `n`: the higher the number, the longer it stays. */
const put = (author: number, key: string, n: number) =>
  marks.set(
    'machines',
    authorOf(author),
    key,
    { id: recordIdOfDigest(bytesOf(n)), seq: n, validFrom: n, validUntil: n + 1 },
    n,
  )
const has = (author: number, key: string) => marks.get('machines', authorOf(author), key) !== undefined

it('keeps to the bound of an author, whatever the order in which they come', () => {
  const max = buckets.machines.maxRecordsPerAuthor
  const numbers = Array.from({ length: max + 10 }, (_, i) => (i * 97) % (max + 10))
  for (const n of numbers) {
    put(1, `k${n}`, n)
    marks.trim('machines', [authorOf(1)])
  }
  expect(numbers.filter((n) => has(1, `k${n}`)).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: max }, (_, i) => i + 10),
  )
})

it('keeps to the bound of a bucket over all authors: those that matter longest stay', () => {
  database.transaction(() => {
    for (let n = 0; n < maxMarksPerBucket + 5; n++) put(n, 'self', n)
  })
  expect(marks.trim('machines', [authorOf(1)])).toBe(5)
  expect([0, 4, 5, maxMarksPerBucket + 4].map((n) => has(n, 'self'))).toEqual([false, false, true, true])
  expect(marks.trim('machines', [authorOf(1)])).toBe(0)
})
