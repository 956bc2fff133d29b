import fc from 'fast-check'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import * as dagCbor from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { signAttestation, type Signer } from './attestation.ts'
import { decodeCbor, type CborMap } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey } from './peer-key.ts'
import {
  decodeAttestationList,
  decodeBatch,
  decodeSigned,
  encodeBatch,
  encodeSigned,
  maxBatchBytes,
  maxBatchRecords,
  signedSizeBytes,
} from './record-codec.ts'
import { recordDigest, recordIdOf } from './record-id.ts'
import { decodeBody, signRecord, verifyRecord, type RecordBody, type SignedRecord } from './record.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
const signer: Signer = { peerId: peerIdOfKey(raw), sign: (message) => Uint8Array.from(sign(null, message, privateKey)) }
const body: RecordBody = {
  v: 1,
  bucket: 'files',
  key: 'logs/drive.mcap',
  value: { name: 'drive.mcap', size: 5_000_000_000, ratio: 0.5, tags: ['a', null, true], raw: Uint8Array.of(1, 2) },
  author: signer.peerId,
  seq: 7,
  validFrom: 1_700_000_000_000,
  validUntil: 1_700_000_100_000,
}
const swarm = recordIdOf(Buffer.from('a swarm'))
const signed = signRecord(body, signer, swarm)
const attested = {
  ...signed,
  attestations: [signAttestation({ id: signed.id, swarm }, 'dismiss', body.validFrom, signer)],
}

const valueArbitrary = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 10 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.uint8Array()),
  { maxKeys: 6 },
)

describe('a signed record', () => {
  it('comes back from its bytes as it was, and verifies', () => {
    fc.assert(
      fc.property(valueArbitrary, fc.maxSafeNat(), (value, seq) => {
        const record = signRecord({ ...body, value: { ...value } as CborMap, seq }, signer, swarm)
        const decoded = decodeSigned(encodeSigned(record))
        expect(decoded).toEqual({ kind: 'ok', record })
        expect(verifyRecord(record, swarm)).toBe(true)
      }),
    )
  })

  it('has the CID of its bytes as its id', () => {
    expect(Buffer.from(recordDigest(signed.id) as Uint8Array)).toEqual(
      createHash('sha256').update(signed.bytes).digest(),
    )
  })

  it('of any length is read as the general decoder reads it, changed or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.integer({ min: 0, max: 255 }), (length, at, by) => {
        const bytes = encodeSigned(signRecord({ ...body, value: { note: 'x'.repeat(length) } }, signer, swarm))
        const place = at % bytes.length
        bytes[place] = (bytes[place] ?? 0) ^ by
        const outer = decodeCbor(bytes)
        const parts = outer.kind === 'ok' && Array.isArray(outer.value) ? (outer.value as readonly unknown[]) : []
        const decoded = decodeSigned(bytes)
        // Whatever is taken has the parts that the general decoder finds, and only canonical bytes are.
        if (decoded.kind === 'ok') {
          expect([decoded.record.bytes, decoded.record.signature]).toEqual([...parts].slice(0, 2))
          expect(encodeSigned(decoded.record)).toEqual(bytes)
        } else if (by === 0) throw new Error(decoded.reason)
      }),
    )
  })

  it('is refused when any byte is flipped or cut, and nothing throws', () => {
    const bytes = encodeSigned(attested)
    expect(verifyRecord(attested, swarm)).toBe(true)
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const flipped = Uint8Array.from(bytes)
        flipped[at] = (flipped[at] as number) ^ mask
        const decoded = decodeSigned(flipped)
        expect(decoded.kind === 'ok' && verifyRecord(decoded.record, swarm), `byte ${at}`).toBe(false)
      }
      expect(decodeSigned(bytes.subarray(0, at)).kind).toBe('rejected')
    }
    expect(decodeSigned(Buffer.concat([bytes, Uint8Array.of(0)])).kind).toBe('rejected')
  })

  it('counts in the swarm that its signatures name, and in no other', () => {
    const other = recordIdOf(Buffer.from('another swarm, where the same key has a role'))
    expect(verifyRecord(attested, swarm)).toBe(true)
    expect(verifyRecord({ ...attested, attestations: [] }, other)).toBe(false)
    const here = signRecord(body, signer, other)
    expect(verifyRecord({ ...here, attestations: attested.attestations }, other)).toBe(false)
    const root = signRecord(body, signer, 'founding')
    expect(verifyRecord(root, root.id)).toBe(true)
    expect(verifyRecord(root, swarm)).toBe(false)
  })

  it('is refused when signed by another peer', () => {
    const other = generateKeyPairSync('ed25519').privateKey
    const forged = signRecord(body, { ...signer, sign: (message) => sign(null, message, other) }, swarm)
    expect(verifyRecord(forged, swarm)).toBe(false)
    expect(() => signRecord(body, { ...signer, peerId: peerIdOfKey(new Uint8Array(32)) }, swarm)).toThrow(
      /cannot be signed by/,
    )
  })
})

