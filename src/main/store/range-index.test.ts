import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { RecordId } from '../../shared/ids.ts'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { signAttestation } from '../model/attestation.ts'
import { bucketNames, type BucketName } from '../model/bucket.ts'
import { itemOf } from '../model/reconcile-item.ts'
import { ItemList } from '../model/reconcile-list.ts'
import { signRecord, type SignedRecord } from '../model/record.ts'
import { Database } from './database.ts'
import { identityOfSeed } from './identity-store.ts'
import { RecordBook } from './record-book.ts'
import type { RecordBookInit } from './record-book-init.ts'
import { RangeIndex } from './range-index.ts'
import { trustedSwarm } from './testing/trusted.ts'

const self = identityOfSeed(new Uint8Array(32).fill(1))
const other = identityOfSeed(new Uint8Array(32).fill(2))
const trusted = trustedSwarm([self, other].map(({ peerId }) => ({ peer: peerId, roles: ['operator'] as const })))
const { swarm } = trusted.anchor

interface Rig {
  readonly home: string
  readonly clock: FakeClock
  readonly database: Database
  readonly book: RecordBook
}

const open: Rig[] = []
afterEach(() => {
  for (const { database, home } of open.splice(0)) {
    database.close()
    rmSync(home, { recursive: true, force: true })
  }
})

function rig(): Rig {
  const home = mkdtempSync(join(tmpdir(), 'dt-swarm-index-'))
  const clock = new FakeClock()
  const base = { clock, log: silentLog, counters: new Counters() }
  const database = Database.open(base, { home })
  // What is over goes with the next sweep, as where neighbours bear out the time; else it waits for hours, in the index too.
  const timed: RecordBookInit = { timeBasis: () => 'borne-out' }
  const book = new RecordBook({ ...base, database, identity: self, swarm: trusted.swarm() }, timed)
  book.merge(trusted.records, { via: 'caught-up', from: null, channel: null, receivedAtMs: clock.now(), hops: 1 })
  const made = { home, clock, database, book }
  open.push(made)
  return made
}

/** What the index should hold: everything that the book pages through, as one sees it. */
function plain(book: RecordBook, bucket: BucketName): ItemList {
  const list = new ItemList()
  for (const id of book.idsPage(bucket, null, 100_000)) {
    const stored = book.get(id)
    if (stored !== undefined) list.add(itemOf(stored.record))
  }
  return list
}

const hex = (list: { readonly size: number; fingerprint(from: number, to: number): Uint8Array }): string =>
  Buffer.from(list.fingerprint(0, list.size)).toString('hex')

function expectInStep({ book }: Rig): void {
  for (const bucket of bucketNames)
    expect([bucket, book.index.fingerprint(bucket)]).toEqual([bucket, hex(plain(book, bucket))])
}

async function expectReloaded({ book, database }: Rig): Promise<void> {
  const again = new RangeIndex({ database })
  expect(again.ready).toBe(false)
  await again.load()
  expect(again.ready).toBe(true)
  for (const bucket of bucketNames) expect(again.fingerprint(bucket)).toBe(book.index.fingerprint(bucket))
}

function theirs(clock: FakeClock, bucket: BucketName, key: string, seq: number): SignedRecord {
  const validFrom = clock.now()
  const span = { validFrom, validUntil: validFrom + 3_600_000 }
  return signRecord({ v: 1, bucket, key, value: { seq }, author: other.peerId, seq, ...span }, other, swarm)
}

type Step =
  | { readonly do: 'author' | 'receive'; readonly bucket: BucketName; readonly key: number }
  | { readonly do: 'attest' | 'told'; readonly which: number; readonly verdict: 'endorse' | 'dismiss' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'sweep' }

const bucket = fc.constantFrom<BucketName>('files', 'machines', 'diagnostics')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('author' as const, 'receive' as const), bucket, key: fc.nat(4) }),
  fc.record({
    do: fc.constantFrom('attest' as const, 'told' as const),
    which: fc.nat(30),
    verdict: fc.constantFrom('endorse' as const, 'dismiss' as const),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 60_000, 1_800_000, 3_700_000) }),
  fc.record({ do: fc.constant('sweep' as const) }),
)

