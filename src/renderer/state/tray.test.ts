import { expect, test } from 'vitest'
import type { TransferView } from '../../shared/views.ts'
import { fakeTransfer } from '../testing/fake-views.ts'
import { groupWords, trayTitle } from '../parts/tray/progress-words.ts'
import { rowsOf, trayOf, type TrayTotals } from './tray.ts'
import type { Upload } from './uploads.ts'

const nowMs = 1_800_000_000_000
const none = new Map<string, never>()
const group = { id: 'g', name: 'run-17' }

const upload: Upload = {
  id: 'u',
  name: 'big.bag',
  sizeBytes: 100,
  sentBytes: 50,
  startedAtMs: 0,
  state: 'running',
  problem: null,
  batch: null,
}

function member(index: number, change: Partial<TransferView>): TransferView {
  return fakeTransfer(index, nowMs, { group, sizeBytes: 100, doneBytes: 0, bytesPerS: 0, ...change })
}

test('the far end of an upload is not shown twice, and progress counts what runs', () => {
  const twin = fakeTransfer(1, nowMs, { id: 'twin', kind: 'share', name: 'big.bag' })
  const other = fakeTransfer(2, nowMs, { id: 'other', sizeBytes: 100, doneBytes: 0 })
  const view = trayOf([twin, other], [upload], none)
  expect(view.single.map((row) => row.id)).toEqual(['other'])
  expect(view.totals).toMatchObject({ open: 2, percent: 25 })
  expect(trayOf([], [], none).totals).toMatchObject({ all: 0, percent: null })
})

test('files of a folder that came one by one are one line once they are shared', () => {
  const shared = (index: number, name: string, change: Partial<TransferView> = {}) =>
    fakeTransfer(index, nowMs, { kind: 'share', name, state: 'done', sizeBytes: 100, doneBytes: 100, ...change })
  const view = trayOf(
    [
      ...[1, 2, 3].map((i) => shared(i, `run-17/part-${i}.txt`)),
      shared(4, 'run-17/broken.bag', { state: 'failed' }),
      shared(5, 'run-18/a.txt'),
      shared(6, 'run-18/b.txt'),
      shared(7, 'alone.txt'),
      shared(8, 'run-17/fetched.txt', { kind: 'fetch' }),
    ],
    [],
    none,
  )
  expect(view.groups).toMatchObject([{ id: 'folder run-17', name: 'run-17', files: 3, doneFiles: 3, state: 'ended' }])
  expect(view.single.map(({ name }) => name).sort()).toEqual([
    'alone.txt',
    'run-17/broken.bag',
    'run-17/fetched.txt',
    'run-18/a.txt',
    'run-18/b.txt',
  ])
  expect(view.totals).toMatchObject({ all: 6, open: 0, failed: 1 })
})

test('files of a group are one line that counts those that left the list', () => {
  const members = [
    member(1, { state: 'done', doneBytes: 100, endedAtMs: nowMs }),
    member(2, { state: 'running', doneBytes: 40, bytesPerS: 10 }),
    member(3, { state: 'waiting' }),
    member(4, { state: 'failed', endedAtMs: nowMs }),
    member(5, { state: 'cancelled', endedAtMs: nowMs }),
  ]
  const view = trayOf(members, [], new Map([['g', { doneFiles: 6, doneBytes: 600 }]]))
  const [only] = view.groups
  expect(only).toMatchObject({ files: 10, doneFiles: 7, failedFiles: 1, sizeBytes: 1_000, doneBytes: 740 })
  expect(only?.remainingMs).toBe(26_000)
  expect(only === undefined ? '' : groupWords(only).join(' · ')).toBe(
    '7 of 10 files · 740 B of 1.00 kB · 10 B/s · 26 s left · 1 failed',
  )
  expect(view.totals).toMatchObject({ open: 1, failed: 1, all: 1, percent: 74 })
  expect(rowsOf(view, new Set())).toHaveLength(1)
  expect(rowsOf(view, new Set(['g']))).toHaveLength(6)
})

test("where one transfer stands for the group, its figures are the group's", () => {
  const leader = fakeTransfer(0, nowMs, {
    id: 'g',
    group,
    kind: 'share',
    sizeBytes: 4_000_000_000,
    doneBytes: 1_200_000_000,
    step: '312 of 20 000 files',
    state: 'paused',
    bytesPerS: 0,
  })
  const [only] = trayOf([leader, member(1, { state: 'failed', endedAtMs: nowMs })], [], none).groups
  expect(only).toMatchObject({ files: null, state: 'paused', sizeBytes: 4_000_000_000 })
  expect(only === undefined ? '' : groupWords(only).join(' · ')).toBe(
    '312 of 20 000 files · 1.20 GB of 4.00 GB · paused · 1 failed',
  )
})

test('a drop in a browser counts those that have arrived', () => {
  const batch = { id: 'd', name: 'run-17', files: 10, sizeBytes: 1_000 }
  const left = [upload, { ...upload, id: 'v', state: 'waiting', sentBytes: 0 } as const].map((one) => ({
    ...one,
    batch,
  }))
  const [only] = trayOf([], left, none).groups
  expect(only).toMatchObject({ kind: 'upload', files: 10, doneFiles: 8, doneBytes: 850, state: 'running' })
})

test('running ones come first, then those that wait by their priority, ended ones last', () => {
  const view = trayOf(
    [
      fakeTransfer(1, nowMs, { state: 'done', endedAtMs: nowMs }),
      fakeTransfer(2, nowMs, { state: 'waiting', priority: 'low' }),
      fakeTransfer(3, nowMs, { state: 'waiting', priority: 'high' }),
      fakeTransfer(4, nowMs, { state: 'running' }),
      fakeTransfer(5, nowMs, { state: 'paused' }),
    ],
    [],
    none,
  )
  expect(view.single.map((one) => one.id)).toEqual(['t4', 't3', 't2', 't5', 't1'])
})

test('the closed tray says how far, how fast and how long', () => {
  const said = (one: TrayTotals): string => trayTitle(one).join(' · ')
  const totals = { open: 3, paused: 0, failed: 1, all: 5, bytesPerS: 8_200_000, percent: 42.7, remainingMs: 180_000 }
  expect(said(totals)).toBe('3 transfers · 42 % · 8.20 MB/s · 3 min left · 1 failed')
  expect(said({ ...totals, open: 1, paused: 1, failed: 0, bytesPerS: 0 })).toBe('1 transfer · 42 % · paused')
  expect(said({ ...totals, open: 0 })).toBe('1 transfer failed')
  expect(said({ ...totals, open: 0, failed: 0 })).toBe('5 transfers done')
})

test('of ten times as many transfers each is looked at as often', () => {
  const looksAt = (count: number): number => {
    let looks = 0
    const counted: ProxyHandler<TransferView> = {
      get: (transfer, key) => {
        looks += 1
        return Reflect.get(transfer, key) as unknown
      },
    }
    const many = Array.from({ length: count }, (_, i) => member(i, { state: i < 3 ? 'running' : 'waiting' }))
    const view = trayOf(
      many.map((one) => new Proxy(one, counted)),
      [],
      none,
    )
    expect(view.groups[0]?.files).toBe(count)
    return looks / count
  }
  // What grows faster than the list makes the tray of 20,000 files freeze the window; sorting them costs a little more.
  expect(looksAt(20_000)).toBeLessThan(1.5 * looksAt(2_000))
})
