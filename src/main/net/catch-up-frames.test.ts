import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, maxAsked, maxFrameLength, parseAnswer, parseQuestion } from './catch-up-frames.ts'
import type { Answer, Question } from './catch-up-frames.ts'

const questions: readonly Question[] = [
  ['hello', 'swarm'],
  ['news'],
  ['page', 'files', '', new Uint8Array(32)],
  ['get', 'files', ['bafy1', 'bafy2']],
]
const answers: readonly Answer[] = [
  ['welcome'],
  ['noted'],
  ['refused', 'busy'],
  ['same', true],
  ['page', [['bafy1', new Uint8Array(8)]], false],
  ['records', new Uint8Array(10), 1],
]

test('every frame is read as it was written, and never as one of the other side', () => {
  for (const question of questions) {
    expect(parseQuestion(encodeFrame(question))).toEqual(question)
    expect(parseAnswer(encodeFrame(question))).toBeNull()
  }
  for (const answer of answers) {
    expect(parseAnswer(encodeFrame(answer))).toEqual(answer)
    expect(parseQuestion(encodeFrame(answer))).toBeNull()
  }
})

test.each([
  ['too many ids', ['get', 'files', Array.from({ length: maxAsked + 1 }, () => 'a')]],
  ['an id too long', ['get', 'files', ['a'.repeat(500)]]],
  ['a hash too long', ['page', 'files', '', new Uint8Array(33)]],
  ['a map', { hello: 'swarm' }],
  ['an unknown kind', ['delete', 'files']],
  ['a name too long', ['hello', 'x'.repeat(1_000)]],
  ['a field too many', ['hello', 'swarm', 1]],
])('refuses %s', (_, frame) => {
  expect(parseQuestion(encode(frame))).toBeNull()
  expect(parseAnswer(encode(frame))).toBeNull()
})

test('random and damaged bytes are no frame, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      parseQuestion(bytes)
      parseAnswer(bytes)
    }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...questions, ...answers), fc.nat(), fc.nat(255), (frame, at, byte) => {
      const bytes = encodeFrame(frame).slice()
      bytes[at % bytes.length] = byte
      parseQuestion(bytes)
      parseAnswer(bytes)
    }),
  )
  // Deep nesting and an oversized frame.
  expect(parseQuestion(new Uint8Array(maxFrameLength).fill(0x81))).toBeNull()
  expect(parseAnswer(new Uint8Array(maxFrameLength + 1))).toBeNull()
})
