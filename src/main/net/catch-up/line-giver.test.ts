import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { decodeBatch } from '../../model/record-codec.ts'
import { recordDigest } from '../../model/record-id.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { LineGiver } from './line-giver.ts'
import { linePaceOf } from './line-pace.ts'
import type { RecordTrade } from './reconcile-trade.ts'

const signer = identityOfSeed(new Uint8Array(32).fill(3))
const records = Array.from({ length: 400 }, (_, i): SignedRecord => {
  const span = { validFrom: 1_700_000_000_000 + i, validUntil: 1_700_003_600_000 }
  const value = { note: 'x'.repeat(200) }
  return signRecord(
    { v: 1, bucket: 'files', key: `k${i}`, value, author: signer.peerId, seq: i, ...span },
    signer,
    'founding',
  )
})
const items = records.map(({ id }) => ['files', recordDigest(id) ?? new Uint8Array(32)] as const)
const byItem = new Map(items.map(([, id], i) => [Buffer.from(id).toString('hex'), records[i]]))
const trade = {
  give: ([item]: Iterable<readonly [string, Uint8Array]>) => {
    const record = item === undefined ? undefined : byItem.get(Buffer.from(item[1]).toString('hex'))
    return { records: record === undefined ? [] : [record], batch: new Uint8Array(0), settled: 1 }
  },
} as unknown as RecordTrade

function make(shared: boolean) {
  const clock = new FakeClock()
  const sent: { readonly batch: Uint8Array; readonly to: string | undefined }[] = []
  const pace = { ...linePaceOf({ kind: 'udp', address: '' }), givenBytesPerS: 10_000, givenBurstBytes: 40_000 }
  const send = async (batch: Uint8Array, { to }: { readonly to?: string }): Promise<void> =>
    void sent.push({ batch, to })
  const giver = new LineGiver({ trade, clock, send }, { channel: { shared, batchBytes: 8_000 }, pace })
  const bytes = (): number => sent.reduce((sum, { batch }) => sum + batch.length, 0)
  return { clock, giver, sent, bytes }
}

test('who asks for much gets as much as there is room for, in batches of the channel, and no more', async () => {
  const { clock, giver, sent, bytes } = make(true)
  const settled = await giver.giveItems(items, 'a')
  expect(settled).toBeGreaterThan(50)
  expect(bytes()).toBeLessThan(41_000)
  for (const { batch } of sent) {
    expect(batch.length).toBeLessThan(8_500)
    expect(decodeBatch(batch).kind).toBe('ok')
  }
  // Asked again and again: not more than flows in.
  for (let i = 0; i < 20; i += 1) await giver.giveItems(items.slice(settled), 'b')
  expect(bytes()).toBeLessThan(41_000)
  await clock.advance(1_000)
  await giver.giveItems(items.slice(settled), 'b')
  expect(bytes()).toBeLessThan(52_000)
})

test('where all hear all, what one has just been given another is not given again', async () => {
  const { clock, giver, sent } = make(true)
  expect(await giver.giveItems(items.slice(0, 10), 'a')).toBe(10)
  const before = sent.length
  expect(await giver.giveItems(items.slice(0, 10), 'b')).toBe(10)
  expect(sent.length).toBe(before)
  // It may have been lost: after a while it is.
  await clock.advance(2_000)
  expect(await giver.giveItems(items.slice(0, 10), 'b')).toBe(10)
  expect(sent.length).toBe(before + 1)
  expect(sent.every(({ to }) => to === undefined)).toBe(true)
})

test('where each link stands alone, each gets what it asks for', async () => {
  const { giver, sent } = make(false)
  await giver.giveItems(items.slice(0, 10), 'a')
  await giver.giveItems(items.slice(0, 10), 'b')
  expect(sent.map(({ to }) => to)).toEqual(['a', 'b'])
})

test('what is to be given in any case waits for its turn', async () => {
  const { clock, giver, bytes } = make(true)
  let done = false
  const giving = giver.give(records, 'a', new AbortController().signal).then(() => (done = true))
  const second = async (): Promise<void> => {
    await setImmediate()
    await clock.advance(1_000)
    await setImmediate()
  }
  for (let s = 0; s < 5; s += 1) await second()
  expect(done).toBe(false)
  expect(bytes()).toBeLessThan(40_000 + 5 * 10_000 + 10_000)
  for (let s = 0; s < 30 && !done; s += 1) await second()
  await giving
  expect(bytes()).toBeGreaterThan(400 * 250)
})
