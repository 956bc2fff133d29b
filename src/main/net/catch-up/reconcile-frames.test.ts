import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketNames } from '../../model/bucket.ts'
import { ItemList } from '../../model/reconcile-list.ts'
import { decodeDigest, decodeLineFrame, differing, digestOf, encodeDigest, encodeLineFrame } from './line-frames.ts'
import type { LineFrame } from './line-frames.ts'
import {
  countOf,
  eachItem,
  encodeFrame,
  maxFrameLength,
  maxOffered,
  maxRoundBytes,
  maxWanted,
  parseAnswer,
  parseQuestion,
  type Answer,
  type Question,
} from './reconcile-frames.ts'

const ids = (count: number): Uint8Array => new Uint8Array(count * 32).fill(7)

const questions: readonly Question[] = [
  ['hello', 'swarm', [['files', new Uint8Array(20)]]],
  [
    'round',
    [
      ['trust', new Uint8Array(3)],
      ['files', new Uint8Array(0)],
    ],
  ],
  ['trade', [['files', ids(3)]], new Uint8Array(9)],
  [
    'offer',
    [
      ['files', ids(3)],
      ['trust', ids(1)],
    ],
  ],
  ['dismiss', [[ids(1), new Uint8Array(100)]]],
  ['news'],
  ['done'],
]
const answers: readonly Answer[] = [
  ['round', [['files', new Uint8Array(20)]]],
  ['trade', new Uint8Array(10), 3, 2, [[ids(1), new Uint8Array(5)]]],
  ['offer', new Uint8Array(2)],
  ['noted'],
  ['refused', 'busy'],
]

test('every frame of a stream is read as it was written', () => {
  for (const question of questions) expect(parseQuestion(encodeFrame(question))).toEqual(question)
  for (const answer of answers) expect(parseAnswer(encodeFrame(answer))).toEqual(answer)
})

test.each<[string, unknown]>([
  ['no array', { hello: 1 }],
  ['an unknown kind', ['shout', 'x']],
  ['a hello without parts', ['hello', 'swarm']],
  ['too much after the last', ['done', 1]],
  ['half an id', ['offer', [['files', new Uint8Array(31)]]]],
  ['too many ids', ['trade', [['files', ids(maxWanted + 1)]], new Uint8Array(0)]],
  [
    'too many ids over several parts',
    [
      'offer',
      [
        ['files', ids(maxOffered)],
        ['trust', ids(1)],
      ],
    ],
  ],
  [
    'more of a round than one may ask',
    [
      'round',
      [
        ['files', new Uint8Array(maxRoundBytes)],
        ['trust', new Uint8Array(1)],
      ],
    ],
  ],
  ['parts without end', ['round', Array.from({ length: 500 }, () => ['files', new Uint8Array(0)])]],
  ['a name that is a book', ['hello', 'x'.repeat(10_000), []]],
  ['a count below nothing', ['trade', new Uint8Array(0), -1, 0, []]],
  ['a digest of another length', ['dismiss', [[new Uint8Array(31), new Uint8Array(5)]]]],
])('%s is no frame', (_, value) => {
  const bytes = encode(value)
  expect(parseQuestion(bytes)).toBeNull()
  expect(parseAnswer(bytes)).toBeNull()
})

test('a frame over the limit is none, whatever is in it', () => {
  expect(parseQuestion(encodeFrame(['trade', [], new Uint8Array(maxFrameLength)]))).toBeNull()
})

test('items are listed one by one, with their buckets', () => {
  const parts = [
    ['files', ids(2)],
    ['trust', ids(1)],
  ] as const
  expect(countOf(parts)).toBe(3)
  expect([...eachItem(parts)].map(([bucket, id]) => [bucket, id.length])).toEqual([
    ['files', 32],
    ['files', 32],
    ['trust', 32],
  ])
})

test('random and damaged bytes never throw', () => {
  const whole = [...questions, ...answers].map(encodeFrame)
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.constantFrom(...whole), fc.nat(1_000), fc.nat(255))
      .map(([frame, where, value]) => Uint8Array.from(frame).with(where % frame.length, value)),
    fc.tuple(fc.constantFrom(...whole), fc.nat(1_000)).map(([frame, end]) => frame.subarray(0, end % frame.length)),
  )
  fc.assert(
    fc.property(bytes, (input) => {
      parseQuestion(input)
      parseAnswer(input)
      decodeLineFrame(input)
      decodeDigest(input)
    }),
    { numRuns: 2_000 },
  )
})

describe('of channels without streams', () => {
  const frames: readonly LineFrame[] = [
    { kind: 'ask', no: 7, bucket: 'files', message: new Uint8Array(20) },
    { kind: 'answer', no: 2 ** 31 + 5, bucket: 'checkpoints', message: new Uint8Array(0) },
    { kind: 'get', no: 8, items: [['files', ids(3)]] },
    { kind: 'gave', no: 8, settled: 3 },
    { kind: 'dismiss', dismissals: [[ids(1), new Uint8Array(9)]] },
  ]

  test('every frame is read as it was written', () => {
    for (const frame of frames) expect(decodeLineFrame(encodeLineFrame(frame))).toEqual(frame)
  })

  test('a question about a bucket of a later release, or for too much, is none', () => {
    expect(decodeLineFrame(encode([0, 1, bucketNames.length, new Uint8Array(3)]))).toBeNull()
    expect(decodeLineFrame(encode([2, 1, [['files', ids(65)]]]))).toBeNull()
    expect(decodeLineFrame(encode([3, 1, 1_000]))).toBeNull()
  })

  const lists = new Map(bucketNames.map((bucket) => [bucket, new ItemList()]))
  const setOf = (bucket: (typeof bucketNames)[number]): ItemList => lists.get(bucket) as ItemList

  test('a digest says in under 250 bytes which buckets differ, trust first, but for what was said just now', () => {
    for (const [bucket, list] of lists) list.add({ timestampMs: 1_000, id: ids(1).fill(bucket.length) })
    const bytes = encodeDigest(digestOf(setOf, 10_000))
    expect(bytes.length).toBeLessThan(250)
    const digest = decodeDigest(bytes)
    if (digest === null) throw new Error('no digest')
    expect([...digest.buckets.keys()]).toEqual([...bucketNames])
    expect(differing(digest, setOf)).toEqual([])
    setOf('files').add({ timestampMs: 10_000, id: ids(1) })
    expect(differing(digest, setOf)).toEqual([])
    setOf('files').add({ timestampMs: 9_999, id: ids(1) })
    setOf('trust').remove({ timestampMs: 1_000, id: ids(1).fill('trust'.length) })
    expect(differing(digest, setOf)).toEqual(['trust', 'files'])
  })

  test('a digest of a later release, with more buckets, is read as far as it is known', () => {
    const bytes = encode([
      1,
      10_000,
      Array.from({ length: bucketNames.length + 2 }, () => 1),
      new Uint8Array((bucketNames.length + 2) * 8),
    ])
    expect(decodeDigest(bytes)?.buckets.size).toBe(bucketNames.length)
    expect(decodeDigest(encode([1, 10_000, [1, 2], new Uint8Array(8)]))).toBeNull()
    expect(decodeDigest(encode([1, -5, [], new Uint8Array(0)]))).toBeNull()
  })
})
