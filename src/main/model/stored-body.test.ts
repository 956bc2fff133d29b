import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bucketNames, buckets } from './bucket.ts'
import { encodeCbor } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey } from './peer-key.ts'
import { decodeBody } from './record.ts'
import { restoreBody } from './stored-body.ts'

const author = peerIdOfKey(new Uint8Array(32).fill(7))
const authorKey = keyOfPeerId(author) ?? new Uint8Array(0)
const count = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.maxSafeNat())
const value = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint8Array()),
)
const body = fc.record({
  v: fc.constant(1 as const),
  bucket: fc.constantFrom(...bucketNames),
  key: fc.oneof(
    fc.string({ minLength: 1, maxLength: 80 }),
    fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
  ),
  value,
  author: fc.constant(author),
  seq: count,
  validFrom: count,
  validUntil: count,
})

it('gives back what decoding the whole body gives, and nothing for bytes of another body', () => {
  fc.assert(
    fc.property(body, (made) => {
      const bytes = encodeCbor({ ...made, author: authorKey })
      const whole = decodeBody(bytes)
      fc.pre(whole.kind === 'ok' && bytes.length <= buckets[made.bucket].maxValueBytes)
      if (whole.kind !== 'ok') return
      expect(restoreBody(bytes, made)).toEqual(whole.body)
      expect(restoreBody(bytes.subarray(0, 20), made)).toBeUndefined()
    }),
  )
})

it('never throws on damaged bytes', () => {
  fc.assert(
    fc.property(body, fc.uint8Array({ maxLength: 300 }), (made, bytes) => {
      restoreBody(bytes, made)
    }),
  )
})
