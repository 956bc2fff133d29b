import { expect, test } from 'vitest'
import { fakeSettings } from '../testing/fake-views.ts'
import { changesOf, checkDraft, draftOf, settingsOf } from './settings-form.ts'

test('an untouched form changes nothing', () => {
  const draft = draftOf(fakeSettings)
  expect(changesOf(draft, draftOf(fakeSettings))).toEqual({})
  expect(checkDraft(draft)).toEqual({})
  const { theme, channels, files, recorder } = fakeSettings
  expect({ ...settingsOf(draft), theme, channels, files, recorder }).toEqual(fakeSettings)
})

test('sends only what differs, without blank lines', () => {
  const draft = { ...draftOf(fakeSettings), name: ' duck ', bootstrap: '\n /ip4/10.0.0.1/tcp/4040 \n\n' }
  expect(changesOf(draft, draftOf(fakeSettings))).toEqual({ name: 'duck', bootstrap: ['/ip4/10.0.0.1/tcp/4040'] })
})

test.each([
  [{ name: '  ' }, 'name'],
  [{ name: 'x'.repeat(64) }, 'name'],
  [{ shareDir: '' }, 'shareDir'],
  [{ downloadDir: '' }, 'downloadDir'],
  [{ listen: '0.0.0.0:4001' }, 'listen'],
  [{ bootstrap: '/ip4/10.0.0.1/tcp/1\nhttp://x' }, 'bootstrap'],
])('refuses %o', (change, field) => {
  expect(Object.keys(checkDraft({ ...draftOf(fakeSettings), ...change }))).toEqual([field])
})
