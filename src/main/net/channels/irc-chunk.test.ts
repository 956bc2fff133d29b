import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { chunkFrame, IrcJoin, ircTag, readChunk, type Chunk } from './irc-chunk.ts'
import { lineOf } from './line.ts'

const tag = ircTag(randomBytes(8))
const to = { nick: 'dabcdefgh', target: '#robots' }

function chunksOf(frame: Uint8Array, id = 'abcdef'): Extract<Chunk, { kind: 'chunk' }>[] {
  return chunkFrame(tag, id, frame, to).map((text) => {
    const chunk = readChunk(tag, text)
    if (chunk.kind !== 'chunk') throw new Error(chunk.kind)
    return chunk
  })
}

test('a frame is cut into lines that fit, and joined from them in any order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6_000 }), fc.integer(), (size, seed) => {
      const frame = randomBytes(size)
      for (const text of chunkFrame(tag, 'abcdef', frame, to)) {
        const line = `:${to.nick}!~1234567890@${'h'.repeat(63)} PRIVMSG ${to.target} :${text}\r\n`
        expect(line.length).toBeLessThanOrEqual(512)
      }
      const chunks = chunksOf(frame)
      const shuffled =
        fc.sample(fc.shuffledSubarray(chunks, { minLength: chunks.length }), { seed, numRuns: 1 })[0] ?? []
      const join = new IrcJoin(new FakeClock())
      expect(shuffled.map((chunk) => join.add('duckie', chunk)).filter((line) => line !== null)).toEqual([
        lineOf(frame),
      ])
      expect(join.chars).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('people may talk, other swarms may be there, and what looks like a chunk and is none is told', () => {
  const [text = ''] = chunkFrame(tag, 'abcdef', randomBytes(10), to)
  expect(readChunk(tag, 'has anybody seen duckie03?').kind).toBe('chat')
  expect(readChunk(ircTag(randomBytes(8)), text).kind).toBe('other-swarm')
  for (const wrong of ['ds1 x', `${text} `, text.replace('0/1', '1/1'), text.replace('0/1', '0/0')]) {
    expect(readChunk(tag, wrong).kind).toBe('malformed')
  }
  fc.assert(fc.property(fc.string(), (said) => void readChunk(tag, `ds1 ${said}`)))
})

test('unfinished messages are bounded by user and in all, and given up after a long pause', async () => {
  const clock = new FakeClock()
  const join = new IrcJoin(clock)
  const honest = chunksOf(randomBytes(2_000))
  honest.slice(1).forEach((chunk) => join.add('honest', chunk))
  for (let i = 0; i < 2_000; i += 1) {
    const id = String(i).padStart(6, '0')
    chunksOf(randomBytes(3_000), id)
      .slice(1)
      .forEach((chunk) => join.add('flood', chunk))
    expect(join.chars).toBeLessThan(400_000)
  }
  expect(join.takeLost()).toBeGreaterThan(1_900)
  const [first] = honest
  expect(first === undefined ? null : join.add('honest', first)).not.toBe(null)
  await clock.advance(130_000)
  const [chunk] = chunksOf(randomBytes(3_000))
  if (chunk !== undefined) join.add('late', chunk)
  expect(join.chars).toBe(chunk?.text.length)
  join.forget('late')
  expect(join.chars).toBe(0)
})
