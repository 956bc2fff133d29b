import {
  AnswerReader,
  BlockFrameError,
  encodeAnswerHead,
  encodeCancel,
  encodeWant,
  QuestionReader,
} from '../net/blocks/block-frames.ts'
import type { Target } from './fuzzer.ts'

const cid = Buffer.from('01551220'.padEnd(72, '5a'), 'hex')

/** Frames between peers that give each other blocks. A frame that is none ends its stream, by this error and no other. */
export function blockTargets(): readonly Target[] {
  return [
    {
      name: 'questions for blocks',
      seeds: [encodeWant(1, cid), Buffer.concat([encodeWant(2, cid), encodeCancel(2), encodeWant(3, cid)])],
      decode: (input) => refused(() => new QuestionReader().push(input)),
      isTaken: (output) => Array.isArray(output) && output.length > 0,
    },
    {
      name: 'blocks that come',
      seeds: [
        Buffer.concat([encodeAnswerHead(1, 300), Buffer.alloc(300), encodeAnswerHead(2, null)]),
        Buffer.concat([encodeAnswerHead(2, 0), encodeAnswerHead(1, 5), Buffer.alloc(5)]),
      ],
      decode: (input) =>
        refused(() => {
          const blocks: Uint8Array[] = []
          const reader = new AnswerReader({
            expects: (no) => no < 1_000,
            wants: (no) => no % 2 === 1,
            came: () => {},
            block: (_no, bytes) => void blocks.push(bytes),
            absent: () => {},
          })
          // In two parts, as a network may cut it.
          reader.push(input.subarray(0, input.length >> 1))
          reader.push(input.subarray(input.length >> 1))
          return blocks
        }),
      isTaken: (output) => Array.isArray(output) && output.length > 0,
    },
  ]
}

function refused<Output>(decode: () => Output): Output | null {
  try {
    return decode()
  } catch (error) {
    if (error instanceof BlockFrameError) return null
    throw error
  }
}
