import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { base32 } from 'multiformats/bases/base32'
import { expect, test } from 'vitest'
import { recordDigest, recordIdBytes, recordIdOf, recordIdOfBytes, recordIdOfDigest } from './record-id.ts'

const prefix = [0x01, 0x71, 0x12, 0x20]

test('an id is the CID that every other program writes, and leads back to its digest', () => {
  for (const digest of [
    new Uint8Array(32),
    new Uint8Array(32).fill(255),
    ...Array.from({ length: 200 }, () => randomBytes(32)),
  ]) {
    const bytes = Uint8Array.from([...prefix, ...digest])
    const id = recordIdOfDigest(digest)
    expect(id).toBe(base32.encode(bytes))
    expect(recordIdOfBytes(bytes)).toBe(id)
    expect(recordIdBytes(id)).toEqual(bytes)
    expect(recordDigest(id)).toEqual(Uint8Array.from(digest))
  }
  expect(recordIdOf(Buffer.from('duck'))).toBe(recordIdOf(Buffer.from('duck')))
})

test('an id that is kept is one piece in the heap', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const count = 20_000
  const digests = Array.from({ length: count }, (_, n) => {
    const digest = new Uint8Array(32)
    new DataView(digest.buffer).setUint32(0, n)
    return digest
  })
  const ids: string[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for (const digest of digests) ids.push(recordIdOfDigest(digest))
  collect()
  expect(ids).toHaveLength(count)
  // 80 bytes of text, and what is remembered of the last of them.
  expect(Math.round((process.memoryUsage().heapUsed - before) / count)).toBeLessThan(400)
})
