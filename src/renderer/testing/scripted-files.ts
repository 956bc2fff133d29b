import type { ShareView, TransferView } from '../../shared/views.ts'
import { fakeCid, fakePeer } from './fake-ids.ts'
import { fakeLog, fakeTextLog } from './fake-logs.ts'
import { fakeShare, fakeTransfer } from './fake-views.ts'

/** Files as a lab has them: recordings over a day, texts, a cut-off bag, some kept, some of this peer. */
export function fakeShelfOfFiles(count: number, nowMs: number): readonly ShareView[] {
  const self = { peer: fakePeer(1_000), name: 'lab-laptop', alive: true }
  return Array.from({ length: count }, (_, i) => {
    const share = fakeShare(i, nowMs, { channel: i % 9 === 4 ? 'calibration' : null })
    if (i === 1) {
      const problem = 'The recording was cut off: it has no index, and its last chunk is not whole.'
      return { ...share, log: fakeLog(nowMs - 700_000, { whole: false, problem }) }
    }
    if (i === 3) return { ...share, copies: share.copies.map((copy) => ({ ...copy, alive: false })), local: false }
    if (i % 5 === 0) return { ...share, local: true, kept: i === 5, own: true, copies: [...share.copies, self] }
    if (i === 8) return { ...share, name: 'run-17/poses.csv', log: fakeTextLog({ format: 'csv' }) }
    return share
  })
}

/** Something of each kind in the tray: a folder under way, a query, single ones running, held, done and failed. */
export function fakeTransfers(nowMs: number): readonly TransferView[] {
  const folder = { id: 'run-17', name: 'run-17' }
  const query = { id: 'query', name: 'duckie01, today' }
  return [
    fakeTransfer(1, nowMs),
    fakeTransfer(2, nowMs, {
      state: 'done',
      path: '/home/ana/Downloads/drive-2.mcap',
      endedAtMs: nowMs,
      step: 'done',
      cid: fakeCid(2),
    }),
    fakeTransfer(4, nowMs, { state: 'paused', bytesPerS: 0, remainingMs: null, from: [] }),
    fakeTransfer(5, nowMs, {
      state: 'failed',
      endedAtMs: nowMs,
      error: { code: 'FETCH_FAILED', message: 'Nobody who holds it can be reached: duckie02 (gone for 22 min).' },
    }),
    fakeTransfer(0, nowMs, {
      id: folder.id,
      kind: 'share',
      name: folder.name,
      cid: null,
      group: folder,
      sizeBytes: 4_000_000_000,
      doneBytes: 1_200_000_000,
      bytesPerS: 61_000_000,
      remainingMs: 46_000,
      step: '312 of 20 000 files',
      from: [],
    }),
    ...Array.from({ length: 40 }, (_, i) =>
      fakeTransfer(100 + i, nowMs, {
        group: query,
        state: i < 12 ? 'done' : i < 14 ? 'running' : 'waiting',
        doneBytes: i < 12 ? 50_000_000 : i < 14 ? 21_000_000 : 0,
        bytesPerS: i >= 12 && i < 14 ? 8_200_000 : 0,
        endedAtMs: i < 12 ? nowMs : null,
        priority: i === 20 ? 'high' : 'normal',
      }),
    ),
  ]
}
