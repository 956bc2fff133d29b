import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { encodeCbor } from '../../model/cbor.ts'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { decodeProviding, decodeSeeking, encodeProviding, encodeSeeking, maxProviding } from './seek-frames.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const cids = bytes32.map((bytes) => CID.createV1(0x70, digest.create(0x12, bytes)).toString() as Cid)
const sha1s = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const seekings = fc.record({
  hash: fc.oneof(
    sha1s.map((sha1) => ({ kind: 'sha1', sha1 }) as const),
    cids.map((cid) => ({ kind: 'cid', cid }) as const),
  ),
  channel: fc.constantFrom(null, 'lab', 'course-2026'),
  relay: fc.boolean(),
})
const provided = fc.record({
  peer: bytes32.map(peerIdOfKey),
  cid: cids,
  sizeBytes: fc.nat(),
  name: fc.option(fc.string({ unit: 'grapheme', maxLength: 100 })),
})

describe('seek frames', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(seekings, fc.array(provided, { maxLength: maxProviding }), (seeking, all) => {
        expect(decodeSeeking(encodeSeeking(seeking))).toEqual(seeking)
        expect(decodeProviding(encodeProviding(all))).toEqual(all)
      }),
    )
  })

  it('an answer is cut to what one may say', () => {
    fc.assert(
      fc.property(provided, fc.nat(40), (one, count) => {
        const all = Array.from({ length: count }, () => ({ ...one, name: 'あ'.repeat(4_000) }))
        const said = decodeProviding(encodeProviding(all))
        expect(said).toHaveLength(Math.min(count, maxProviding))
        for (const { name } of said ?? []) expect(name).toHaveLength(512)
      }),
      { numRuns: 20 },
    )
  })

  const cid = CID.createV1(0x70, digest.create(0x12, new Uint8Array(32)))
  const sha1 = new Uint8Array(20)
  const key = new Uint8Array(32)
  it.each([
    ['another version', { v: 2, sha1, channel: null, relay: true }],
    ['no hash', { v: 1, channel: null, relay: true }],
    ['two hashes', { v: 1, sha1, cid: cid.bytes, channel: null, relay: true }],
    ['a short SHA-1', { v: 1, sha1: sha1.subarray(1), channel: null, relay: true }],
    ['bytes that are no CID', { v: 1, cid: sha1, channel: null, relay: true }],
    ['a CIDv0, which is the same file under another name', { v: 1, cid: cid.toV0().bytes, channel: null, relay: true }],
    ['a channel that no one can join', { v: 1, sha1, channel: '../x', relay: true }],
    ['no word about relaying', { v: 1, sha1, channel: null }],
  ])('a question with %s is none', (_, value) => {
    expect(decodeSeeking(encodeCbor(value))).toBeUndefined()
  })

  it.each([
    ['no list', { v: 1 }],
    ['a short key', { v: 1, providing: [[key.subarray(1), cid.bytes, 1, null]] }],
    ['a negative size', { v: 1, providing: [[key, cid.bytes, -1, null]] }],
    ['half a byte', { v: 1, providing: [[key, cid.bytes, 0.5, null]] }],
    ['a long name', { v: 1, providing: [[key, cid.bytes, 1, 'x'.repeat(513)]] }],
    ['more holders than it may', { v: 1, providing: Array.from({ length: 17 }, () => [key, cid.bytes, 1, null]) }],
  ])('an answer with %s is none', (_, value) => {
    expect(decodeProviding(encodeCbor(value))).toBeUndefined()
  })
})
