import { expect, it } from 'vitest'
import type { SwarmTimeView } from '../../shared/trust-views.ts'
import { FakeClock } from './clock.ts'
import { SwarmClock } from './swarm-clock.ts'

const own: SwarmTimeView = { offsetMs: 0, source: 'own', peers: 0, reason: '' }
const swarm = (offsetMs: number): SwarmTimeView => ({ offsetMs, source: 'swarm', peers: 3, reason: '' })

it('is the machine’s own clock until somebody knows better', async () => {
  const system = new FakeClock(1_000)
  const clock = new SwarmClock(system, own)
  system.jump(5_000)
  await system.advance(10)
  expect([clock.now(), clock.monotonic(), clock.isKnown]).toEqual([6_010, 10, true])
  clock.set(swarm(1_000_000))
  expect(clock.now()).toBe(1_006_010)
  expect(clock.view()).toMatchObject({ offsetMs: 1_000_000, source: 'swarm', peers: 3 })
})

it('goes on undisturbed when the machine’s clock is set right under it', async () => {
  const system = new FakeClock(50_000)
  const clock = new SwarmClock(system, swarm(1e12))
  const before = clock.now()
  system.jump(1e12)
  await system.advance(100)
  expect(clock.now()).toBe(before + 100)
  expect(clock.view().offsetMs).toBe(0)
  clock.set(own)
  expect(clock.now()).toBe(before + 100)
})

it('tells when it changed, and not when it was told the same again', () => {
  const clock = new SwarmClock(new FakeClock(), { ...own, source: 'floor' })
  expect(clock.isKnown).toBe(false)
  const changes: number[] = []
  clock.events.on('time:changed', ({ time }) => changes.push(time.offsetMs))
  clock.set(swarm(5_000))
  clock.set(swarm(5_000))
  clock.set({ ...swarm(5_000), reason: 'other words' })
  clock.set(own)
  clock.set(own)
  expect(changes).toEqual([5_000, 0])
})

it('says what its time rests on, and at once that nobody has borne out where the own clock was set to', () => {
  const system = new FakeClock()
  const clock = new SwarmClock(system, { offsetMs: 0, source: 'own', peers: 0, reason: '' })
  expect(clock.basis).toBe('own')
  clock.set({ offsetMs: 0, source: 'own', peers: 1, reason: '' }, { sure: true })
  expect(clock.basis).toBe('borne-out')
  system.jump(3_600_000)
  expect(clock.basis).toBe('own')
  clock.set({ offsetMs: 5_000_000, source: 'swarm', peers: 1, reason: '' })
  expect(clock.basis).toBe('told')
  // By the monotonic clock, whatever happens to the own one.
  clock.set({ offsetMs: 5_000_000, source: 'swarm', peers: 2, reason: '' }, { sure: true })
  system.jump(-3_600_000)
  expect(clock.basis).toBe('borne-out')
})
