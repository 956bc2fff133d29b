import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LogInspector } from './log-inspector.ts'

const bags = join(import.meta.dirname, 'testing')
let inspector: LogInspector
beforeEach(async () => {
  inspector = new LogInspector({ clock: systemClock, counters: new Counters(), log: silentLog })
  await inspector.start()
})
afterEach(() => inspector.stop())

it.each(['lz4', 'bz2'])('a real bag, compressed by %s, tells its times, topics and counts', async (kind) => {
  const name = `example-${kind}.bag`
  const info = await inspector.inspectFile(join(bags, name), { name, mediaType: 'application/octet-stream' })
  expect(info).toMatchObject({ format: 'rosbag', messages: 8_647, moreTopics: 0, whole: true, problem: null })
  expect(new Date(info?.startMs ?? 0).toISOString()).toBe('2014-03-31T19:24:47.844Z')
  expect((info?.endMs ?? 0) - (info?.startMs ?? 0)).toBeCloseTo(21_700.087, 2)
  expect(info?.topics).toContainEqual({ name: '/turtle1/pose', type: 'turtlesim/Pose', count: 1_344 })
  expect(info?.topics.map(({ name: topic }) => topic)).toEqual([
    '/rosout',
    '/tf',
    '/tf_static',
    '/turtle1/cmd_vel',
    '/turtle1/color_sensor',
    '/turtle1/pose',
    '/turtle2/cmd_vel',
    '/turtle2/color_sensor',
    '/turtle2/pose',
  ])
  expect(info?.facts).toEqual([
    ['Chunks', '1'],
    ['Compression', kind],
  ])
})

it('an empty bag is whole and has nothing', async () => {
  const name = 'no-messages.bag'
  expect(await inspector.inspectFile(join(bags, name), { name, mediaType: '' })).toMatchObject({
    format: 'rosbag',
    startMs: null,
    messages: 0,
    topics: [],
    whole: true,
    problem: null,
  })
})
