import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  AnswerReader,
  BlockFrameError,
  encodeAnswerHead,
  encodeCancel,
  encodeWant,
  maxBlockLength,
  QuestionReader,
  type BlockQuestion,
} from './block-frames.ts'

const no = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const question = fc.oneof(
  fc.record({ kind: fc.constant('want' as const), no, cid: fc.uint8Array({ minLength: 1, maxLength: 96 }) }),
  fc.record({ kind: fc.constant('cancel' as const), no }),
)
const encode = (one: BlockQuestion): Uint8Array =>
  one.kind === 'want' ? encodeWant(one.no, one.cid) : encodeCancel(one.no)

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

function taker(open: ReadonlySet<number>) {
  const heard: (readonly [number, Buffer | null])[] = []
  let bytes = 0
  const reader = new AnswerReader({
    expects: (one) => open.has(one),
    wants: () => true,
    came: (_no, count) => {
      bytes += count
    },
    block: (one, block) => void heard.push([one, Buffer.from(block)]),
    absent: (one) => void heard.push([one, null]),
  })
  return { reader, heard, bytes: () => bytes }
}

it('questions are read as they were written, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(question, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (questions, cuts) => {
      const reader = new QuestionReader()
      const read = cut(Buffer.concat(questions.map(encode)), cuts).flatMap((bytes) => reader.push(bytes))
      expect(read.map((one) => encode(one).toString())).toEqual(questions.map((one) => encode(one).toString()))
    }),
  )
})

it('answers are read as they were written, however they are cut', () => {
  const answer = fc.tuple(no, fc.option(fc.uint8Array({ maxLength: 200 })))
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (answers, cuts) => {
      const all = answers.flatMap(([one, block]) => [encodeAnswerHead(one, block?.length ?? null), block ?? []])
      const { reader, heard, bytes } = taker(new Set(answers.map(([one]) => one)))
      for (const part of cut(Buffer.concat(all.map((one) => Uint8Array.from(one))), cuts)) reader.push(part)
      expect(heard).toEqual(answers.map(([one, block]) => [one, block === null ? null : Buffer.from(block)]))
      expect(bytes()).toBe(answers.reduce((sum, [, block]) => sum + (block?.length ?? 0), 0))
    }),
  )
})

it('no bytes throw anything but a frame error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const push of [
        () => new QuestionReader().push(bytes),
        () => {
          taker(new Set([0, 1, 2])).reader.push(bytes)
        },
      ]) {
        try {
          push()
        } catch (error) {
          expect(error).toBeInstanceOf(BlockFrameError)
        }
      }
    }),
  )
})

it.each([
  ['an answer that nobody asked for', encodeAnswerHead(7, 10)],
  ['a block longer than any', encodeAnswerHead(1, maxBlockLength + 1)],
  ['a block of 4 GB', encodeAnswerHead(1, 2 ** 32 - 1)],
  ['an absent block with a length', Buffer.from([0, 0, 0, 1, 2, 0, 0, 0, 1])],
  ['another kind of answer', Buffer.from([0, 0, 0, 1, 9, 0, 0, 0, 0])],
])('%s is refused before a byte of it is kept', (_, frame) => {
  expect(() => taker(new Set([1])).reader.push(frame)).toThrow(BlockFrameError)
})

it('a question that names no block, or is none, is refused', () => {
  expect(() => new QuestionReader().push(Buffer.from([1, 0, 0, 0, 1, 0]))).toThrow(BlockFrameError)
  expect(() => new QuestionReader().push(Buffer.from([1, 0, 0, 0, 1, 97]))).toThrow(BlockFrameError)
  expect(() => new QuestionReader().push(Buffer.from([3, 0, 0, 0, 1]))).toThrow(BlockFrameError)
})

it('a flood of tiny questions is refused without looking at all of it', () => {
  const flood = Buffer.concat(Array.from({ length: 200_000 }, (_, n) => encodeCancel(n)))
  expect(() => new QuestionReader().push(flood)).toThrow('more questions at once')
})
