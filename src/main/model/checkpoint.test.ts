import fc from 'fast-check'
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RecordId } from '../../shared/ids.ts'
import type { BucketName } from './bucket.ts'
import { encodeCbor } from './cbor.ts'
import { readChunk } from './checkpoint-chunk.ts'
import { itemOf, joinBatch, joinSigned, wireSize } from './checkpoint-record.ts'
import {
  blockOf,
  checkEntries,
  decodeIndex,
  decodeRoot,
  encodeCheckpoint,
  maxEntriesPerBlock,
  type ChunkEntry,
} from './checkpoint.ts'
import { signAttestation, type Signer } from './attestation.ts'
import { peerIdOfKey } from './peer-key.ts'
import { encodeAttestationList, encodeBatch, encodeSigned } from './record-codec.ts'
import { recordIdOf } from './record-id.ts'
import { signRecord, type SignedRecord } from './record.ts'
import { SetSum } from './set-sum.ts'

const swarm: RecordId = recordIdOf(Buffer.from('the first root'))
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function testSigner(seed: number): Signer {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { peerId: peerIdOfKey(Uint8Array.from(raw)), sign: (message) => Uint8Array.from(sign(null, message, key)) }
}

const author: Signer = testSigner(1)
const startMs = 1_790_000_000_000

const record = (n: number, bucket: BucketName = 'files'): SignedRecord =>
  signRecord(
    {
      v: 1,
      bucket,
      key: `log-${n}`,
      value: { n },
      author: author.peerId,
      seq: n + 1,
      validFrom: startMs + n,
      validUntil: startMs + 3_600_000,
    },
    author,
    swarm,
  )

const endorsed = (one: SignedRecord, by: number): SignedRecord => ({
  ...one,
  attestations: [signAttestation({ id: one.id, swarm }, 'endorse', startMs, testSigner(by))],
})

function chunkOf(records: readonly SignedRecord[]): { readonly entry: ChunkEntry; readonly bytes: Uint8Array } {
  const { cid, bytes } = blockOf(encodeBatch(records))
  const times = records.map(({ body }) => body.validFrom)
  return {
    entry: { cid, from: Math.min(...times), to: Math.max(...times), count: records.length, bytes: bytes.length },
    bytes,
  }
}

function partOf(entries: readonly ChunkEntry[]) {
  const total = (of: (entry: ChunkEntry) => number): number => entries.reduce((sum, entry) => sum + of(entry), 0)
  const fingerprint = new SetSum().fingerprint()
  return { count: total(({ count }) => count), bytes: total(({ bytes }) => bytes), fingerprint, entries }
}

const fakeEntries = (count: number): ChunkEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    cid: blockOf(randomBytes(8)).cid,
    from: i,
    to: i,
    count: 10,
    bytes: 3_000,
  }))

describe('the bytes of a chunk', () => {
  it('put together from what is stored, are those of a batch', () => {
    const records = [record(0), endorsed(record(1), 2), endorsed(record(300), 3)]
    const joined = records.map((one) => {
      const list = one.attestations.length === 0 ? null : encodeAttestationList(one.attestations)
      const bytes = joinSigned(one.bytes, one.signature, list)
      expect(bytes.equals(encodeSigned(one))).toBe(true)
      expect(wireSize(one.bytes.length, list?.length ?? 1)).toBeGreaterThanOrEqual(bytes.length + 3)
      return bytes
    })
    expect(Buffer.from(joinBatch(joined)).equals(encodeBatch(records))).toBe(true)
  })

  it('give the records back, and add up to the fingerprint of their bucket', () => {
    const records = [record(0), endorsed(record(1), 2)]
    const { entry, bytes } = chunkOf(records)
    const sum = new SetSum()
    expect(readChunk('files', entry, bytes, sum)).toEqual({ kind: 'ok', value: records })
    const other = new SetSum()
    for (const one of records.toReversed()) other.add(itemOf(one).item)
    expect(sum.fingerprint()).toEqual(other.fingerprint())
    const without = new SetSum()
    for (const one of [record(0), record(1)]) without.add(itemOf(one).item)
    expect(sum.fingerprint()).not.toEqual(without.fingerprint())
  })

  it.each([
    ['a record less than its entry says', [record(0)], {}, '1 records, not 2'],
    ['one more', [record(0), record(1), record(2)], {}, '3 records, not 2'],
    ['a record twice', [record(0), record(0)], {}, 'there twice'],
    ['records out of order', [record(1), record(0)], {}, 'not in order'],
    ['a record of another bucket', [record(0), record(1, 'usage')], {}, 'is of usage'],
    ['records of another time', [record(0), record(5)], {}, 'of another time'],
  ])('%s is said', (_, records, patch, problem) => {
    const { entry } = chunkOf([record(0), record(1)])
    const { bytes } = chunkOf(records)
    const read = readChunk('files', { ...entry, bytes: bytes.length, ...patch }, bytes)
    expect(read).toMatchObject({ kind: 'bad', problem: expect.stringContaining(problem) as unknown })
  })

  it('changed anywhere, are read or refused, never thrown upon', () => {
    const { entry, bytes } = chunkOf([record(0), endorsed(record(1), 2)])
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(bytes.length),
        (at, by, length) => {
          const changed = bytes.slice(0, length)
          if (at < length) changed[at] = (changed[at] ?? 0) ^ by
          expect(['ok', 'bad']).toContain(readChunk('files', { ...entry, bytes: length }, changed).kind)
        },
      ),
    )
  })
})

