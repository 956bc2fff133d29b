import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { signAttestation } from '../model/attestation.ts'
import { buckets, type BucketName } from '../model/bucket.ts'
import { encodeSigned } from '../model/record-codec.ts'
import { signRecord, type RecordBody, type SignedRecord } from '../model/record.ts'
import { askKey, encodeAsk, encodeRoot, rootKey } from '../model/trust-records.ts'
import { Database } from './database.ts'
import { identityOfSeed, type Identity } from './identity-store.ts'
import { RecordBook } from './record-book.ts'
import { burialMs } from './record-sweep.ts'
import type { Arrival } from './record-store.ts'
import { trustedSwarm, type TrustedSwarm } from './testing/trusted.ts'

const hourMs = 3_600_000
const identityOf = (n: number): Identity => identityOfSeed(new Uint8Array(32).fill(n))
const [self, robot, operator, stranger] = [1, 2, 3, 4].map(identityOf) as [Identity, Identity, Identity, Identity]

let home: string
let database: Database
let book: RecordBook
let clock: FakeClock
let counters: Counters
let trusted: TrustedSwarm
let timeKnown: boolean
let told: string[]

function open(): void {
  const base = { clock, log: silentLog, counters }
  database = Database.open(base, { home })
  const isTimeKnown = (): boolean => timeKnown
  book = new RecordBook({ ...base, database, identity: self, swarm: trusted.swarm() }, { isTimeKnown })
  told = []
  book.events.on('bucket:merged', ({ bucket, records }) => {
    for (const { record } of records) told.push(`+${bucket} ${record.body.key}`)
  })
  book.events.on('bucket:swept', ({ bucket, ids }) => told.push(...ids.map((id) => `-${bucket} ${keys.get(id) ?? id}`)))
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-trust-'))
  clock = new FakeClock()
  counters = new Counters()
  timeKnown = true
  trusted = trustedSwarm([self.peerId, robot.peerId, { peer: operator.peerId, roles: ['operator'] }])
  keys.clear()
  open()
  take(...trusted.records)
  told = []
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

/** Of the records that a test makes, so that what is told can be read. */
const keys = new Map<RecordId, string>()
let seq = 0

function record(bucket: BucketName, key: string, author: Identity, change: Partial<RecordBody> = {}): SignedRecord {
  const from = clock.now()
  const body: RecordBody = {
    v: 1,
    bucket,
    key,
    value: { n: ++seq },
    author: author.peerId,
    seq,
    validFrom: from,
    validUntil: from + Math.min(buckets[bucket].maxValidityMs, 48 * hourMs),
    ...change,
  }
  const made = signRecord(body, author)
  keys.set(made.id, key)
  return made
}

const askOf = (who: Identity): SignedRecord =>
  record('trust', askKey, who, {
    value: encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null }),
  })

const arrival = (): Arrival => ({ via: 'direct', from: robot.peerId, channel: 'x', receivedAtMs: clock.now(), hops: 1 })

/** As the network does: checked, then merged. @returns why each was not taken, or `ok` */
function take(...records: readonly SignedRecord[]): string[] {
  return records.map((one) => {
    const checked = book.check(encodeSigned(one))
    if (checked.kind !== 'check-signature') return checked.kind === 'rejected' ? checked.reason : checked.kind
    return book.merge([checked.record], arrival()).refused[0]?.reason ?? 'ok'
  })
}

function attested(one: SignedRecord, verdict: 'endorse' | 'dismiss', ...by: readonly Identity[]): SignedRecord {
  const more = by.map((who) => signAttestation(one.id, verdict, clock.now(), who))
  return { ...one, attestations: [...one.attestations, ...more] }
}

const stateOf = (one: SignedRecord): string | undefined => {
  const stored = book.get(one.id)
  return stored === undefined ? undefined : book.state(stored).state
}

