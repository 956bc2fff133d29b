import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CborMap } from '../../model/cbor.ts'
import { decodeMachine, encodeMachine, type MachineFacts } from './machine-record.ts'

const facts: MachineFacts = {
  name: 'duckie01',
  role: 'robot',
  version: '0.1.0',
  robot: { type: 'duckiebot', configuration: 'DB21J', hardware: 'jetson_nano' },
  simulated: true,
  os: 'linux 6.1 arm64',
  addresses: ['/ip4/10.0.0.2/tcp/4040'],
  startedAtMs: 5,
  announceEveryMs: 10_000,
  leaving: false,
  clockSkewMs: -2_000,
  rootVersion: 3,
  trustFingerprint: '00ff',
  archive: true,
  copies: 2,
}

test('what a machine says of itself survives its record', () => {
  expect(decodeMachine(encodeMachine(facts))).toEqual(facts)
  expect(decodeMachine(encodeMachine({ ...facts, robot: null, leaving: true }))).toEqual({
    ...facts,
    robot: null,
    leaving: true,
  })
})

test('fields of later versions are passed over', () => {
  expect(decodeMachine({ ...encodeMachine(facts), mood: 'fine' })).toEqual(facts)
})

test.each([
  ['no name', { name: '' }],
  ['a name of control characters', { name: '\u202e\u0007' }],
  ['a name beyond 63', { name: 'x'.repeat(64) }],
  ['a role that is none', { role: 'boss' }],
  ['a pace that would never be missed', { announceEveryMs: 1e12 }],
  ['a pace that would always be missed', { announceEveryMs: 0 }],
  ['a crowd of addresses', { addresses: Array.from({ length: 17 }, () => '/ip4/1.2.3.4/tcp/1') }],
])('refuses %s', (_, change) => {
  expect(decodeMachine({ ...encodeMachine(facts), ...change } as CborMap)).toBeUndefined()
})

test('no value crashes it', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (value) => void decodeMachine(value as CborMap)))
})
