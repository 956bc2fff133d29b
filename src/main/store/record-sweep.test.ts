import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../base/log.ts'
import { encodeRoot, rootKey } from '../model/trust-records.ts'
import { Database } from './database.ts'
import { RecordBook } from './record-book.ts'
import { burialMs } from './record-sweep.ts'
import { hourMs, OneBook, operator, robot, self } from './testing/one-book.ts'

let w: OneBook

beforeEach(() => {
  w = new OneBook()
})

afterEach(() => w.remove())

describe('burial', () => {
  it('takes the body an hour after the dismissal, and keeps it from coming back', async () => {
    const share = w.record('files', 'log', robot)
    w.take(share, w.attested(share, 'dismiss', robot))
    expect(w.book.sweep().removed).toBe(0)
    await w.clock.advance(burialMs + 1)
    expect(w.book.sweep().removed).toBe(1)
    expect(w.book.get(share.id)).toBeUndefined()
    expect(w.book.buried(share.id)?.map(({ verdict, author }) => [verdict, author])).toEqual([
      ['dismiss', robot.peerId],
    ])
    expect(w.book.attestations(share.id)).toEqual(w.book.buried(share.id))
    expect(w.take(share)).toEqual(['dismissed'])
    expect(w.book.merge([share], w.arrival()).refused).toEqual([{ id: share.id, reason: 'dismissed' }])
    w.database.close()
    w.open()
    expect(w.take(share)).toEqual(['dismissed'])
    await w.clock.advance(48 * hourMs)
    w.book.sweep()
    expect(w.book.buried(share.id)).toBeUndefined()
    expect(w.take(share)).toEqual(['expired'])
  })

  it('ends when who dismissed it takes that back, or is revoked', async () => {
    const [mine, theirs] = [w.record('files', 'mine', robot), w.record('files', 'theirs', robot)]
    w.take(w.attested(mine, 'dismiss', robot), w.attested(theirs, 'dismiss', operator))
    await w.clock.advance(burialMs + 1)
    expect(w.book.sweep().removed).toBe(2)
    expect(w.take(mine, theirs)).toEqual(['dismissed', 'dismissed'])
    expect(w.take(w.attested(mine, 'endorse', robot))).toEqual(['ok'])
    expect(w.stateOf(mine)).toBe('accepted')
    w.take(w.trusted.revoke(operator.peerId))
    expect(w.take(theirs)).toEqual(['ok'])
    expect(w.stateOf(theirs)).toBe('accepted')
    // The signature of a key that was revoked is kept no more.
    expect(w.book.get(theirs.id)?.record.attestations).toEqual([])
  })

  it('is not for what has a key: that stays until it ends, to outdate what is older', async () => {
    const old = w.record('machines', 'self', robot)
    await w.clock.advance(1_000)
    const young = w.record('machines', 'self', robot)
    w.take(w.attested(young, 'dismiss', robot))
    await w.clock.advance(burialMs + 1)
    expect(w.book.sweep().removed).toBe(0)
    expect(w.stateOf(young)).toBe('dismissed')
    expect(w.take(old)).toEqual(['superseded'])
    expect(w.take(w.attested(young, 'endorse', robot))).toEqual(['ok'])
    expect(w.stateOf(young)).toBe('accepted')
  })

  it('is told to a neighbour that holds the record', () => {
    const share = w.record('files', 'log', robot)
    w.take(share)
    w.told = []
    const { added } = w.book.merge([w.attested(share, 'dismiss', operator)], w.arrival())
    expect(added.map(({ record: one }) => one.id)).toEqual([share.id])
    expect(w.told).toEqual(['-files log'])
  })

  it('sweeps what the revoked said, an hour after, without a mark', async () => {
    const share = w.record('files', 'log', robot)
    w.take(share, w.trusted.revoke(robot.peerId, { atMs: w.clock.now() }))
    expect(w.book.sweep().removed).toBe(0)
    await w.clock.advance(burialMs + 1)
    expect(w.book.sweep().removed).toBe(1)
    expect(w.book.get(share.id)).toBeUndefined()
    expect(w.book.buried(share.id)).toBeUndefined()
    w.take(w.trusted.grant(robot.peerId, ['robot'], { atMs: w.clock.now() }))
    expect(w.take(share)).toEqual(['ok'])
  })
})

describe('the root', () => {
  it('comes back after the database was lost', () => {
    w.database.close()
    rmSync(join(w.home, 'swarm.db'))
    w.open()
    expect(w.book.trust().root?.version).toBe(1)
    expect(w.book.trust().of(w.trusted.root.peerId).standing).toBe('root')
    expect(w.book.live('trust')).toHaveLength(1)
  })
})

describe('the newest root', () => {
  it('is kept beside the database, comes back with it, and an older one is not believed again', () => {
    const { root } = w.trusted
    const next = w.record('trust', rootKey, root, {
      value: encodeRoot({
        version: 2,
        name: 'lab',
        keys: [root.peerId],
        threshold: 1,
        rules: new Map(),
        previous: w.trusted.anchor.root,
      }),
      validUntil: w.clock.now() + 300 * 24 * hourMs,
    })
    const swarm = w.trusted.swarm()
    const base = { clock: w.clock, log: silentLog, counters: w.counters, identity: self, swarm }
    const reopened = (): RecordBook => {
      w.database.close()
      rmSync(join(w.home, 'swarm.db'), { force: true })
      w.database = Database.open(base, { home: w.home })
      return new RecordBook({ ...base, database: w.database })
    }
    const first = reopened()
    first.merge([next], w.arrival())
    expect(swarm.get().anchor).toMatchObject({ swarm: w.trusted.anchor.swarm, root: next.id, rootVersion: 2 })
    // The database is lost: the root that was kept is enough to go on.
    const second = reopened()
    expect(second.trust().root?.version).toBe(2)
    expect(second.has('trust', next.id)).toBe(true)
    // Somebody put back an older state, and the kept root is lost too: the older one is known, and not believed.
    swarm.forgetRecord()
    const third = reopened()
    third.merge(w.trusted.records, w.arrival())
    expect(third.trust().root).toBeNull()
    expect(third.trust().problems.map(({ code }) => code)).toEqual(['ROLLED_BACK'])
    expect(third.live('trust')).toEqual([])
    third.merge([next], w.arrival())
    expect(third.trust().root?.version).toBe(2)
  })
})

describe('growth', () => {
  it('is a short history that ends now', async () => {
    for (let i = 0; i < 80; i++) {
      await w.clock.advance(5 * 60_000)
      w.take(w.record('files', `log-${i}`, robot))
      w.book.sweep()
    }
    const points = w.book.growth('files')
    expect(points.length).toBeLessThanOrEqual(60)
    expect(points.length).toBeGreaterThanOrEqual(59)
    expect(points.at(-1)).toEqual({ atMs: w.clock.now(), records: 80 })
    expect(points.map(({ records }) => records)).toEqual(points.map(({ records }) => records).toSorted((a, b) => a - b))
  })
})