describe('decoding a body', () => {
  const author = keyOfPeerId(signer.peerId) as Uint8Array
  it.each([
    ['an unknown field', { ...body, author, extra: 1 }, 'malformed'],
    ['a later version', { ...body, author, v: 2 }, 'unknown-version'],
    ['a bucket nobody knows', { ...body, author, bucket: 'spam' }, 'unknown-bucket'],
    ['a bucket named as a method', { ...body, author, bucket: 'toString' }, 'unknown-bucket'],
    ['a text as author', { ...body, author: 'me' }, 'bad-author'],
    ['an empty key', { ...body, author, key: '' }, 'bad-key'],
    ['a key with a control character', { ...body, author, key: 'a\nb' }, 'bad-key'],
    ['a key too long', { ...body, author, key: 'x'.repeat(257) }, 'bad-key'],
    ['a list as value', { ...body, author, value: [1] }, 'bad-value'],
    ['a fraction as seq', { ...body, author, seq: 1.5 }, 'malformed'],
    ['a negative start', { ...body, author, validFrom: -1 }, 'bad-validity'],
    ['a value too large for the bucket', { ...body, author, value: { x: 'y'.repeat(17_000) } }, 'oversize'],
    ['no map', [1, 2], 'malformed'],
  ])('refuses %s', (_, value, reason) => {
    expect(decodeBody(dagCbor.encode(value))).toEqual({ kind: 'rejected', reason })
  })

  it.each([
    ['a long form of a small number', Buffer.from('a1617618' + '01', 'hex'), 'malformed'],
    ['a bomb of nested lists', new Uint8Array(50_000).fill(0x81), 'malformed'],
    ['a list that claims four billion items', Buffer.from('9affffffff', 'hex'), 'malformed'],
    ['an indefinite list', Buffer.from('9fff', 'hex'), 'malformed'],
    ['text that is not UTF-8', Buffer.from('a161ff01', 'hex'), 'not-canonical'],
    ['more than a body may have', new Uint8Array(60_000), 'oversize'],
  ])('refuses %s', (_, bytes, reason) => {
    expect(decodeBody(bytes)).toEqual({ kind: 'rejected', reason })
  })
})

describe('decoders', () => {
  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const decode of [decodeSigned, decodeBody, decodeBatch]) {
          expect(['ok', 'rejected']).toContain(decode(bytes).kind)
        }
        decodeAttestationList(bytes)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** As those who send do: as many at a time as keep to both limits, by the sizes that are told. */
function splitBatches(records: readonly SignedRecord[]): SignedRecord[][] {
  const batches: SignedRecord[][] = []
  let batch: SignedRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = signedSizeBytes(record)
    if (batch.length > 0 && (batch.length >= maxBatchRecords || bytes + size > maxBatchBytes - 16)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += size
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

describe('a batch', () => {
  it('keeps to its limits and gives back all records in order', () => {
    const large = signRecord({ ...body, bucket: 'releases', value: { x: 'y'.repeat(48_000) } }, signer, swarm)
    const records = Array.from({ length: 2_500 }, (_, i) => (i % 100 === 0 ? large : attested))
    const batches = splitBatches(records).map(encodeBatch)
    expect(batches.length).toBeGreaterThan(2)
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(maxBatchBytes)
    const back = batches.flatMap((batch) => {
      const decoded = decodeBatch(batch)
      return decoded.kind === 'ok' ? decoded.records.map((bytes) => decodeSigned(bytes)) : []
    })
    expect(back.map((decoded) => decoded.kind === 'ok' && decoded.record.id)).toEqual(records.map(({ id }) => id))
  })

  it('is refused when it is too large or holds what is no bytes', () => {
    expect(decodeBatch(new Uint8Array(maxBatchBytes + 1))).toEqual({ kind: 'rejected', reason: 'oversize' })
    expect(decodeBatch(dagCbor.encode(['text']))).toEqual({ kind: 'rejected', reason: 'malformed' })
  })
})
