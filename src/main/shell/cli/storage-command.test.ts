import { expect, test } from 'vitest'
import type { StorageView } from '../../../shared/file-views.ts'
import { storageText } from './storage-command.ts'

const view: StorageView = {
  store: { kind: 'embedded' },
  problem: null,
  moving: null,
  version: null,
  usedBytes: 3_000_000,
  quotaBytes: null,
  keptFiles: 3,
  keptBytes: 2_000_000,
  freeBytes: 5_000_000_000,
  bandwidth: { downBytesPerS: null, upBytesPerS: 1_000_000 },
}

test('tells what is kept, and leaves out what is not so', () => {
  expect(storageText(view).split('\n')).toEqual([
    "store            the peer's own",
    'used             3.0 MB',
    'kept             3 files (2.0 MB): shared, kept or on their way',
    'quota of copies  none: copies stay while the disk has room',
    'free             5.0 GB',
    'bandwidth        down no limit, up 1.0 MB/s',
  ])
})

test('tells of a Kubo its version and trouble, and what is still on its way there', () => {
  const text = storageText({
    ...view,
    store: { kind: 'kubo', url: 'http://127.0.0.1:5001' },
    version: '0.41.0',
    problem: 'Nothing listens\u001b[2J there.',
    freeBytes: null,
    quotaBytes: 1_000_000,
    moving: { doneFiles: 1, files: 3, doneBytes: 1_000, bytes: 9_000 },
  })
  expect(text).toContain('store            Kubo 0.41.0 at http://127.0.0.1:5001')
  expect(text).toContain('quota of copies  1.0 MB')
  expect(text).toContain('free             not known')
  expect(text).toContain('moving here      1 of 3 files, 1.0 kB of 9.0 kB')
  expect(text).toContain('problem          Nothing listens\ufffd[2J there.')
})
