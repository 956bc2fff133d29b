import { expect, test } from 'vitest'
import { defaultFileSettings, fileSettingsSchema, type FileSettings } from '../../shared/file-views.ts'
import { checkFiles, draftOfFiles, filesOf, isFine, minutesOf, sameFiles } from './file-settings-form.ts'

const full: FileSettings = {
  store: { kind: 'kubo', url: 'http://127.0.0.1:5001' },
  ignore: ['*.tmp', '/private/'],
  maxFileBytes: 2_500_000_000,
  whenDeleted: 'keep',
  bandwidth: { downBytesPerS: null, upBytesPerS: 1_500_000 },
  hours: [{ from: 510, to: 1_440, downBytesPerS: 250_000, upBytesPerS: null }],
  quotaBytes: 50_000_000_000,
  archive: { kind: 'query', origin: null, search: 'left', topic: null },
  copies: 2,
}

test.each([
  ['the defaults', defaultFileSettings],
  ['all of them', full],
])('%s come back as they went in', (_, settings) => {
  const draft = draftOfFiles(settings)
  expect(isFine(checkFiles(draft))).toBe(true)
  expect(filesOf(draft)).toEqual(settings)
  expect(sameFiles(draft, settings)).toBe(true)
  expect(fileSettingsSchema.safeParse(filesOf(draft)).success).toBe(true)
})

test('a person may write a comma, blank lines and spaces', () => {
  const draft = { ...draftOfFiles(full), quotaGb: ' 1,5 ', ignore: '\n  *.log \n\n' }
  expect(filesOf(draft)).toMatchObject({ quotaBytes: 1_500_000_000, ignore: ['*.log'] })
})

test.each([
  [{ store: 'kubo', kuboUrl: 'my computer' } as const, 'kuboUrl'],
  [{ quotaGb: '-1' }, 'quotaGb'],
  [{ maxFileMb: 'much' }, 'maxFileMb'],
  [{ bandwidth: { down: '0', up: '' } }, 'bandwidth'],
  [{ ignore: 'x\n'.repeat(65) }, 'ignore'],
  [{ archive: 'query', archiveSearch: '  ' } as const, 'archive'],
  [{ copies: '0' }, 'copies'],
  [{ copies: '17' }, 'copies'],
  [{ copies: 'some' }, 'copies'],
])('refuses %o', (change, field) => {
  const errors = checkFiles({ ...draftOfFiles(defaultFileSettings), ...change })
  expect(isFine(errors)).toBe(false)
  expect(Object.keys(errors)).toContain(field)
})

test('hours need two different times of day', () => {
  const draft = draftOfFiles(full)
  const [first] = draft.hours
  if (first === undefined) throw new Error('there are hours')
  const wrong = (change: object): boolean => checkFiles({ ...draft, hours: [{ ...first, ...change }] }).hours.size > 0
  expect(wrong({})).toBe(false)
  expect(wrong({ from: '25:00' })).toBe(true)
  expect(wrong({ from: '8' })).toBe(true)
  expect(wrong({ from: '24:00' })).toBe(true)
  expect(wrong({ up: 'x' })).toBe(true)
  expect(minutesOf('08:30')).toBe(510)
  expect(minutesOf('24:01')).toBeNull()
})
