import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Patience } from './patience.ts'

const init = { silenceMs: 60_000, span: { ms: 180_000, least: 36_000 } }

function begin(): { readonly clock: FakeClock; readonly patience: Patience; readonly lost: number[] } {
  const clock = new FakeClock()
  const lost: number[] = []
  return { clock, lost, patience: new Patience(clock, init, () => lost.push(clock.monotonic())) }
}

test('a chunk now and then, each just in time, is not enough', async () => {
  const { clock, patience, lost } = begin()
  for (let n = 0; n < 10; n += 1) {
    await clock.advance(59_000)
    patience.renew(1_000)
  }
  expect(lost).toEqual([180_000])
})

test('what comes fast may take long; once it is slow, or silent, it is over', async () => {
  const { clock, patience, lost } = begin()
  for (let n = 0; n < 600; n += 1) {
    await clock.advance(1_000)
    patience.renew(1_000)
  }
  expect(lost).toEqual([])
  await clock.advance(61_000)
  expect(lost).toEqual([660_000])
})

test('ended in time, nothing is called', async () => {
  const { clock, patience, lost } = begin()
  patience.end()
  await clock.advance(1_000_000)
  expect(lost).toEqual([])
})