describe('the door', () => {
  it('lets strangers say who they are and that they ask, and nothing else', () => {
    expect(
      take(
        record('machines', 'self', stranger),
        record('diagnostics', 'health', stranger),
        record('channels', 'links', stranger),
        askOf(stranger),
        record('files', 'log', stranger),
        record('releases', 'one', stranger),
        record('trust', `role/${stranger.peerId}`, stranger, { value: { version: 1, roles: ['operator'] } }),
        record('trust', 'mischief', stranger),
      ),
    ).toEqual(['ok', 'ok', 'ok', 'ok', 'stranger', 'stranger', 'ok', 'stranger'])
    // The last role came while the trust was still being learned; it is let in no more a minute later, and goes.
    expect(told).toEqual([])
    expect(book.live('machines')).toEqual([])
  })

  it('lets a role in only when somebody speaks for it, once the trust is learned', async () => {
    const own = () =>
      record('trust', `role/${stranger.peerId}`, stranger, { value: { version: ++seq, roles: ['operator'] } })
    const early = own()
    expect(take(early)).toEqual(['ok'])
    await clock.advance(2 * 60_000)
    book.sweep()
    expect(book.get(early.id)).toBeUndefined()
    expect(take(early, own())).toEqual(['stranger', 'stranger'])
    expect(take(attested(own(), 'endorse', operator))).toEqual(['ok'])
    expect(book.trust().of(stranger.peerId).standing).toBe('stranger')
  })

  it('keeps little of each stranger, and of all of them together', () => {
    const many = Array.from({ length: 10 }, (_, i) => record('machines', `self${i}`, stranger))
    expect(take(...many).filter((outcome) => outcome === 'ok')).toHaveLength(
      buckets.machines.strangers.maxRecordsPerAuthor,
    )
    const crowd = Array.from({ length: buckets.machines.strangers.maxRecords + 20 }, (_, i) => {
      const seed = new Uint8Array(32).fill(200)
      new DataView(seed.buffer).setUint32(0, i)
      return record('machines', 'self', identityOfSeed(seed))
    })
    const outcomes = take(...crowd)
    expect(outcomes.filter((outcome) => outcome === 'quota').length).toBeGreaterThanOrEqual(20)
    expect(take(record('machines', 'self', robot))).toEqual(['ok'])
  })

  it('has no room for large words of strangers, though each is few', () => {
    const large = { value: { text: 'x'.repeat(7_000) } }
    const one = Array.from({ length: 4 }, (_, i) => record('machines', `${i}`, stranger, large))
    expect(take(...one)).toEqual(['ok', 'ok', 'ok', 'ok'])
    const more = Array.from({ length: 4 }, (_, i) => record('diagnostics', `${i}`, stranger, large))
    expect(take(...more)).toEqual(['ok', 'ok', 'ok', 'ok'])
    const crowd = Array.from({ length: 700 }, (_, i) => {
      const seed = new Uint8Array(32).fill(201)
      new DataView(seed.buffer).setUint32(0, i)
      return record('machines', 'self', identityOfSeed(seed), large)
    })
    take(...crowd)
    expect(book.counts().find(({ bucket }) => bucket === 'machines')?.bytes).toBeLessThanOrEqual(4 * 1_024 * 1_024)
  })

  it('strips the attestations of strangers, so that they cannot crowd out those who count', () => {
    const share = record('files', 'log', robot)
    const crowd = Array.from({ length: 30 }, (_, i) => identityOf(100 + i))
    expect(take(attested(share, 'endorse', ...crowd))).toEqual(['ok'])
    expect(book.get(share.id)?.record.attestations).toEqual([])
    expect(take(attested(share, 'dismiss', ...crowd))).toEqual(['known'])
    expect(take(attested(share, 'dismiss', ...crowd.slice(0, 20), operator))).toEqual(['ok'])
    expect(book.get(share.id)?.record.attestations.map(({ author }) => author)).toEqual([operator.peerId])
  })

  it('refuses what is beyond an author’s share of bytes', () => {
    const large = { value: { text: 'x'.repeat(47_000) } }
    const releases = Array.from({ length: 400 }, (_, i) => record('releases', `${i}`, operator, large))
    const { refused } = book.merge(releases, arrival())
    expect(refused.length).toBeGreaterThan(30)
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['quota']))
  })

  it('refuses the revoked without a verification, and honestly', () => {
    take(trusted.revoke(robot.peerId))
    const later = { ...record('files', 'log', robot), signature: new Uint8Array(64) }
    expect(take(later)).toEqual(['revoked'])
    expect(counters.get('ingest.refused:revoked')).toBe(1)
  })

  it('learns the trust without a clock, and throws nothing away as too new', () => {
    const late = new FakeClock(0)
    clock = late
    timeKnown = false
    const elsewhere = mkdtempSync(join(tmpdir(), 'dt-swarm-1970-'))
    database.close()
    const before = home
    home = elsewhere
    open()
    try {
      expect(take(...trusted.records)).toEqual(trusted.records.map(() => expect.stringMatching(/^(ok|known)$/)))
      const now = trusted.records[0]?.body.validFrom ?? 0
      const share = record('files', 'log', robot, { validFrom: now, validUntil: now + hourMs })
      expect(take(share)).toEqual(['future'])
      expect(book.sweep().removed).toBe(0)
      late.jump(now + 60_000)
      timeKnown = true
      book.sweep()
      expect(book.trust().of(robot.peerId).standing).toBe('member')
      expect(take(share)).toEqual(['ok'])
      expect(stateOf(share)).toBe('accepted')
    } finally {
      rmSync(before, { recursive: true, force: true })
    }
  })
})

