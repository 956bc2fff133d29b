/**
 * The stream protocol by which dt-swarm peers give each other blocks. One stream carries many questions, answered one
 * after the other in any order, each exactly once; integers are big-endian.
 *
 *     question  kind (1 byte: 1 want, 2 no longer) | number (4) | of a want: length of the CID (1) | CID
 *     answer    number (4) | kind (1 byte: 1 block, 2 not here) | length (4) | of a block: its bytes
 *
 * Bitswap needs a message of its own, on a stream of its own, for each answer, and names no question in it; here a block
 * costs nine bytes and no round trip.
 */
export const blockProtocol = '/dt-swarm/blocks/1'

/** Questions that may be open on one stream: 16 MiB of leaves under way, enough for 100 MB/s at 160 ms. */
export const maxOpenQuestions = 64
/** No block is larger: 2 MiB and some, as with Bitswap. */
export const maxBlockLength = 2 * 1024 * 1024 + 1024
/** A CIDv1 with a 64-byte hash has 68 bytes; more is none that can be checked. */
export const maxCidLength = 96

/** Each that is open may have been asked and taken back since we last looked; that twice over. */
const maxAtOnce = 4 * maxOpenQuestions

const want = 1
const cancel = 2
const given = 1
const absent = 2
const questionHead = 5
const answerHead = 9

export type BlockQuestion =
  | { readonly kind: 'want'; readonly no: number; readonly cid: Uint8Array }
  | { readonly kind: 'cancel'; readonly no: number }

/** The other side does not speak the protocol; its stream is over. */
export class BlockFrameError extends Error {
  override readonly name = 'BlockFrameError'
}

export function encodeWant(no: number, cid: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(questionHead + 1 + cid.length)
  frame.writeUInt8(want, 0)
  frame.writeUInt32BE(no, 1)
  frame.writeUInt8(cid.length, questionHead)
  frame.set(cid, questionHead + 1)
  return frame
}

export function encodeCancel(no: number): Uint8Array {
  const frame = Buffer.alloc(questionHead)
  frame.writeUInt8(cancel, 0)
  frame.writeUInt32BE(no, 1)
  return frame
}

/** The head of an answer; null: not here. A block's bytes follow. */
export function encodeAnswerHead(no: number, length: number | null): Uint8Array {
  const frame = Buffer.alloc(answerHead)
  frame.writeUInt32BE(no, 0)
  frame.writeUInt8(length === null ? absent : given, 4)
  frame.writeUInt32BE(length ?? 0, 5)
  return frame
}

/** Cuts a stream of bytes into questions. Holds less than one. */
export class QuestionReader {
  #rest: Buffer = Buffer.alloc(0)

  /** @throws BlockFrameError */
  push(bytes: Uint8Array): readonly BlockQuestion[] {
    let rest = this.#rest.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#rest, bytes])
    const questions: BlockQuestion[] = []
    for (;;) {
      const question = first(rest)
      if (question === null) break
      questions.push(question)
      if (questions.length > maxAtOnce) throw new BlockFrameError('more questions at once than may be open')
      rest = rest.subarray(lengthOf(question))
    }
    // A copy: what came may be a view of a large buffer.
    this.#rest = Buffer.from(rest)
    return questions
  }
}

const lengthOf = (question: BlockQuestion): number =>
  question.kind === 'want' ? questionHead + 1 + question.cid.length : questionHead

function first(bytes: Buffer): BlockQuestion | null {
  if (bytes.length < questionHead) return null
  const kind = bytes.readUInt8(0)
  const no = bytes.readUInt32BE(1)
  if (kind === cancel) return { kind: 'cancel', no }
  if (kind !== want) throw new BlockFrameError(`a question of kind ${kind} is none`)
  if (bytes.length <= questionHead) return null
  const length = bytes.readUInt8(questionHead)
  if (length === 0 || length > maxCidLength) throw new BlockFrameError('a question names no block')
  const end = questionHead + 1 + length
  return bytes.length < end ? null : { kind: 'want', no, cid: Buffer.from(bytes.subarray(questionHead + 1, end)) }
}

export interface AnswerTaker {
  /** Whether an answer to this question is due, and may be that long. False ends the stream. */
  expects(no: number, length: number | null): boolean
  /** Whether the bytes of a block are still wanted; those of others are passed over, not kept. */
  wants(no: number): boolean
  /** Some bytes of a block came. */
  came(no: number, bytes: number): void
  block(no: number, bytes: Uint8Array): void
  absent(no: number): void
}

/** Cuts a stream of bytes into answers. Holds at most one block, and only of one that was asked for. */
export class AnswerReader {
  readonly #taker: AnswerTaker
  readonly #head = Buffer.alloc(answerHead)
  #headLength = 0
  #block: { readonly no: number; readonly bytes: Uint8Array | null; readonly length: number; at: number } | null = null

  constructor(taker: AnswerTaker) {
    this.#taker = taker
  }

  /** @throws BlockFrameError */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#block === null ? this.#takeHead(bytes, at) : this.#fill(bytes, at)
  }

  #takeHead(bytes: Uint8Array, at: number): number {
    const taken = bytes.subarray(at, at + answerHead - this.#headLength)
    this.#head.set(taken, this.#headLength)
    this.#headLength += taken.length
    if (this.#headLength < answerHead) return taken.length
    this.#headLength = 0
    const no = this.#head.readUInt32BE(0)
    const kind = this.#head.readUInt8(4)
    const length = this.#head.readUInt32BE(5)
    if ((kind !== given && kind !== absent) || length > maxBlockLength || (kind === absent && length > 0)) {
      throw new BlockFrameError('an answer is none')
    }
    if (!this.#taker.expects(no, kind === given ? length : null)) {
      throw new BlockFrameError('an answer fits no question')
    }
    if (kind === absent) this.#taker.absent(no)
    else if (length === 0) this.#taker.block(no, new Uint8Array(0))
    else this.#block = { no, bytes: this.#taker.wants(no) ? Buffer.allocUnsafeSlow(length) : null, length, at: 0 }
    return taken.length
  }

  #fill(bytes: Uint8Array, at: number): number {
    const block = this.#block
    if (block === null) return 0
    const taken = bytes.subarray(at, at + block.length - block.at)
    block.bytes?.set(taken, block.at)
    block.at += taken.length
    this.#taker.came(block.no, taken.length)
    if (block.at === block.length) {
      this.#block = null
      this.#taker.block(block.no, block.bytes ?? new Uint8Array(0))
    }
    return taken.length
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
