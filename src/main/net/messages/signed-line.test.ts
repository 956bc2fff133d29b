import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identityOfSeed } from '../../store/identity-store.ts'
import { messageId } from './brain-message.ts'
import type { SwarmMessage } from '../channels/channel.ts'
import { encodePayload, maxSignedBytes, readPath, SignedLines, withStep } from './signed-line.ts'

const signer = identityOfSeed(randomBytes(32))
const other = identityOfSeed(randomBytes(32))
const lines = new SignedLines({ swarm: 'test' })

function messageOf(body: Parameters<SignedLines['sign']>[0]['body'], steps = 0): SwarmMessage {
  const id = messageId(Math.random)
  let payload = lines.sign({ id, kind: 'text', destination: other.peerId, at: 1_000, body }, signer)
  for (let i = 0; i < steps; i += 1) payload = withStep(payload, other.peerId, `/ip4/10.0.0.${i}/udp/1/dswarm-line`)
  const { peerId } = signer
  return {
    id,
    kind: 'text',
    origin: peerId,
    sender: peerId,
    to: null,
    hops: 0,
    trace: null,
    payload: encodePayload(payload),
  }
}

test('what was signed is opened, with the way it took', () => {
  const body = fc.oneof(fc.constant(null), fc.record({ text: fc.string({ maxLength: 500 }) }))
  fc.assert(
    fc.property(body, fc.nat(9), (value, steps) => {
      const opened = lines.open(messageOf(value, steps))
      expect(opened).toMatchObject({ kind: 'ok', payload: { head: { body: value, origin: signer.peerId } } })
      expect(opened.kind === 'ok' && opened.payload.path).toHaveLength(steps)
    }),
    { numRuns: 50 },
  )
})

test('neither another origin, kind or id, nor another swarm, is believed', () => {
  const message = messageOf({ text: 'stop' })
  for (const change of [{ origin: other.peerId }, { kind: 'ping' }, { id: messageId(Math.random) }]) {
    expect(lines.open({ ...message, ...change })).toEqual({ kind: 'rejected', reason: 'malformed' })
  }
  expect(new SignedLines({ swarm: 'other' }).open(message)).toEqual({ kind: 'rejected', reason: 'bad-signature' })
})

test('no bytes make it throw, and none but those that were signed are believed', () => {
  const message = messageOf({ text: 'stop' }, 2)
  const change = fc.record({ at: fc.nat(message.payload.length - 1), to: fc.integer({ min: 1, max: 255 }) })
  const mutated = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const bytes = Uint8Array.from(message.payload)
    for (const { at, to } of changes) bytes[at] = (bytes[at] ?? 0) ^ to
    return bytes
  })
  const cut = fc.nat(message.payload.length).map((length) => message.payload.subarray(0, length))
  const payloads = fc.oneof(mutated, cut, fc.uint8Array({ maxLength: 400 }))
  const good = lines.open(message)
  fc.assert(
    fc.property(payloads, (payload) => {
      const opened = lines.open({ ...message, payload })
      // Only the path may be other than it was: nobody signs it.
      if (opened.kind === 'ok') expect({ ...opened.payload.head }).toEqual(good.kind === 'ok' && good.payload.head)
    }),
    { numRuns: 2_000 },
  )
  expect(lines.open({ ...message, payload: new Uint8Array(maxSignedBytes + 1) })).toMatchObject({ reason: 'oversize' })
})

test.each([
  ['too many steps', Array.from({ length: 10 }, () => [new Uint8Array(32), 'a'])],
  ['no key', [[new Uint8Array(31), 'a']]],
  ['a channel that cannot be shown', [[new Uint8Array(32), 'a\u0007']]],
  ['no channel', [[new Uint8Array(32), '']]],
  ['no list', 'a'],
])('a path is none with %s', (_, value) => {
  expect(readPath(value)).toBeUndefined()
})