describe('what is told', () => {
  it('is only what counts; what a stranger said counts once it is admitted, without being sent again', async () => {
    const [machine, health] = [record('machines', 'self', stranger), record('diagnostics', 'health', stranger)]
    const stored: string[] = []
    book.events.on('records:stored', ({ records }) => stored.push(...records.map((one) => one.record.body.key)))
    take(machine, health)
    expect(stored).toEqual(['self', 'health'])
    expect(stateOf(machine)).toBe('proposed')
    expect(told).toEqual([])
    const changed: PeerId[] = []
    book.events.on('trust:changed', ({ peers }) => changed.push(...peers))
    take(trusted.grant(stranger.peerId, ['robot']))
    expect(changed).toEqual([stranger.peerId])
    expect(told.filter((one) => !one.startsWith('+trust'))).toEqual(['+machines self', '+diagnostics health'])
    expect(book.live('machines').map(({ record: one }) => one.id)).toEqual([machine.id])
    await book.settled()
  })

  it('takes back what a revoked peer said, and what it had dismissed counts again', () => {
    const [share, other] = [record('files', 'log', operator), record('files', 'other', robot)]
    take(share, attested(other, 'dismiss', operator))
    expect([stateOf(share), stateOf(other)]).toEqual(['accepted', 'dismissed'])
    told = []
    take(trusted.revoke(operator.peerId))
    expect([stateOf(share), stateOf(other)]).toEqual(['dismissed', 'accepted'])
    expect(told).toEqual(expect.arrayContaining(['-files log', '+files other']))
    expect(told.filter((one) => one.startsWith('+files'))).toEqual(['+files other'])
  })

  it('of thousands of records of one that is revoked comes in slices', async () => {
    const shares = Array.from({ length: 5_000 }, (_, i) => record('files', `log-${i}`, robot))
    for (let i = 0; i < shares.length; i += 500) book.merge(shares.slice(i, i + 500), arrival())
    told = []
    let turns = 0
    const turn = (): void => {
      turns += 1
      if (told.length < shares.length) setImmediate(turn)
    }
    setImmediate(turn)
    take(trusted.revoke(robot.peerId))
    expect(told.length).toBeLessThan(1_000)
    await book.settled()
    expect(told.filter((one) => one.startsWith('-files'))).toHaveLength(shares.length)
    expect(turns).toBeGreaterThan(10)
  })

  it('ends with the last word when trust changes while it is being told', async () => {
    const shares = Array.from({ length: 2_000 }, (_, i) => record('files', `log-${i}`, robot))
    book.merge(shares, arrival())
    told = []
    take(trusted.revoke(robot.peerId))
    take(trusted.grant(robot.peerId, ['robot']))
    await book.settled()
    const last = new Map<string, string>()
    for (const one of told) last.set(one.slice(1), one.slice(0, 1))
    for (const { body } of shares) expect(last.get(`files ${body.key}`) ?? '+').toBe('+')
    expect(book.live('files')).toHaveLength(shares.length)
  })
})

