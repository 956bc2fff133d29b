import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { signAttestation } from '../model/attestation.ts'
import { encodeSigned } from '../model/record-codec.ts'
import { signRecord, verifyRecord, type RecordBody, type SignedRecord } from '../model/record.ts'
import { Database } from './database.ts'
import { identityOfSeed } from './identity-store.ts'
import { RecordBook } from './record-book.ts'
import type { Arrival } from './record-store.ts'
import { trustedSwarm } from './testing/trusted.ts'

const hourMs = 3_600_000
const self = identityOfSeed(new Uint8Array(32).fill(1))
const other = identityOfSeed(new Uint8Array(32).fill(2))
const trusted = trustedSwarm([self.peerId, other.peerId])
const { swarm } = trusted.anchor

let home: string
let database: Database
let book: RecordBook
let clock: FakeClock
let counters: Counters

function open(): void {
  const base = { clock, log: silentLog, counters }
  database = Database.open(base, { home })
  book = new RecordBook({ ...base, database, identity: self, swarm: trusted.swarm() })
  book.merge(trusted.records, { via: 'caught-up', from: null, channel: null, receivedAtMs: clock.now(), hops: 0 })
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-book-'))
  clock = new FakeClock()
  counters = new Counters()
  open()
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

function theirs(seq: number, change: Partial<RecordBody> = {}): SignedRecord {
  const from = clock.now()
  return signRecord(
    {
      v: 1,
      bucket: 'machines',
      key: 'self',
      value: { seq },
      author: other.peerId,
      seq,
      validFrom: from,
      validUntil: from + hourMs,
      ...change,
    },
    other,
    swarm,
  )
}

const arrival = (): Arrival => ({ via: 'direct', from: other.peerId, channel: 'a', receivedAtMs: clock.now(), hops: 1 })

describe('author', () => {
  it('signs, keeps and tells, with a rising seq that outlives a restart', () => {
    const told: unknown[] = []
    book.events.on('bucket:merged', ({ records, arrival: { via } }) => told.push([via, records[0]?.record.body.seq]))
    const first = book.author({ bucket: 'machines', key: 'self', value: { n: 1 }, validForMs: hourMs })
    const second = book.author({ bucket: 'machines', key: 'self', value: { n: 2 }, validForMs: hourMs })
    expect(verifyRecord(second.record, swarm)).toBe(true)
    expect(told).toEqual([
      ['authored', 1],
      ['authored', 2],
    ])
    expect(book.get(first.record.id)).toBeUndefined()
    database.close()
    open()
    expect(book.latest('machines', self.peerId, 'self')).toEqual(second)
    expect(book.author({ bucket: 'machines', key: 'self', value: {}, validForMs: hourMs }).record.body.seq).toBe(3)
    expect(book.counts().find(({ bucket }) => bucket === 'machines')).toMatchObject({ records: 1 })
  })

  it('goes on after the clock stepped back, and is not caught by a stamp from the far future', async () => {
    const first = book.author({ bucket: 'machines', key: 'self', value: { n: 1 }, validForMs: hourMs })
    await clock.advance(-60_000)
    const second = book.author({ bucket: 'machines', key: 'self', value: { n: 2 }, validForMs: hourMs })
    expect(second.record.body.validFrom).toBe(first.record.body.validFrom)
    expect(book.latest('machines', self.peerId, 'self')).toEqual(second)
    await clock.advance(-hourMs)
    const third = book.author({ bucket: 'machines', key: 'self', value: { n: 3 }, validForMs: hourMs })
    expect(third.record.body).toMatchObject({ seq: 3, validFrom: clock.now() })
    expect(book.live('machines')).toEqual([third])
  })

  it('counts on from its own records that come back after its database was lost', () => {
    const lost = signRecord({ ...theirs(41).body, author: self.peerId }, self, swarm)
    book.merge([lost], arrival())
    expect(book.author({ bucket: 'machines', key: 'self', value: {}, validForMs: hourMs }).record.body.seq).toBe(42)
  })

  it('refuses what no peer would take, and keeps nothing of it', () => {
    const draft = { bucket: 'machines', key: 'self', value: {}, validForMs: hourMs } as const
    expect(() => book.author({ ...draft, key: '' })).toThrow(/bad-key/)
    expect(() => book.author({ ...draft, validForMs: 8 * 24 * hourMs })).toThrow(/lives up to/)
    expect(() => book.author({ ...draft, value: { x: 'y'.repeat(9_000) } })).toThrow(/oversize/)
    expect(book.live('machines')).toEqual([])
    expect(book.author(draft).record.body.seq).toBe(1)
  })
})

describe('merge', () => {
  it('keeps the newest of a key in either order, and tells only what is new', () => {
    const [old, young] = [theirs(1), theirs(2)]
    expect(book.merge([young, old], arrival())).toMatchObject({
      added: [{ record: { id: young.id } }],
      refused: [{ id: old.id, reason: 'superseded' }],
    })
    expect(book.merge([young], arrival())).toEqual({ added: [], refused: [] })
    expect(book.live('machines').map(({ record }) => record.id)).toEqual([young.id])
    expect(counters.get('ingest.refused:superseded')).toBe(1)
  })

  it('remembers that a swept record was newer', async () => {
    const [long, short] = [theirs(1, { validUntil: clock.now() + 5 * hourMs }), theirs(2)]
    book.merge([short], arrival())
    await clock.advance(2 * hourMs)
    const swept: unknown[] = []
    book.events.on('bucket:swept', ({ ids }) => swept.push(...ids))
    expect(book.sweep()).toEqual({ removed: 1, more: false })
    expect(swept).toEqual([short.id])
    expect(book.check(encodeSigned(long))).toEqual({ kind: 'rejected', reason: 'superseded' })
    expect(book.check(encodeSigned(short))).toEqual({ kind: 'rejected', reason: 'expired' })
    expect(book.merge([long], arrival()).refused).toEqual([{ id: long.id, reason: 'superseded' }])
    const others = book.counts().filter(({ bucket }) => bucket !== 'trust')
    expect(others.every(({ records, bytes }) => records === 0 && bytes === 0)).toBe(true)
  })

  it('holds an author to its share of a bucket', () => {
    const many = Array.from({ length: 300 }, (_, i) => theirs(i + 1, { key: `k${i}` }))
    const { added, refused } = book.merge(many, arrival())
    expect(added).toHaveLength(256)
    expect(refused).toHaveLength(44)
    expect(refused[0]?.reason).toBe('quota')
    // A newer one under a key that is there needs no more room.
    expect(book.merge([theirs(999, { key: 'k0' })], arrival()).refused).toEqual([])
  })
})

describe('attestations', () => {
  it('take a record back for all who hear of it, and are told once', () => {
    const share = theirs(1, { bucket: 'files', key: 'log' })
    book.merge([share], arrival())
    const dismissed = {
      ...share,
      attestations: [signAttestation({ id: share.id, swarm }, 'dismiss', clock.now(), other)],
    }
    expect(book.check(encodeSigned(share))).toEqual({ kind: 'known', id: share.id })
    expect(book.check(encodeSigned(dismissed)).kind).toBe('check-signature')
    expect(book.merge([dismissed], arrival()).added).toHaveLength(1)
    expect(book.live('files')).toEqual([])
    expect(book.check(encodeSigned(dismissed))).toEqual({ kind: 'known', id: share.id })
    expect(book.idsPage('files', null, 10)).toEqual([share.id])
    expect(book.entriesPage('files', null, 10)[0]?.mark).toHaveLength(8)
  })

  it('of this peer take back its own record', () => {
    const { record } = book.author({ bucket: 'files', key: 'log', value: {}, validForMs: hourMs })
    expect(verifyRecord(book.attest(record.id, 'dismiss').record, swarm)).toBe(true)
    expect(book.live('files')).toEqual([])
  })
})

describe('idsPage', () => {
  it('walks a bucket in pages, each id once', () => {
    const shares = Array.from({ length: 25 }, (_, i) => theirs(i + 1, { bucket: 'files', key: `log-${i}` }))
    book.merge(shares, arrival())
    const seen = []
    for (let page = book.idsPage('files', null, 10); page.length > 0;) {
      seen.push(...page)
      page = book.idsPage('files', page.at(-1) ?? null, 10)
    }
    expect(seen.toSorted()).toEqual(shares.map(({ id }) => id).toSorted())
    expect(book.getMany(seen)).toHaveLength(25)
  })
})

describe('live', () => {
  const taken = () =>
    [{ ...theirs(0, { bucket: 'files', key: 'gone' }) }].map((record) => ({
      ...record,
      attestations: [signAttestation({ id: record.id, swarm }, 'dismiss', clock.now(), other)],
    }))

  it('gives whole records back, page by page as at once, in the order of their arrival', async () => {
    const shares = Array.from({ length: 600 }, (_, i) => {
      const share = theirs(i + 1, {
        bucket: 'files',
        key: `log-\u00e9-${i}`,
        value: { i, raw: new Uint8Array([0, 255, i % 256]) },
      })
      if (i % 3 > 0) return share
      return { ...share, attestations: [signAttestation({ id: share.id, swarm }, 'endorse', clock.now() + i, other)] }
    })
    book.merge([...shares.slice(0, 300), ...taken(), ...shares.slice(300)], arrival())
    book.merge([theirs(1)], arrival())
    const live = book.live('files')
    expect(live.map(({ record }) => record)).toEqual(shares)
    expect(live[0]?.arrival).toEqual(arrival())
    expect(live.every(({ record }) => verifyRecord(record, swarm))).toBe(true)
    expect([...book.livePages('files', 7)].flat()).toEqual(live)
    expect(live.map(({ record }) => book.get(record.id))).toEqual(live)
    const visited: string[] = []
    await book.eachLive('files', ({ record }) => visited.push(record.id))
    expect(visited).toEqual(shares.map(({ id }) => id))
    expect([...book.livePages('usage')].flat()).toEqual([])
  })

  it('lets others have their turn between pages, and stops when told', async () => {
    book.merge(
      Array.from({ length: 600 }, (_, i) => theirs(i + 1, { bucket: 'files', key: `${i}` })),
      arrival(),
    )
    const run = new AbortController()
    let visits = 0
    setImmediate(() => run.abort(new Error('enough')))
    await expect(book.eachLive('files', () => visits++, { signal: run.signal })).rejects.toThrow()
    expect(visits).toBeGreaterThan(0)
    expect(visits).toBeLessThan(600)
  })

  it('leaves out what went while it was read', () => {
    const shares = Array.from({ length: 4 }, (_, i) => theirs(i + 1, { bucket: 'files', key: `${i}` }))
    book.merge(shares, arrival())
    const pages = book.livePages('files', 2)
    expect(pages.next().value).toHaveLength(2)
    const last = shares.at(-1)
    if (last === undefined) throw new Error('there are shares')
    book.merge(
      [{ ...last, attestations: [signAttestation({ id: last.id, swarm }, 'dismiss', clock.now(), other)] }],
      arrival(),
    )
    expect(pages.next().value?.map(({ record }) => record.id)).toEqual([shares[2]?.id])
  })
})

describe('counts', () => {
  it('outlive a restart without reading the records', () => {
    book.merge(
      Array.from({ length: 20 }, (_, i) => theirs(i + 1, { bucket: 'files', key: `${i}` })),
      arrival(),
    )
    book.merge([theirs(1)], arrival())
    book.merge([theirs(2)], arrival())
    const before = book.counts()
    expect(before.find(({ bucket }) => bucket === 'files')?.records).toBe(20)
    database.close()
    open()
    expect(book.counts()).toEqual(before)
  })
})
