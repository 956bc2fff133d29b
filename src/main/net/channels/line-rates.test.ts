import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { LineRates } from './line-rates.ts'
import { hostOf } from './link-name.ts'

const limits = { messagesPerS: 100, burstMessages: 200, bytesPerS: 100_000, burstBytes: 200_000, shares: 2 }

function make(rateBy: 'link' | 'host', shares = limits.shares) {
  const clock = new FakeClock()
  return { clock, rates: new LineRates(clock, { limits: { ...limits, shares }, hostOf, rateBy }) }
}

test('one host, from however many links, takes half of what is for all at the most', () => {
  for (const rateBy of ['link', 'host'] as const) {
    const { rates } = make(rateBy, 4)
    let taken = 0
    for (let i = 0; i < 10_000; i += 1) if (rates.take(`10.0.0.9:${i % 500}`, 100) === 'yes') taken += 1
    expect(taken).toBeLessThanOrEqual(2 * limits.burstMessages)
    expect(rates.take('10.0.0.7:1', 100)).toBe('yes')
  }
})

test('while many hosts flood, one that brought messages of ours is still heard', async () => {
  const { clock, rates } = make('host')
  rates.knows('10.0.0.7:1')
  let [heard, floods] = [0, 0]
  for (let i = 0; i < 600; i += 1) {
    await clock.advance(100)
    for (let host = 0; host < 200; host += 1) if (rates.take(`10.0.1.${host}:1`, 100) === 'all') floods += 1
    if (rates.take('10.0.0.7:1', 100) === 'yes') heard += 1
  }
  expect(floods).toBeGreaterThan(50_000)
  // Six a second of its own; what is more, it would have to share.
  expect(heard).toBeGreaterThan(300)
})

test('only so many hosts have a share of their own, and one that is silent makes room', async () => {
  const { clock, rates } = make('host')
  const flood = (): void => {
    for (let i = 0; i < 5_000; i += 1) rates.take(`10.2.${i % 40}.1:1`, 100)
  }
  for (let host = 0; host < 33; host += 1) rates.knows(`10.0.0.${host}:1`)
  flood()
  expect([rates.take('10.0.0.0:1', 100), rates.take('10.0.0.32:1', 100)]).toEqual(['yes', 'all'])
  await clock.advance(61_000)
  rates.knows('10.0.0.32:1')
  flood()
  expect(rates.take('10.0.0.32:1', 100)).toBe('yes')
})

test('what may wait waits for its own debt, and not for that of others', () => {
  const { rates } = make('link', 4)
  for (let i = 0; i < 1_000; i += 1) rates.waitMs('10.0.0.9:1', 100, 1)
  expect(rates.waitMs('10.0.0.9:1', 100, 1)).toBeGreaterThan(1_000)
  expect(rates.waitMs('10.0.0.7:1', 100, 1)).toBe(0)
})
