import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { buckets } from '../model/bucket.ts'
import { identityOfSeed } from './identity-store.ts'
import { hourMs, identityOf, OneBook, operator, robot, stranger } from './testing/one-book.ts'

let w: OneBook

beforeEach(() => {
  w = new OneBook()
})

afterEach(() => w.remove())

describe('the door', () => {
  it('lets strangers say who they are and that they ask, and nothing else', () => {
    expect(
      w.take(
        w.record('machines', 'self', stranger),
        w.record('diagnostics', 'health', stranger),
        w.record('channels', 'links', stranger),
        w.askOf(stranger),
        w.record('files', 'log', stranger),
        w.record('releases', 'one', stranger),
        w.record('trust', `role/${stranger.peerId}`, stranger, { value: { version: 1, roles: ['operator'] } }),
        w.record('trust', 'mischief', stranger),
      ),
    ).toEqual(['ok', 'ok', 'ok', 'ok', 'stranger', 'stranger', 'ok', 'stranger'])
    // The last role came while the trust was still being learned; it is let in no more a minute later, and goes.
    expect(w.told).toEqual([])
    expect(w.book.live('machines')).toEqual([])
  })

  it('lets a role in only when somebody speaks for it, once the trust is learned', async () => {
    const own = () =>
      w.record('trust', `role/${stranger.peerId}`, stranger, { value: { version: w.nextSeq(), roles: ['operator'] } })
    const early = own()
    expect(w.take(early)).toEqual(['ok'])
    await w.clock.advance(2 * 60_000)
    w.book.sweep()
    expect(w.book.get(early.id)).toBeUndefined()
    expect(w.take(early, own())).toEqual(['stranger', 'stranger'])
    expect(w.take(w.attested(own(), 'endorse', operator))).toEqual(['ok'])
    expect(w.book.trust().of(stranger.peerId).standing).toBe('stranger')
  })

  it('takes no trust record that says nothing', () => {
    const value = { version: 1, roles: ['king'] }
    const made = [robot, operator].flatMap((author) => [
      w.record('trust', `role/${stranger.peerId}`, author, { value }),
      w.record('trust', 'root', author, { value }),
      w.record('trust', 'ask', author, { value }),
      w.record('trust', 'mischief', author),
    ])
    expect(new Set(w.take(...made))).toEqual(new Set(['bad-value']))
  })

  it('keeps little of each stranger, and of all of them together', () => {
    const many = Array.from({ length: 10 }, (_, i) => w.record('machines', `self${i}`, stranger))
    expect(w.take(...many).filter((outcome) => outcome === 'ok')).toHaveLength(
      buckets.machines.strangers.maxRecordsPerAuthor,
    )
    const crowd = Array.from({ length: buckets.machines.strangers.maxRecords + 20 }, (_, i) => {
      const seed = new Uint8Array(32).fill(200)
      new DataView(seed.buffer).setUint32(0, i)
      return w.record('machines', 'self', identityOfSeed(seed))
    })
    const outcomes = w.take(...crowd)
    expect(outcomes.filter((outcome) => outcome === 'quota').length).toBeGreaterThanOrEqual(20)
    expect(w.take(w.record('machines', 'self', robot))).toEqual(['ok'])
  })

  it('has no room for large words of strangers, though each is few', () => {
    const large = { value: { text: 'x'.repeat(7_000) } }
    const one = Array.from({ length: 4 }, (_, i) => w.record('machines', `${i}`, stranger, large))
    expect(w.take(...one)).toEqual(['ok', 'ok', 'ok', 'ok'])
    const more = Array.from({ length: 4 }, (_, i) => w.record('diagnostics', `${i}`, stranger, large))
    expect(w.take(...more)).toEqual(['ok', 'ok', 'ok', 'ok'])
    const crowd = Array.from({ length: 700 }, (_, i) => {
      const seed = new Uint8Array(32).fill(201)
      new DataView(seed.buffer).setUint32(0, i)
      return w.record('machines', 'self', identityOfSeed(seed), large)
    })
    w.take(...crowd)
    expect(w.book.counts().find(({ bucket }) => bucket === 'machines')?.bytes).toBeLessThanOrEqual(4 * 1_024 * 1_024)
  })

  it('strips the attestations of strangers, so that they cannot crowd out those who count', () => {
    const share = w.record('files', 'log', robot)
    const crowd = Array.from({ length: 30 }, (_, i) => identityOf(100 + i))
    expect(w.take(w.attested(share, 'endorse', ...crowd))).toEqual(['ok'])
    expect(w.book.get(share.id)?.record.attestations).toEqual([])
    expect(w.take(w.attested(share, 'dismiss', ...crowd))).toEqual(['known'])
    expect(w.take(w.attested(share, 'dismiss', ...crowd.slice(0, 20), operator))).toEqual(['ok'])
    expect(w.book.get(share.id)?.record.attestations.map(({ author }) => author)).toEqual([operator.peerId])
  })

  it('refuses what is beyond an author’s share of bytes', () => {
    const large = { value: { text: 'x'.repeat(47_000) } }
    const releases = Array.from({ length: 400 }, (_, i) => w.record('releases', `${i}`, operator, large))
    const { refused } = w.book.merge(releases, w.arrival())
    expect(refused.length).toBeGreaterThan(30)
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['quota']))
  })

  it('refuses the revoked without a verification, and honestly', () => {
    w.take(w.trusted.revoke(robot.peerId))
    const later = { ...w.record('files', 'log', robot), signature: new Uint8Array(64) }
    expect(w.take(later)).toEqual(['revoked'])
    expect(w.counters.get('ingest.refused:revoked')).toBe(1)
  })

  it('learns the trust without a clock, and throws nothing away as too new', () => {
    const late = new FakeClock(0)
    w.clock = late
    w.timeKnown = false
    const elsewhere = mkdtempSync(join(tmpdir(), 'dt-swarm-1970-'))
    w.database.close()
    const before = w.home
    w.home = elsewhere
    w.open()
    try {
      expect(w.take(...w.trusted.records)).toEqual(w.trusted.records.map(() => expect.stringMatching(/^(ok|known)$/)))
      const now = w.trusted.records[0]?.body.validFrom ?? 0
      const share = w.record('files', 'log', robot, { validFrom: now, validUntil: now + hourMs })
      expect(w.take(share)).toEqual(['future'])
      expect(w.book.sweep().removed).toBe(0)
      late.jump(now + 60_000)
      w.timeKnown = true
      w.book.sweep()
      expect(w.book.trust().of(robot.peerId).standing).toBe('member')
      expect(w.take(share)).toEqual(['ok'])
      expect(w.stateOf(share)).toBe('accepted')
    } finally {
      rmSync(before, { recursive: true, force: true })
    }
  })
})
