import { expect, it } from 'vitest'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import { FolderNames } from './folder-names.ts'
import type { IndexedFile } from './share-index.ts'

const file = (name: string, change: Partial<IndexedFile> = {}): IndexedFile => ({
  cid: 'cid' as Cid,
  recordId: 'record' as RecordId,
  sizeBytes: 1,
  mtimeMs: 1,
  sharedAtMs: 1,
  linked: false,
  channel: null,
  name,
  ...change,
})

function namesOf(files: Readonly<Record<string, IndexedFile>>): FolderNames {
  return new FolderNames({ files: new Map(Object.entries(files)) })
}

it('a folder keeps the name that it has, and another one gets a free one', () => {
  const names = namesOf({
    '/n1/run/a.log': file('run/a.log', { linked: true }),
    '/share/run (2)/sub/a.log': file('run (2)/sub/a.log', { from: '/n2/run/sub/a.log' }),
    '/share/a.log': file('a.log'),
  })
  const { nameOf } = names.begin()
  expect(['/n1/run', '/n2/run', '/n3/run', '/n4/run', '/n3/run'].map((root) => nameOf(root, 'link'))).toEqual([
    'run',
    'run (2)',
    'run (3)',
    'run (4)',
    'run (3)',
  ])
  expect(nameOf('/n5/a.log', 'copy')).toBe('a.log')
})

it('a copy goes to what lies in the share folder by itself, a link has a name of its own', () => {
  const names = namesOf({ '/share/run/a.log': file('run/a.log') })
  expect(names.begin().nameOf('/n1/run', 'copy')).toBe('run')
  expect(
    namesOf({ '/share/run/a.log': file('run/a.log') })
      .begin()
      .nameOf('/n1/run', 'link'),
  ).toBe('run (2)')
})

it('drops under way know of each other, and what is over gives its names back', () => {
  const names = namesOf({})
  const [one, two] = [names.begin(), names.begin()]
  expect(one.nameOf('/n1/run', 'link')).toBe('run')
  expect(two.nameOf('/n2/run', 'link')).toBe('run (2)')
  expect(two.nameOf('/n1/run', 'link')).toBe('run')
  one.end()
  two.end()
  expect(names.begin().nameOf('/n3/run', 'link')).toBe('run')
})
