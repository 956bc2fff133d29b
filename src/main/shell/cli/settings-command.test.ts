import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebRig } from '../web/testing/web-rig.ts'
import type { Io } from './io.ts'
import { settingNames } from './setting-names.ts'
import { readBytes, readHours, writeBytes, writeHours } from './setting-values.ts'
import { setSetting, showSettings } from './settings-command.ts'

let rig: WebRig
let said: string[]
let noted: string[]
const io: Io = {
  out: (text) => void said.push(text),
  note: (text) => void noted.push(text),
  progress: () => {},
  outliveReaders: () => {},
}
beforeEach(async () => {
  rig = await WebRig.start()
  said = []
  noted = []
})
afterEach(() => rig.stop())

const endpoint = () => ({ url: rig.url, token: rig.token })
const set = (name: string, ...values: string[]) => setSetting(name, values, endpoint(), { json: false }, io)
const files = () => rig.peer.settings.get().files

it('limits, quota and rules are set, one at a time', async () => {
  await set('files.quotaBytes', '50GB')
  await set('files.bandwidth.upBytesPerS', '500kB/s')
  await set('files.bandwidth.downBytesPerS', '2MB')
  await set('files.ignore', '*.tmp', 'cache/')
  await set('files.hours', '22:00-06:00=none,1.5MB/s', '12:00-13:30=1kB,1kB')
  await set('mdns', 'on')
  expect(said).toEqual([
    '50GB',
    '500kB/s',
    '2MB/s',
    '*.tmp cache/',
    '22:00-06:00=none,1.5MB/s 12:00-13:30=1kB/s,1kB/s',
    'on',
  ])
  expect(files()).toMatchObject({
    quotaBytes: 50e9,
    bandwidth: { downBytesPerS: 2e6, upBytesPerS: 500e3 },
    ignore: ['*.tmp', 'cache/'],
    hours: [
      { from: 1_320, to: 360, downBytesPerS: null, upBytesPerS: 1.5e6 },
      { from: 720, to: 810, downBytesPerS: 1e3, upBytesPerS: 1e3 },
    ],
  })
  await set('files.quotaBytes', 'none')
  await set('files.ignore', 'none')
  expect(files()).toMatchObject({ quotaBytes: null, ignore: [] })
})

it('all are listed; one is shown alone, as it can be set again', async () => {
  await set('files.quotaBytes', '1500000')
  said = []
  await showSettings(undefined, endpoint(), { json: false }, io)
  for (const { name } of settingNames) expect(said[0]).toContain(name)
  await showSettings('files.quotaBytes', endpoint(), { json: false }, io)
  expect(said[1]).toBe('1.5MB')
  await showSettings(undefined, endpoint(), { json: true }, io)
  expect(JSON.parse(said[2] ?? '')).toEqual(rig.peer.settings.get())
  for (const { name, show, change } of settingNames) {
    if (typeof change === 'string') continue
    const now = rig.peer.settings.get()
    const values = show(now)
    await set(name, ...(values.length === 0 ? ['none'] : values))
    expect(rig.peer.settings.get()).toEqual(now)
  }
})

it.each([
  ['files.quotaBytes', ['much'], /"much" is no size/],
  ['files.quotaBytes', ['0'], /is no size/],
  ['files.quotaBytes', ['1GB', '2GB'], /one value/],
  ['files.bandwidth.upBytesPerS', ['fast'], /is no rate/],
  ['files.hours', ['25:00-26:00=none,none'], /no span of hours/],
  ['files.whenDeleted', ['maybe'], /none of unshare, keep/],
  ['files.quota', ['1GB'], /is no setting; there are: .*files\.quotaBytes/],
  ['files.copies', ['2'], /set by "dt-swarm archive copies"/],
])('%s %j is refused, with what it can be', async (name, values, message) => {
  const before = rig.peer.settings.get()
  await expect(set(name, ...values)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(message),
  })
  expect(rig.peer.settings.get()).toEqual(before)
})

it('what is written is read as the same', () => {
  const rate = fc.option(fc.integer({ min: 1, max: 2 ** 50 }), { nil: null })
  const minute = fc.nat(1_440)
  fc.assert(fc.property(rate, (bytes) => readBytes(writeBytes(bytes)) === bytes))
  fc.assert(
    fc.property(fc.record({ from: minute, to: minute, downBytesPerS: rate, upBytesPerS: rate }), (hours) => {
      expect(readHours(writeHours(hours))).toEqual(hours)
    }),
  )
})