test('whatever comes, is attested, replaced, buried or ends: the index is what the book holds, also read anew', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const made = rig()
      const { book, clock } = made
      await book.index.load()
      const ids: RecordId[] = []
      let seq = 0
      for (const one of steps) {
        seq += 1
        const arrival = {
          via: 'direct',
          from: other.peerId,
          channel: null,
          receivedAtMs: clock.now(),
          hops: 1,
        } as const
        const id = 'which' in one ? ids[one.which % Math.max(1, ids.length)] : undefined
        const held = id === undefined ? undefined : book.get(id)
        switch (one.do) {
          case 'author':
            ids.push(
              book.author({ bucket: one.bucket, key: `k${one.key}`, value: { seq }, validForMs: 3_600_000 }).record.id,
            )
            break
          case 'receive': {
            const record = theirs(clock, one.bucket, `k${one.key}`, seq)
            book.merge([record], arrival)
            ids.push(record.id)
            break
          }
          case 'attest':
            if (held !== undefined) book.attest(held.record.id, one.verdict)
            break
          case 'told':
            if (held !== undefined) {
              const attestation = signAttestation({ id: held.record.id, swarm }, one.verdict, clock.now(), other)
              book.merge([{ ...held.record, attestations: [attestation] }], arrival)
            }
            break
          case 'wait':
            await clock.advance(one.ms)
            break
          case 'sweep':
            book.sweep()
            break
        }
      }
      book.sweep()
      expectInStep(made)
      await expectReloaded(made)
      for (const made of open.splice(0)) {
        made.database.close()
        rmSync(made.home, { recursive: true, force: true })
      }
    }),
    { numRuns: 25 },
  )
})

test('what changes while it is being read is in it once, or not', async () => {
  const made = rig()
  const { book, clock } = made
  const records = Array.from({ length: 9_000 }, (_, i) => theirs(clock, 'files', `k${i}`, i + 1))
  const arrival = { via: 'direct', from: other.peerId, channel: null, receivedAtMs: clock.now(), hops: 1 } as const
  book.merge(records, arrival)
  // As after a restart.
  const index = new RangeIndex({ database: made.database })
  const loading = index.load()
  // The first slice has been read; what is applied now lies in it, in a later one, or is new.
  const [first, last] = [records[0], records.at(-1)] as [SignedRecord, SignedRecord]
  const attested = { ...first, attestations: [signAttestation({ id: first.id, swarm }, 'endorse', clock.now(), other)] }
  book.merge([attested], arrival)
  index.apply([
    { record: first, by: -1 },
    { record: attested, by: 1 },
  ])
  const late = { ...last, attestations: [signAttestation({ id: last.id, swarm }, 'endorse', clock.now(), other)] }
  book.merge([late], arrival)
  index.apply([
    { record: last, by: -1 },
    { record: late, by: 1 },
  ])
  const own = book.author({ bucket: 'files', key: 'new', value: {}, validForMs: 3_600_000 })
  index.apply([{ record: own.record, by: 1 }])
  await loading
  await book.index.load()
  expect(index.of('files').size).toBe(9_001)
  expect(index.fingerprint('files')).toBe(book.index.fingerprint('files'))
})

test('a record is found by its item, also when others have signed it since', async () => {
  const { book } = rig()
  const { record } = book.author({ bucket: 'files', key: 'log', value: {}, validForMs: 3_600_000 })
  const before = itemOf(record).id
  const attested = book.attest(record.id, 'endorse').record
  const after = itemOf(attested).id
  expect(Buffer.compare(before, after)).not.toBe(0)
  for (const id of [before, after]) expect(book.index.recordId('files', id)).toBe(record.id)
  expect(book.index.recordId('machines', after)).toBeUndefined()
  expect(book.index.recordId('files', new Uint8Array(32).fill(255))).toBeUndefined()
  expect(book.index.has('files', itemOf(attested))).toBe(true)
  expect(book.index.has('files', itemOf(record))).toBe(false)
})

test('reading can be broken off, and goes on from there', async () => {
  const made = rig()
  const { book, clock } = made
  const records = Array.from({ length: 9_000 }, (_, i) => theirs(clock, 'files', `k${i}`, i + 1))
  book.merge(records, { via: 'direct', from: other.peerId, channel: null, receivedAtMs: clock.now(), hops: 1 })
  const index = new RangeIndex({ database: made.database })
  const run = new AbortController()
  const loading = index.load({ signal: run.signal })
  run.abort(new Error('stopping'))
  await expect(loading).rejects.toThrow('stopping')
  expect(index.ready).toBe(false)
  await index.load()
  expect(index.of('files').size).toBe(9_000)
})
