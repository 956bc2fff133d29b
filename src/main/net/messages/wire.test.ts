import { deflateRawSync } from 'node:zlib'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxMessageBytes } from './gossip-init.ts'
import { maxBatchBytes, unwrapBatch, wrapBatch } from './wire.ts'

test('what is wrapped is unwrapped, small, random and repetitive', () => {
  for (const batch of [new Uint8Array(0), randomBytes(50_000), Buffer.from('duckie'.repeat(5_000))]) {
    const unwrapped = unwrapBatch(wrapBatch(batch))
    expect(unwrapped.kind === 'ok' && Buffer.compare(unwrapped.batch, batch)).toBe(0)
  }
})

test('compresses only when it pays', () => {
  const repetitive = Buffer.from('duckie'.repeat(5_000))
  expect(wrapBatch(repetitive).length).toBeLessThan(repetitive.length / 5)
  expect(wrapBatch(randomBytes(5_000)).length).toBe(5_001)
})

test('a bomb is refused before it is inflated', () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
  expect(bomb.length).toBeLessThan(maxMessageBytes)
  expect(unwrapBatch(Buffer.concat([Buffer.of(1), bomb]))).toEqual({ kind: 'rejected', reason: 'oversize' })
  expect(unwrapBatch(Buffer.alloc(maxMessageBytes + 1))).toEqual({ kind: 'rejected', reason: 'oversize' })
})

test('random bytes never throw and never grow past the bound', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const unwrapped = unwrapBatch(bytes)
      expect(unwrapped.kind === 'ok' ? unwrapped.batch.length : 0).toBeLessThanOrEqual(maxBatchBytes)
    }),
  )
})
