import { expect, it } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { Upkeep } from './upkeep.ts'

function make(run: () => boolean) {
  const clock = new FakeClock()
  const counters = new Counters()
  const chores = [{ name: 'sweep', everyMs: 60_000, run }]
  return { clock, counters, upkeep: new Upkeep({ clock, log: silentLog, counters }, { chores }) }
}

it('runs a chore at once, then each time its pause is over, and not after stop', async () => {
  let runs = 0
  const { clock, upkeep } = make(() => {
    runs += 1
    return false
  })
  await upkeep.start()
  await upkeep.start()
  await clock.advance(59_000)
  expect(runs).toBe(1)
  await clock.advance(61_000)
  expect(runs).toBe(3)
  await upkeep.stop()
  await clock.advance(600_000)
  expect(runs).toBe(3)
})

it('goes on at once while there is more to do', async () => {
  let left = 3
  const { clock, upkeep } = make(() => (left -= 1) > 0)
  await upkeep.start()
  await clock.advance(1_000)
  expect(left).toBe(0)
  await upkeep.stop()
})

it('a chore that fails is counted and tried again', async () => {
  let runs = 0
  const { clock, counters, upkeep } = make(() => {
    runs += 1
    if (runs === 1) throw new Error('disk is busy')
    return false
  })
  await upkeep.start()
  await clock.advance(60_000)
  expect(runs).toBe(2)
  expect(counters.get('upkeep.failed:sweep')).toBe(1)
  await upkeep.stop()
})
