import { expect, test } from 'vitest'
import type { TransferView } from '../../shared/views.ts'
import { fakeLog } from '../testing/fake-logs.ts'
import { fakeShare, fakeTransfer } from '../testing/fake-views.ts'
import { arrangeFiles, fileKind, marksOf, noFilesFilter, spanOf, transferOf } from './select-files.ts'
import { finish } from './stepper.ts'

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
    fakeShare(1, nowMs, { name: 'young.mcap', sizeBytes: 5, modifiedAtMs: nowMs - 1_000, log: null }),
    fakeShare(2, nowMs, { name: 'big.mcap', sizeBytes: 5_000_000, modifiedAtMs: nowMs - 1_000, log: null }),
    fakeShare(3, nowMs, { name: 'old.mcap', sizeBytes: 5_000_000, modifiedAtMs: nowMs - 9_000_000, log: null }),
  ]
  const pass = (change: object): string[] =>
    finish(arrangeFiles(shares, { ...noFilesFilter, ...change }, { by: 'name', down: false }, nowMs)).map(
      (share) => share.name,
    )
  expect(pass({})).toEqual(['big.mcap', 'old.mcap', 'young.mcap'])
  expect(pass({ minBytes: 1_000_000 })).toEqual(['big.mcap', 'old.mcap'])
  expect(pass({ minBytes: 1_000_000, withinMs: 3_600_000 })).toEqual(['big.mcap'])
  expect(pass({ search: 'YOUNG' })).toEqual(['young.mcap'])
})

test('a hash is found by its beginning, and words not by chance within one', () => {
  const sha1 = 'f572d396fae9206628714fb2ce00f72e94f2258f'
  const shares = [fakeShare(1, nowMs, { name: 'a.mcap', sha1 })]
  const found = (search: string): number =>
    finish(arrangeFiles(shares, { ...noFilesFilter, search }, { by: 'name', down: false }, nowMs)).length
  const cid = shares[0]?.cid ?? ''
  expect([cid.slice(0, 12), cid.toUpperCase(), 'F572D396', sha1].map(found)).toEqual([1, 1, 1, 1])
  expect([cid.slice(0, 7), cid.slice(4, 14), cid.slice(-8), 'fae', 'f572', 'fae92066'].map(found)).toEqual([
    0, 0, 0, 0, 0, 0,
  ])
})

test('of several transfers of a file the running one counts, else the newest', () => {
  const done = fakeTransfer(1, nowMs, { id: 'done', state: 'done', startedAtMs: 20 })
  const running = fakeTransfer(1, nowMs, { id: 'running', startedAtMs: 10 })
  const failed = fakeTransfer(1, nowMs, { id: 'failed', state: 'failed', startedAtMs: 15 })
  const cid = running.cid ?? ''
  const of = (...all: TransferView[]) => new Map(all.map((one) => [one.id, one]))
  expect(transferOf(of(done, running, failed), cid)?.id).toBe('running')
  expect(transferOf(of(running, failed, done), cid)?.id).toBe('running')
  expect(transferOf(of(failed, done), cid)?.id).toBe('done')
  expect(transferOf(of(done), 'another')).toBeNull()
})

test('a recording is found by its topics and stands where it was recorded', () => {
  const old = fakeShare(1, nowMs, { name: 'old.bag', modifiedAtMs: nowMs, log: fakeLog(nowMs - 86_400_000) })
  const plain = fakeShare(2, nowMs, { name: 'plain.txt', modifiedAtMs: nowMs, log: null })
  const pass = (change: object): string[] =>
    finish(arrangeFiles([old, plain], { ...noFilesFilter, ...change }, { by: 'name', down: false }, nowMs)).map(
      (share) => share.name,
    )
  expect(pass({ topics: ['/imu_node/imu'] })).toEqual(['old.bag'])
  expect(pass({ search: 'imu_node' })).toEqual(['old.bag'])
  expect(spanOf(old)).toEqual({ fromMs: nowMs - 86_700_000, toMs: nowMs - 86_400_000 })
  expect(pass({ withinMs: 3_600_000 })).toEqual(['plain.txt'])
  expect(pass({ range: { fromMs: nowMs - 86_500_000, toMs: nowMs - 86_450_000 } })).toEqual(['old.bag'])
})

test('marks say what a file is to this peer', () => {
  expect(marksOf(fakeShare(1, nowMs, { local: true, kept: true, own: true }))).toEqual([
    'here',
    'kept here',
    'shared by me',
    'only copy',
  ])
  expect(marksOf(fakeShare(2, nowMs, { local: false }))).toEqual([])
  const safety = { copies: 1, aliveCopies: 1, risk: 'high', why: 'only copy, on duckie01, battery 12 %' } as const
  expect(marksOf(fakeShare(2, nowMs, { safety }))).toEqual(['only copy', 'at risk'])
})

test('a recording whose times count from 0 is of when its file was last changed, and as long as it is', () => {
  const modifiedAtMs = nowMs - 1_000
  const spanWith = (startMs: number, endMs: number) =>
    spanOf(fakeShare(1, nowMs, { modifiedAtMs, log: fakeLog(nowMs, { startMs, endMs }) }))
  expect(spanWith(0, 199_000)).toEqual({ fromMs: modifiedAtMs - 199_000, toMs: modifiedAtMs })
  expect(spanWith(nowMs - 60_000, nowMs)).toEqual({ fromMs: nowMs - 60_000, toMs: nowMs })
  // One message of before the clock was set.
  expect(spanWith(0, nowMs)).toEqual({ fromMs: nowMs, toMs: nowMs })
})
