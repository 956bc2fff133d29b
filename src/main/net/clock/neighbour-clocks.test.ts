import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import type { RecordBody } from '../../model/record.ts'
import { NeighbourClocks } from './neighbour-clocks.ts'

const robot = 'robot' as PeerId
const minuteMs = 60_000

function make() {
  const clock = new FakeClock()
  const clocks = new NeighbourClocks({ clock, log: silentLog })
  const told: PeerId[] = []
  clocks.events.on('clock:refused', ({ peer }) => told.push(peer))
  const body = (validFrom: number, author = robot): RecordBody => {
    const validUntil = validFrom + 60 * minuteMs
    return { v: 1, bucket: 'machines', key: 'self', value: {}, author, seq: 1, validFrom, validUntil }
  }
  return { clock, clocks, told, body }
}

test('tells how far a neighbour is off by the newest it said, once', () => {
  const { clock, clocks, told, body } = make()
  clocks.refused(robot, body(60_000))
  clocks.refused(robot, body(90_000))
  clocks.refused(robot, body(70_000))
  expect(clocks.behindMs(robot)).toBe(clock.now() - 90_000)
  expect(told).toEqual([robot])
})

test('one that is ahead is behind by less than nothing', () => {
  const { clock, clocks, body } = make()
  clocks.refused(robot, body(clock.now() + 30 * minuteMs))
  expect(clocks.behindMs(robot)).toBe(-30 * minuteMs)
})

test("another's record, and one that ended on its way, prove nothing", () => {
  const { clock, clocks, told, body } = make()
  clocks.refused('relay' as PeerId, body(60_000))
  clocks.refused(robot, body(clock.now() - 60 * minuteMs - 5_000))
  expect([clocks.behindMs('relay' as PeerId), clocks.behindMs(robot), told]).toEqual([undefined, undefined, []])
})

test('is forgotten when nothing more is refused, and told anew when it comes back', async () => {
  const { clock, clocks, told, body } = make()
  clocks.refused(robot, body(60_000))
  await clock.advance(3 * minuteMs)
  expect(clocks.behindMs(robot)).toBeUndefined()
  clocks.refused(robot, body(60_000))
  expect(told).toEqual([robot, robot])
})
