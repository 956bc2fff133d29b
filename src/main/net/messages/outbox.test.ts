import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { signAttestation } from '../../model/attestation.ts'
import { decodeBatch, decodeSigned, signedSizeBytes } from '../../model/record-codec.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { Outbox, type OutBatch, type OutboxInit } from './outbox.ts'

const author = identityOfSeed(randomBytes(32))
const now = { hops: 0, trace: null, except: null, waitMs: 0 }

function record(key: string, bucket: 'files' | 'machines' = 'files', seq = 1): SignedRecord {
  const head = { v: 1, bucket, key, value: { name: key }, author: author.peerId, seq } as const
  return signRecord({ ...head, validFrom: seq, validUntil: 1_000_000 }, author, 'founding')
}

const keysOf = ({ payload }: OutBatch): string[] => {
  const batch = decodeBatch(payload)
  const records = batch.kind === 'ok' ? batch.records.map(decodeSigned) : []
  return records.map((one) => (one.kind === 'ok' ? one.record.body.key : '?'))
}

const open: Outbox[] = []
afterEach(() => Promise.all(open.splice(0).map((outbox) => outbox.stop())))

async function make(init: OutboxInit & { readonly shared?: boolean; readonly batchBytes?: number } = {}) {
  const clock = new FakeClock()
  const counters = new Counters()
  const sent: OutBatch[] = []
  let lost = 0
  const { shared = false, batchBytes = 64 * 1_024 } = init
  const outbox = new Outbox(
    {
      channel: { id: 'c', shared, batchBytes },
      send: async (batch) => sent.push(batch) > 0,
      onDropped: (count) => (lost += count),
      clock,
      counters,
    },
    init,
  )
  open.push(outbox)
  await outbox.start()
  return { clock, counters, outbox, sent, lost: () => lost }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what comes first goes at once, what follows closely goes together', async () => {
  const { clock, outbox, sent } = await make()
  outbox.add([record('a')], now)
  await turn()
  outbox.add([record('b')], now)
  outbox.add([record('c')], now)
  await turn()
  expect(sent.map(keysOf)).toEqual([['a']])
  await clock.advance(25)
  expect(sent.map(keysOf)).toEqual([['a'], ['b', 'c']])
})

test('batches are as large as the channel wants them, and of one way', async () => {
  const size = signedSizeBytes(record('a'))
  const { clock, outbox, sent } = await make({ batchBytes: 2 * size + 10 })
  outbox.add([record('a'), record('b'), record('c')], now)
  outbox.add([record('d')], { ...now, hops: 1, except: 'x' })
  for (let i = 0; i < 5; i += 1) await clock.advance(25)
  expect(sent.map((batch) => [keysOf(batch), batch.hops, batch.except])).toEqual([
    [['a', 'b'], 0, null],
    [['c'], 0, null],
    [['d'], 1, 'x'],
  ])
})

test('what others have said meanwhile is not said again, unless it says more', async () => {
  const { clock, counters, outbox, sent } = await make({ shared: true })
  const [a, b] = [record('a'), record('b')]
  outbox.add([a, b], { ...now, hops: 1, waitMs: 40 })
  await clock.advance(20)
  outbox.heard([a])
  await clock.advance(30)
  expect(sent.map(keysOf)).toEqual([['b']])
  expect(counters.get('brain.spared')).toBe(1)
  const attested = { ...a, attestations: [signAttestation({ id: a.id, swarm: a.id }, 'dismiss', 9, author)] }
  outbox.add([a, attested], now)
  await clock.advance(30)
  expect(sent.map(keysOf)).toEqual([['b'], ['a']])
})

test('one that is due sooner does not wait for one that is due later', async () => {
  const { clock, outbox, sent } = await make({ shared: true })
  outbox.add([record('late')], { ...now, waitMs: 2_000 })
  await clock.advance(100)
  outbox.add([record('soon')], now)
  await turn()
  expect(sent.map(keysOf)).toEqual([['soon']])
  await clock.advance(2_000)
  expect(sent.map(keysOf)).toEqual([['soon'], ['late']])
})

test('a channel that is too slow loses the oldest, and says how many', async () => {
  const size = signedSizeBytes(record('k0'))
  const { clock, counters, outbox, sent, lost } = await make({ maxBytes: 5 * size + 10 })
  outbox.add(
    Array.from({ length: 9 }, (_, i) => record(`k${i}`)),
    { ...now, waitMs: 10 },
  )
  expect(outbox.waiting).toBe(5)
  expect(lost()).toBe(4)
  expect(counters.get('brain.dropped:overflow')).toBe(4)
  await clock.advance(50)
  expect(sent.map(keysOf)).toEqual([['k4', 'k5', 'k6', 'k7', 'k8']])
})

test('a machine that speaks often keeps its turn, with its newest word', async () => {
  const { clock, outbox, sent } = await make({ shared: true })
  outbox.add([record('self', 'machines', 1)], { ...now, waitMs: 50 })
  await clock.advance(40)
  outbox.add([record('self', 'machines', 2)], { ...now, waitMs: 50 })
  await clock.advance(15)
  expect(sent.map(({ records }) => records.map(({ body }) => body.seq))).toEqual([[2]])
})

test('at the end what was said here is sent, what is of others is left', async () => {
  const { outbox, sent } = await make()
  outbox.add([record('own')], { ...now, waitMs: 500 })
  outbox.add([record('others')], { ...now, hops: 1, waitMs: 500 })
  await outbox.stop()
  expect(sent.map(keysOf)).toEqual([['own']])
  outbox.add([record('after')], now)
  expect(outbox.waiting).toBe(0)
})
