import { expect, test } from 'vitest'
import { defaultRecorderSettings, type RecorderSettings } from '../../shared/recorder-views.ts'
import { checkRecorder, draftOfRecorder, recorderOf, sameRecorder } from './recorder-form.ts'

const settings: RecorderSettings = { on: true, minutes: 3, paths: ['/var/log/ros', '/data/*.mcap'], faults: ['disk'] }

test('what is drafted from settings gives them back', () => {
  for (const one of [settings, defaultRecorderSettings]) {
    expect(recorderOf(draftOfRecorder(one))).toEqual(one)
    expect(checkRecorder(draftOfRecorder(one))).toEqual({})
    expect(sameRecorder(draftOfRecorder(one), one)).toBe(true)
  }
  expect(sameRecorder({ ...draftOfRecorder(settings), on: false }, settings)).toBe(false)
})

test.each([
  [{ minutes: '' }, 'minutes'],
  [{ minutes: '0' }, 'minutes'],
  [{ minutes: '61' }, 'minutes'],
  [{ minutes: '2.5' }, 'minutes'],
  [{ minutes: 'x' }, 'minutes'],
  [{ paths: 'logs' }, 'paths'],
  [{ paths: '/a\n/b\n'.repeat(9) }, 'paths'],
] as const)('%o is not saved', (change, field) => {
  expect(Object.keys(checkRecorder({ ...draftOfRecorder(settings), ...change }))).toEqual([field])
})

test('paths of every system are full paths', () => {
  expect(checkRecorder({ ...draftOfRecorder(settings), paths: 'C:\\logs\n\\\\nas\\logs\n/logs' })).toEqual({})
})