describe('burial', () => {
  it('takes the body an hour after the dismissal, and keeps it from coming back', async () => {
    const share = record('files', 'log', robot)
    take(share, attested(share, 'dismiss', robot))
    expect(book.sweep().removed).toBe(0)
    await clock.advance(burialMs + 1)
    expect(book.sweep().removed).toBe(1)
    expect(book.get(share.id)).toBeUndefined()
    expect(book.buried(share.id)?.map(({ verdict, author }) => [verdict, author])).toEqual([['dismiss', robot.peerId]])
    expect(book.attestations(share.id)).toEqual(book.buried(share.id))
    expect(take(share)).toEqual(['dismissed'])
    expect(book.merge([share], arrival()).refused).toEqual([{ id: share.id, reason: 'dismissed' }])
    database.close()
    open()
    expect(take(share)).toEqual(['dismissed'])
    await clock.advance(48 * hourMs)
    book.sweep()
    expect(book.buried(share.id)).toBeUndefined()
    expect(take(share)).toEqual(['expired'])
  })

  it('ends when who dismissed it takes that back, or is revoked', async () => {
    const [mine, theirs] = [record('files', 'mine', robot), record('files', 'theirs', robot)]
    take(attested(mine, 'dismiss', robot), attested(theirs, 'dismiss', operator))
    await clock.advance(burialMs + 1)
    expect(book.sweep().removed).toBe(2)
    expect(take(mine, theirs)).toEqual(['dismissed', 'dismissed'])
    expect(take(attested(mine, 'endorse', robot))).toEqual(['ok'])
    expect(stateOf(mine)).toBe('accepted')
    take(trusted.revoke(operator.peerId))
    expect(take(theirs)).toEqual(['ok'])
    expect(stateOf(theirs)).toBe('accepted')
    // The dismissal is still known, should it count again.
    expect(book.get(theirs.id)?.record.attestations).toHaveLength(1)
  })

  it('of a keyed record leaves what it outdates out, too', async () => {
    const old = record('machines', 'self', robot)
    await clock.advance(1_000)
    const young = record('machines', 'self', robot)
    take(attested(young, 'dismiss', robot))
    await clock.advance(burialMs + 1)
    expect(book.sweep().removed).toBe(1)
    expect(take(old, young)).toEqual(['superseded', 'dismissed'])
    expect(take(attested(young, 'endorse', robot))).toEqual(['ok'])
    expect(stateOf(young)).toBe('accepted')
  })

  it('is told to a neighbour by attestations alone', async () => {
    const share = record('files', 'log', robot)
    take(share)
    const dismissal = [signAttestation(share.id, 'dismiss', clock.now(), operator)]
    told = []
    const changed = book.mergeAttestations([{ id: share.id, attestations: dismissal }], arrival())
    expect(changed.map(({ record: one }) => one.id)).toEqual([share.id])
    expect(told).toEqual(['-files log'])
    await clock.advance(burialMs + 1)
    book.sweep()
    const again = [signAttestation(share.id, 'dismiss', clock.now(), robot)]
    expect(book.mergeAttestations([{ id: share.id, attestations: again }], arrival())).toEqual([])
    expect(book.attestations(share.id)).toHaveLength(2)
    const unknown = record('files', 'unknown', robot)
    book.mergeAttestations([{ id: unknown.id, attestations: again }], arrival())
    expect(book.attestations(unknown.id)).toBeUndefined()
  })

  it('sweeps what the revoked said, an hour after, without a mark', async () => {
    const share = record('files', 'log', robot)
    take(share, trusted.revoke(robot.peerId, { atMs: clock.now() }))
    expect(book.sweep().removed).toBe(0)
    await clock.advance(burialMs + 1)
    expect(book.sweep().removed).toBe(1)
    expect(book.get(share.id)).toBeUndefined()
    expect(book.buried(share.id)).toBeUndefined()
    take(trusted.grant(robot.peerId, ['robot'], { atMs: clock.now() }))
    expect(take(share)).toEqual(['ok'])
  })
})

describe('the root', () => {
  it('comes back after the database was lost', () => {
    database.close()
    rmSync(join(home, 'swarm.db'))
    open()
    expect(book.trust().root?.version).toBe(1)
    expect(book.trust().of(trusted.root.peerId).standing).toBe('root')
    expect(book.live('trust')).toHaveLength(1)
  })
})

describe('the newest root', () => {
  it('is kept beside the database, comes back with it, and an older one is not believed again', () => {
    const { root } = trusted
    const next = record('trust', rootKey, root, {
      value: encodeRoot({ version: 2, name: 'lab', keys: [root.peerId], threshold: 1, rules: new Map() }),
      validUntil: clock.now() + 300 * 24 * hourMs,
    })
    const swarm = trusted.swarm()
    const base = { clock, log: silentLog, counters, identity: self, swarm }
    const reopened = (): RecordBook => {
      database.close()
      rmSync(join(home, 'swarm.db'), { force: true })
      database = Database.open(base, { home })
      return new RecordBook({ ...base, database })
    }
    const first = reopened()
    first.merge([next], arrival())
    expect(swarm.get().anchor).toMatchObject({ swarm: trusted.anchor.swarm, root: next.id, rootVersion: 2 })
    // The database is lost: the root that was kept is enough to go on.
    const second = reopened()
    expect(second.trust().root?.version).toBe(2)
    expect(second.has('trust', next.id)).toBe(true)
    // Somebody put back an older state, and the kept root is lost too: the older one is known, and not believed.
    swarm.forgetRecord()
    const third = reopened()
    third.merge(trusted.records, arrival())
    expect(third.trust().root).toBeNull()
    expect(third.trust().problems.map(({ code }) => code)).toEqual(['ROLLED_BACK'])
    expect(third.live('trust')).toEqual([])
    third.merge([next], arrival())
    expect(third.trust().root?.version).toBe(2)
  })
})

describe('growth', () => {
  it('is a short history that ends now', async () => {
    for (let i = 0; i < 80; i++) {
      await clock.advance(5 * 60_000)
      take(record('files', `log-${i}`, robot))
      book.sweep()
    }
    const points = book.growth('files')
    expect(points.length).toBeLessThanOrEqual(60)
    expect(points.length).toBeGreaterThanOrEqual(59)
    expect(points.at(-1)).toEqual({ atMs: clock.now(), records: 80 })
    expect(points.map(({ records }) => records)).toEqual(points.map(({ records }) => records).toSorted((a, b) => a - b))
  })
})