describe('the root of a checkpoint', () => {
  it('is read as it was written, small or with index blocks', () => {
    for (const count of [0, 1, 7, maxEntriesPerBlock, maxEntriesPerBlock + 1, 9_000]) {
      const files = partOf(fakeEntries(count))
      const trust = partOf(fakeEntries(2))
      const { root, index } = encodeCheckpoint(
        swarm,
        new Map<BucketName, ReturnType<typeof partOf>>([
          ['files', files],
          ['trust', trust],
        ]),
      )
      expect(root.bytes.length).toBeLessThan(400_000)
      for (const { bytes } of index) expect(bytes.length).toBeLessThan(400_000)
      const read = decodeRoot(root.bytes)
      if (read.kind === 'bad') throw new Error(read.problem)
      expect(read.value.swarm).toBe(swarm)
      const part = read.value.buckets.get('files')
      if (part === undefined) throw new Error('it has files')
      expect(part.count).toBe(files.count)
      const { chunks } = part
      const entries =
        chunks.kind === 'inline'
          ? chunks.entries
          : chunks.blocks.flatMap((cid) => {
              const block = index.find((one) => one.cid.equals(cid))
              const list = decodeIndex(block?.bytes ?? new Uint8Array(0))
              return list.kind === 'ok' ? list.value : []
            })
      expect(entries.map(({ cid }) => `${cid}`)).toEqual(files.entries.map(({ cid }) => `${cid}`))
      expect(checkEntries(part, entries)).toBeUndefined()
    }
  })

  it('that lies is refused with what is wrong', () => {
    const entries = fakeEntries(3)
    const honest = partOf(entries)
    const problemOf = (part: ReturnType<typeof partOf>): string => {
      const read = decodeRoot(encodeCheckpoint(swarm, new Map([['files', part]])).root.bytes)
      return read.kind === 'bad' ? read.problem : 'none'
    }
    const [first, second, third] = entries
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three')
    expect(problemOf(honest)).toBe('none')
    expect(problemOf({ ...honest, count: 31 })).toContain('it says 31 records, its chunks 30')
    expect(problemOf({ ...honest, bytes: 1 })).toContain('it says 1 bytes')
    expect(problemOf({ ...honest, entries: [second, first, third] })).toContain('not in order')
    expect(problemOf(partOf([first, { ...second, count: 2 ** 40 }]))).toContain('claims 1099511627776 records')
    expect(problemOf(partOf([{ ...first, bytes: 2 ** 40 }]))).toContain('claims 1099511627776 bytes')
    expect(problemOf(partOf([{ ...first, from: 5, to: 4 }]))).toContain('no range of time')
    const fat = Array.from({ length: 2_400 }, (_, i) => ({ ...first, from: i, to: i, count: 1_000 }))
    expect(problemOf(partOf(fat))).toContain('more than a checkpoint may hold')
    const big = encodeCbor({ v: 1, type: 'dt-swarm/checkpoint', swarm: new Uint8Array(36), buckets: {} })
    expect(decodeRoot(big)).toEqual({ kind: 'bad', problem: 'the root names no swarm' })
    expect(decodeRoot(new Uint8Array(2_000_000))).toMatchObject({ kind: 'bad' })
  })

  it('changed anywhere, is read or refused, never thrown upon', () => {
    const { root } = encodeCheckpoint(swarm, new Map([['files', partOf(fakeEntries(3))]]))
    fc.assert(
      fc.property(fc.nat(root.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = root.bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ by
        expect(['ok', 'bad']).toContain(decodeRoot(changed).kind)
        expect(['ok', 'bad']).toContain(decodeIndex(changed).kind)
      }),
    )
  })
})
