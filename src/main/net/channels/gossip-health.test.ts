import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { GossipHealth } from './gossip-health.ts'

const a = 'a' as PeerId
const b = 'b' as PeerId

test('a neighbour that gossiped and stopped is told once, after some beats', () => {
  const health = new GossipHealth()
  expect(health.beat([a, b], new Set([a, b]))).toEqual([])
  const told = Array.from({ length: 8 }, () => health.beat([a, b], new Set([a])))
  expect(told.flat()).toEqual([b])
  expect(told[4]).toEqual([b])
})

test('one that never gossiped, or whose link is gone, is let be', () => {
  const health = new GossipHealth()
  for (let i = 0; i < 10; i += 1) expect(health.beat([a], new Set())).toEqual([])
  health.beat([b], new Set([b]))
  for (let i = 0; i < 10; i += 1) expect(health.beat([], new Set())).toEqual([])
})

test('a short gap is forgiven', () => {
  const health = new GossipHealth()
  for (let i = 0; i < 20; i += 1) expect(health.beat([a], i % 4 === 0 ? new Set([a]) : new Set())).toEqual([])
})
