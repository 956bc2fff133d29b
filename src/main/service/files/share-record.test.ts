import fc from 'fast-check'
import { expect, it } from 'vitest'
import { buckets } from '../../model/bucket.ts'
import { encodeCbor } from '../../model/cbor.ts'
import { fileValueSchema, shareValue } from './share-record.ts'

const facts = {
  name: 'run-17/camera.bag',
  sizeBytes: 5,
  mediaType: 'application/x-rosbag',
  modifiedAtMs: 1,
  sharedAtMs: 2,
  simulated: false,
}
const log = {
  format: 'rosbag' as const,
  startMs: 1,
  endMs: 2.5,
  messages: 7,
  topics: [],
  moreTopics: 0,
  whole: true,
  problem: null,
  facts: [],
}

it('what is not known is left out of the record, and null when it is read', () => {
  expect(Object.keys(shareValue(facts))).toEqual(['kind', ...Object.keys(facts)])
  expect(fileValueSchema.parse(shareValue(facts))).toEqual({
    kind: 'share',
    ...facts,
    sha1: null,
    channel: null,
    log: null,
  })
})

it('what another version says of a log in its own way does not hide the file', () => {
  const value = { ...shareValue(facts), log: { format: 'hologram' }, sha1: 5, channel: 'No Such Name' }
  expect(fileValueSchema.parse(value)).toMatchObject({ name: facts.name, sha1: null, channel: null, log: null })
})

it('a record with any topics has room in its bucket, and no topic goes uncounted', () => {
  const text = fc.string({ unit: 'binary', maxLength: 256 })
  const topic = fc.record({ name: text, type: text, count: fc.option(fc.nat()) })
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 128 }), fc.nat(1_000), (topics, moreTopics) => {
      const value = shareValue({
        ...facts,
        sha1: 'a'.repeat(40),
        channel: 'lab',
        log: { ...log, topics, moreTopics },
      })
      expect(encodeCbor(value).length).toBeLessThanOrEqual(buckets.files.maxValueBytes)
      const read = fileValueSchema.parse(value)
      if (read.kind !== 'share' || read.log === null) throw new Error('the log is gone')
      expect(read.log.topics).toEqual(topics.slice(0, read.log.topics.length))
      expect(read.log.topics.length + read.log.moreTopics).toBe(topics.length + moreTopics)
    }),
    { numRuns: 50 },
  )
})

it('a log of 128 topics with long names keeps as many as fit', () => {
  const topics = Array.from({ length: 128 }, (_, n) => ({
    name: `/${n}`.padEnd(256, 'x'),
    type: 'y'.repeat(256),
    count: n,
  }))
  const value = fileValueSchema.parse(shareValue({ ...facts, log: { ...log, topics } }))
  if (value.kind !== 'share') throw new Error('no share')
  expect(value.log?.topics.length).toBeGreaterThan(20)
  expect(value.log?.moreTopics).toBe(128 - (value.log?.topics.length ?? 0))
})
