import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { signAttestation } from '../../model/attestation.ts'
import { silentLog } from '../../base/log.ts'
import { encodeBatch } from '../../model/record-codec.ts'
import { signRecord, type RecordBody, type SignedRecord } from '../../model/record.ts'
import { identityOfSeed, type Identity } from '../../store/identity-store.ts'
import { AuthorRates } from './author-rates.ts'
import { Ingest, type IngestInit, type Source, type Verdict } from './ingest.ts'
import { circle, TestPeer } from '../testing/peers.ts'

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0).toReversed()) await part.stop()
})

async function make(init: IngestInit = {}) {
  const peer = new TestPeer()
  const ingest = new Ingest({ ...peer, clock: systemClock, log: silentLog }, init)
  open.push(peer, peer.pool, ingest)
  await peer.pool.start()
  await ingest.start()
  return { peer, ingest }
}

const author = identityOfSeed(randomBytes(32))
const from: Source = { from: author.peerId, how: 'gossip' }

function record(key: string, change: Partial<RecordBody> = {}, identity: Identity = author): SignedRecord {
  circle.admitPeer(identity.peerId)
  const now = Date.now()
  const span = { validFrom: now - 1_000, validUntil: now + 3_600_000 }
  const head = { v: 1, bucket: 'files', key, value: { name: key }, author: identity.peerId, seq: 1 } as const
  return signRecord({ ...head, ...span, ...change }, identity, circle.trusted.anchor.swarm)
}

const forged = (one: SignedRecord): SignedRecord => ({ ...one, signature: randomBytes(64) })
const counts = (peer: TestPeer) => peer.counters.snapshot()

test('good records are stored, with who brought them', async () => {
  const { peer, ingest } = await make()
  const other = identityOfSeed(randomBytes(32))
  const verdict = await ingest.receive(encodeBatch([record('a'), record('b', {}, other)]), from)
  expect(verdict).toMatchObject({ added: 2, known: 0, refused: 0, garbage: 0, dropped: false })
  expect(verdict.news.map(({ body }) => body.key)).toEqual(['a', 'b'])
  const vias = peer.book.live('files').map((one) => [one.record.body.key, one.arrival.via, one.arrival.hops])
  expect(vias).toEqual([
    ['a', 'direct', 1],
    ['b', 'relayed', 2],
  ])
})

test('a known record costs no verification, an invalid one neither', async () => {
  const { peer, ingest } = await make()
  const batch = encodeBatch([record('a')])
  await ingest.receive(batch, from)
  const before = peer.counters.get('verify.checks')
  const again = await ingest.receive(batch, from)
  expect(again).toMatchObject({ added: 0, known: 1, news: [] })
  expect(again.repeats.map(({ body }) => body.key)).toEqual(['a'])
  const now = Date.now()
  const old = forged(record('old', { validFrom: now - 9_000, validUntil: now - 1_000 }))
  const early = forged(record('early', { validFrom: now + 3_600_000, validUntil: now + 7_200_000 }))
  expect(await ingest.receive(encodeBatch([old, early]), from)).toMatchObject({ refused: 2, garbage: 0 })
  expect(peer.counters.get('verify.checks')).toBe(before)
  expect(counts(peer)).toMatchObject({ 'ingest.refused:expired': 1, 'ingest.refused:future': 1 })
})

test('copies that come while one is being checked are not checked again', async () => {
  const { peer, ingest } = await make()
  const records = Array.from({ length: 300 }, (_, i) => record(`k${i}`))
  const verdicts = await Promise.all(Array.from({ length: 5 }, () => ingest.receive(encodeBatch(records), from)))
  expect(peer.counters.get('verify.checks')).toBe(300)
  expect(verdicts.reduce((sum, { added }) => sum + added, 0)).toBe(300)
  expect(verdicts.reduce((sum, { known }) => sum + known, 0)).toBe(1_200)
  expect(peer.keys('files')).toHaveLength(300)
})

