import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { AnswerSlots } from './answer-slots.ts'

const named = (name: string): PeerId => name as PeerId
const make = (): AnswerSlots => new AnswerSlots({ isStranger: (peer) => peer.startsWith('stranger') })

test('strangers have one place, whatever names they give themselves, and take none of the members', () => {
  const slots = make()
  const free = slots.take(named('stranger 0'))
  for (let i = 1; i < 10; i += 1) expect(slots.take(named(`stranger ${i}`))).toBeNull()
  for (let i = 0; i < 4; i += 1) expect(slots.take(named(`member ${i}`))).not.toBeNull()
  expect(slots.take(named('member 4'))).toBeNull()
  free?.()
  expect(slots.take(named('stranger 1'))).not.toBeNull()
})

test('one peer has a session and the telling of news beside it, and no more', () => {
  const slots = make()
  const frees = [slots.take(named('member')), slots.take(named('member'))]
  expect(frees).not.toContain(null)
  expect(slots.take(named('member'))).toBeNull()
  frees[0]?.()
  expect(slots.take(named('member'))).not.toBeNull()
  // The first stream that ends is not the end of the other: its place is still taken.
  expect(slots.take(named('member'))).toBeNull()
})
