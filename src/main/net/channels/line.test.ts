import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { maxHops, maxMessageBytes, type SwarmMessage } from './channel.ts'
import { headerBytes, LineCodec, lineOf, maxFrameBytes, maxLineChars } from './line.ts'

const key = randomBytes(32)
const open = new LineCodec({ swarm: 'bafyswarm', networkKey: null })
const sealed = new LineCodec({ swarm: 'bafyswarm', networkKey: key })
const codecs = [
  ['open', open],
  ['private', sealed],
] as const

const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => peerIdOfKey(bytes))
const printable = (maxLength: number) => fc.stringMatching(/^[\x21-\x7e]+$/, { maxLength })
const messages: fc.Arbitrary<SwarmMessage> = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  kind: fc.constantFrom('records', 'digest', 'ping', 'text'),
  origin: peer,
  sender: peer,
  to: fc.option(printable(200)),
  hops: fc.integer({ min: 0, max: maxHops }),
  trace: fc.option(printable(60)),
  payload: fc.uint8Array({ maxLength: 4_000 }),
})

const example = (over: Partial<SwarmMessage> = {}): SwarmMessage => ({
  id: randomBytes(16).toString('base64url'),
  kind: 'records',
  origin: peerIdOfKey(randomBytes(32)),
  sender: peerIdOfKey(randomBytes(32)),
  to: null,
  hops: 0,
  trace: null,
  payload: randomBytes(300),
  ...over,
})

function frameOf(codec: LineCodec, message: SwarmMessage): Uint8Array {
  const encoded = codec.encode(message)
  if (encoded.kind !== 'ok') throw new Error(encoded.reason)
  return encoded.frame
}

describe.each(codecs)('%s lines', (_name, codec) => {
  test('what is written is read, as bytes and as text', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const frame = frameOf(codec, message)
        expect(codec.decode(frame)).toEqual({ kind: 'ok', message })
        expect(codec.decodeText(lineOf(frame))).toEqual({ kind: 'ok', message })
      }),
    )
  })

  test('the largest message fits the limits of frame and line', () => {
    const message = example({ payload: new Uint8Array(randomBytes(maxMessageBytes)) })
    const frame = frameOf(codec, message)
    expect(frame.length).toBeLessThanOrEqual(maxFrameBytes)
    expect(lineOf(frame).length).toBeLessThanOrEqual(maxLineChars)
    expect(codec.decode(frame)).toEqual({ kind: 'ok', message })
  })

  test('a repetitive payload is compressed', () => {
    const frame = frameOf(codec, example({ payload: Buffer.from('duckie'.repeat(2_000)) }))
    expect(frame.length).toBeLessThan(1_000)
  })

  test('a cut or changed frame gives a reason, and never throws', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, flip) => {
        const frame = frameOf(codec, message)
        expect(codec.decode(frame.subarray(0, at % frame.length)).kind).toBe('rejected')
        const changed = Uint8Array.from(frame)
        changed[at % frame.length] = (changed[at % frame.length] ?? 0) ^ flip
        const decoded = codec.decode(changed)
        if (codec === sealed) expect(decoded.kind).toBe('rejected')
        if (decoded.kind === 'ok') expect(decoded.message).not.toEqual(message)
      }),
    )
  })
})

test('random bytes and text give a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.string({ maxLength: 600 }), (bytes, text) => {
      for (const [, codec] of codecs) {
        expect(codec.decode(bytes).kind).toBe('rejected')
        expect(codec.decodeText(text).kind).toBe('rejected')
      }
    }),
  )
})

test('another swarm’s lines are told apart from garbage, private or not', () => {
  const others = [
    new LineCodec({ swarm: 'bafyother', networkKey: null }),
    new LineCodec({ swarm: 'bafyother', networkKey: key }),
    new LineCodec({ swarm: 'bafyswarm', networkKey: randomBytes(32) }),
  ]
  for (const other of others) {
    const frame = frameOf(other, example())
    for (const [, codec] of codecs) expect(codec.decode(frame)).toEqual({ kind: 'rejected', reason: 'other-swarm' })
  }
})

test('a private swarm’s line shows neither payload nor peers, and no two are alike', () => {
  const message = example({ payload: Buffer.from('the camera of duckie03 is broken') })
  const [one, two] = [frameOf(sealed, message), frameOf(sealed, message)]
  expect(Buffer.compare(one, two)).not.toBe(0)
  expect(Buffer.from(one).includes('duckie03')).toBe(false)
  expect(Buffer.from(frameOf(open, message)).includes('duckie03')).toBe(true)
})

test('an open line under a private swarm’s tag is not believed', () => {
  const forged = Uint8Array.from(frameOf(open, example()))
  forged.set(sealed.tag, 2)
  expect(sealed.decode(forged)).toEqual({ kind: 'rejected', reason: 'unreadable' })
})

test('a bomb is refused before it is inflated', () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
  const frame = Buffer.concat([frameOf(open, example()).subarray(0, headerBytes), bomb])
  frame[1] = 1
  expect(frame.length).toBeLessThan(maxFrameBytes)
  expect(open.decode(frame)).toEqual({ kind: 'rejected', reason: 'oversize' })
})

test('a message that has passed too many channels is told', () => {
  const frame = frameOf(open, example({ hops: maxHops + 1 }))
  expect(open.decode(frame)).toEqual({ kind: 'rejected', reason: 'hops' })
})

test('a line of another version is told, and one that is too long', () => {
  const frame = Uint8Array.from(frameOf(open, example()))
  frame[0] = 2
  expect(open.decode(frame)).toEqual({ kind: 'rejected', reason: 'unknown-version' })
  expect(open.decodeText('A'.repeat(maxLineChars + 1))).toEqual({ kind: 'rejected', reason: 'oversize' })
})

test('what cannot be a line is not encoded', () => {
  expect(open.encode(example({ payload: new Uint8Array(maxMessageBytes + 1) }))).toMatchObject({ reason: 'oversize' })
  expect(open.encode(example({ kind: 'No Kind' }))).toMatchObject({ reason: 'malformed' })
  expect(open.encode(example({ id: 'short' }))).toMatchObject({ reason: 'malformed' })
  expect(open.encode(example({ to: 'two words' }))).toMatchObject({ reason: 'malformed' })
})