test('a forged copy speaks neither for nor against the true record', async () => {
  const { peer, ingest } = await make()
  const records = Array.from({ length: 40 }, (_, i) => record(`k${i}`))
  const [bad, good] = await Promise.all([
    ingest.receive(encodeBatch(records.map(forged)), from),
    ingest.receive(encodeBatch(records), from),
  ])
  expect(bad).toMatchObject({ added: 0, garbage: 40 })
  expect(good).toMatchObject({ added: 40, garbage: 0 })
  expect(counts(peer)['ingest.refused:bad-signature']).toBe(40)
})

test('one damaged record does not spoil its batch, and is told as garbage', async () => {
  const { peer, ingest } = await make()
  const damaged = { ...record('b'), bytes: randomBytes(40) }
  expect(await ingest.receive(encodeBatch([record('a'), damaged, record('c')]), from)).toMatchObject({
    added: 2,
    refused: 1,
    garbage: 1,
  })
  expect(peer.keys('files')).toEqual(['a', 'c'])
})

test('random bytes are garbage', async () => {
  const { ingest } = await make()
  for (let i = 0; i < 200; i += 1) {
    const verdict = await ingest.receive(randomBytes(1 + i), from)
    expect(verdict.added).toBe(0)
    expect(verdict.dropped).toBe(false)
  }
})

test('past its bound it drops and says so, and goes on after', async () => {
  const batch = encodeBatch([record('a'), record('b')])
  const { peer, ingest } = await make({ maxWaitingBytes: batch.length * 2 })
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => ingest.receive(batch, from)))
  expect(verdicts.some(({ dropped }) => dropped)).toBe(true)
  expect(peer.counters.get('ingest.dropped:overflow')).toBeGreaterThan(0)
  expect(ingest.waitingBytes).toBe(0)
  expect(await ingest.receive(encodeBatch([record('c')]), from)).toMatchObject({ added: 1 })
})

test('stop settles what waits', async () => {
  const { ingest } = await make()
  const verdicts = Array.from({ length: 20 }, (_, i) => ingest.receive(encodeBatch([record(`k${i}`)]), from))
  await ingest.stop()
  for (const verdict of await Promise.all(verdicts)) expect(verdict.added + (verdict.dropped ? 1 : 0)).toBe(1)
})

test('attestations of a record that is held are charged to those who sign them, not to its author', async () => {
  const { ingest } = await make()
  const operator = identityOfSeed(randomBytes(32))
  circle.admitPeer(operator.peerId, ['operator'])
  const one = record('a')
  await ingest.receive(encodeBatch([one]), from)
  const reserved = vi.spyOn(AuthorRates.prototype, 'reserve')
  const about = { id: one.id, swarm: circle.trusted.anchor.swarm }
  const attestations = [signAttestation(about, 'endorse', Date.now(), operator)]
  expect(await ingest.receive(encodeBatch([{ ...one, attestations }]), from)).toMatchObject({ added: 1 })
  expect(reserved.mock.calls).toEqual([[operator.peerId, 'attest']])
  reserved.mockRestore()
})

test('the same verdict said again is stored, told to nobody, and not more often than it is of use', async () => {
  const { peer, ingest } = await make()
  const attester = identityOfSeed(randomBytes(32))
  circle.admitPeer(attester.peerId, ['operator'])
  const swarm = circle.trusted.anchor.swarm
  const one = record('a')
  await ingest.receive(encodeBatch([one]), from)
  const say = (verdict: 'endorse' | 'dismiss', at: number): Promise<Verdict> => {
    const attestations = [signAttestation({ id: one.id, swarm }, verdict, at, attester)]
    return ingest.receive(encodeBatch([{ ...one, attestations }]), from)
  }
  const startMs = Date.now() - 100
  expect((await say('endorse', startMs)).news).toHaveLength(1)
  expect(await say('endorse', startMs + 1)).toMatchObject({ added: 0, known: 1, news: [] })
  expect(peer.book.get(one.id)?.record.attestations[0]?.at).toBe(startMs + 1)
  for (let i = 2; i < 60; i += 1) await say('endorse', startMs + i)
  expect(peer.counters.get('ingest.refused:rate')).toBeGreaterThan(30)
  // What is new is told.
  expect((await say('dismiss', startMs + 70)).news).toHaveLength(1)
})
