import { expect, test } from 'vitest'
import { fakeShare, fakeTransfer } from '../testing/fake-views.ts'
import { arrangeFiles, fileKind, noFilesFilter, overallPercent, transferOf, trayTransfers } from './select-files.ts'
import type { Upload } from './uploads.ts'

const nowMs = 1_800_000_000_000

test.each([
  ['drive.MCAP', 'application/octet-stream', 'recording'],
  ['a.bag', 'x', 'recording'],
  ['system.log', 'application/octet-stream', 'text'],
  ['frame.png', 'image/png', 'image'],
  ['noend', 'image/x-unheard', 'image'],
  ['noend', 'application/octet-stream', 'other'],
])('%s of type %s is a %s', (name, mediaType, kind) => {
  expect(fileKind({ name, mediaType })).toBe(kind)
})

test('filters by words, age and size together', () => {
  const shares = [
    fakeShare(1, nowMs, { name: 'young.mcap', sizeBytes: 5, modifiedAtMs: nowMs - 1_000 }),
    fakeShare(2, nowMs, { name: 'big.mcap', sizeBytes: 5_000_000, modifiedAtMs: nowMs - 1_000 }),
    fakeShare(3, nowMs, { name: 'old.mcap', sizeBytes: 5_000_000, modifiedAtMs: nowMs - 9_000_000 }),
  ]
  const pass = (change: object): string[] =>
    arrangeFiles(shares, { ...noFilesFilter, ...change }, { by: 'name', down: false }, nowMs).map((share) => share.name)
  expect(pass({})).toEqual(['big.mcap', 'old.mcap', 'young.mcap'])
  expect(pass({ minBytes: 1_000_000 })).toEqual(['big.mcap', 'old.mcap'])
  expect(pass({ minBytes: 1_000_000, withinMs: 3_600_000 })).toEqual(['big.mcap'])
  expect(pass({ search: 'YOUNG' })).toEqual(['young.mcap'])
})

test('of several transfers of a file the running one counts, else the newest', () => {
  const done = fakeTransfer(1, nowMs, { id: 'done', state: 'done', startedAtMs: 20 })
  const running = fakeTransfer(1, nowMs, { id: 'running', startedAtMs: 10 })
  const failed = fakeTransfer(1, nowMs, { id: 'failed', state: 'failed', startedAtMs: 15 })
  const cid = running.cid ?? ''
  expect(transferOf([done, running, failed], cid)?.id).toBe('running')
  expect(transferOf([failed, done], cid)?.id).toBe('done')
  expect(transferOf([done], 'another')).toBeNull()
})

test('the far end of an upload is not shown twice, and progress counts what runs', () => {
  const upload: Upload = {
    id: 'u',
    name: 'big.bag',
    sizeBytes: 100,
    sentBytes: 50,
    startedAtMs: 0,
    state: 'running',
    problem: null,
  }
  const twin = fakeTransfer(1, nowMs, { id: 'twin', kind: 'share', name: 'big.bag' })
  const other = fakeTransfer(2, nowMs, { id: 'other', sizeBytes: 100, doneBytes: 0 })
  const rows = trayTransfers([twin, other], [upload])
  expect(rows.map((row) => row.id)).toEqual(['other'])
  expect(overallPercent(rows, [upload])).toBe(25)
  expect(overallPercent([], [])).toBeNull()
})
