import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../base/log.ts'
import { hourMs, OneBook, robot, self, stranger } from '../../store/testing/one-book.ts'
import { channelKey, channelValue } from './file-channel-record.ts'
import { FileChannels, maxJoined } from './file-channels.ts'

const none: ReadonlyMap<string, number> = new Map()
let w: OneBook
let channels: FileChannels
let changes = 0

function open(): FileChannels {
  const { book, clock, counters } = w
  return new FileChannels(
    { book, clock, counters, log: silentLog, self: self.peerId, changed: () => (changes += 1) },
    { path: join(w.home, 'file-channels.json') },
  )
}

/** What the swarm is told of the channels of this peer, by channel. */
async function told(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  await w.book.eachLive('channels', ({ record: { body } }) => {
    if (body.author === self.peerId) all[body.key] = body.value['joined']
  })
  return all
}

const says = (name: string, joined: boolean, who = robot) =>
  w.record('channels', channelKey(name), who, { value: channelValue(joined) })

beforeEach(async () => {
  w = new OneBook()
  changes = 0
  channels = open()
  await channels.start()
})

afterEach(async () => {
  await channels.stop()
  w.remove()
})

describe('FileChannels', () => {
  it('joins and leaves, says so, and says it once', async () => {
    channels.join('course-2026')
    channels.join('course-2026')
    expect(channels.joined('course-2026')).toBe(true)
    expect(channels.isMember(self.peerId, 'course-2026')).toBe(true)
    expect(await told()).toEqual({ 'files/course-2026': true })
    expect(channels.list(none)).toEqual([{ name: 'course-2026', joined: true, members: 1, files: 0 }])
    expect(changes).toBe(2)

    channels.leave('course-2026')
    channels.leave('never-joined')
    expect(await told()).toEqual({ 'files/course-2026': false })
    expect(channels.list(none)).toEqual([])
  })

  it('keeps what it joined over a restart', async () => {
    channels.join('lab')
    await channels.stop()
    channels = open()
    expect(channels.joined('lab')).toBe(true)
    await channels.start()
    expect(channels.list(none)).toMatchObject([{ name: 'lab', joined: true }])
  })

  it('hears who else is on a channel, as long as they say so', async () => {
    channels.join('lab')
    expect(w.take(says('lab', true), says('other', true))).toEqual(['ok', 'ok'])
    expect(channels.others('lab')).toEqual([robot.peerId])
    expect(channels.isMember(robot.peerId, 'other')).toBe(true)
    expect(channels.list(new Map([['archive', 3]]))).toEqual([
      { name: 'lab', joined: true, members: 2, files: 0 },
      { name: 'archive', joined: false, members: 0, files: 3 },
      { name: 'other', joined: false, members: 1, files: 0 },
    ])

    expect(w.take(says('lab', false))).toEqual(['ok'])
    expect(channels.isMember(robot.peerId, 'lab')).toBe(false)

    await w.clock.advance(49 * hourMs)
    expect(channels.isMember(robot.peerId, 'other')).toBe(false)
    expect(channels.list(none)).toEqual([{ name: 'lab', joined: true, members: 1, files: 0 }])
  })

  it('an old word does not undo a new one', () => {
    const before = says('lab', true)
    expect(w.take(says('lab', false))).toEqual(['ok'])
    expect(w.take(before)).not.toEqual(['ok'])
    expect(channels.isMember(robot.peerId, 'lab')).toBe(false)
  })

  it('strangers are on no channel, and revoked peers no longer', async () => {
    w.take(says('lab', true, stranger), says('lab', true))
    expect(channels.isMember(stranger.peerId, 'lab')).toBe(false)
    expect(channels.isMember(robot.peerId, 'lab')).toBe(true)
    w.take(w.trusted.revoke(robot.peerId))
    await vi.waitFor(() => expect(channels.isMember(robot.peerId, 'lab')).toBe(false))
  })

  it('counts a record that is none, and goes on', () => {
    const wrong = [
      w.record('channels', 'files/UPPER', robot, { value: channelValue(true) }),
      w.record('channels', 'files/', robot, { value: channelValue(true) }),
      w.record('channels', 'files/lab', robot, { value: { kind: 'files', joined: 'yes' } }),
      w.record('channels', 'files/lab', robot, { value: {} }),
      w.record('channels', 'links', robot, { value: { v: 1, links: [] } }),
    ]
    expect(w.take(...wrong)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(w.counters.get('files.refused:bad-channel')).toBe(4)
    expect(channels.list(none)).toEqual([])
  })

  it('says it anew before it ends', async () => {
    channels.join('lab')
    // Past what one record may say: 31 days.
    for (let day = 0; day < 40; day += 1) await w.clock.advance(24 * hourMs)
    expect(await told()).toEqual({ 'files/lab': true })
  })

  it('takes back what a lost file no longer says', async () => {
    channels.join('lab')
    await channels.stop()
    channels = new FileChannels(
      { ...w, log: silentLog, self: self.peerId, changed: () => {} },
      { path: join(w.home, 'another.json') },
    )
    await channels.start()
    expect(await told()).toEqual({ 'files/lab': false })
  })

  it('refuses names that are none, and more channels than it can be on', () => {
    for (const name of ['', 'Lab', '-lab', 'a/b', 'a b', 'x'.repeat(64), '../x']) {
      expect(() => channels.join(name)).toThrow(/is no name of a file channel/)
    }
    for (let n = 0; n < maxJoined; n += 1) channels.join(`c${n}`)
    expect(() => channels.join('one-more')).toThrow(/leave one before joining "one-more"/)
    expect(channels.joined('one-more')).toBe(false)
  })
})
