import type { CheckpointView } from '../../shared/checkpoint-views.ts'
import { fakeCid, fakePeer, fakeRecord } from './fake-ids.ts'

export function fakeCheckpoint(index: number, nowMs: number, change: Partial<CheckpointView> = {}): CheckpointView {
  const records = 12_400 - index * 130
  return {
    root: fakeCid(40_000 + index),
    atMs: nowMs - 90_000 - index * 300_000,
    records,
    bytes: records * 410,
    chunks: 31,
    sharedChunks: index === 3 ? 0 : 28,
    buckets: [
      { bucket: 'machines', records: 24, fingerprint: fakeRecord(41_000 + index).slice(-32), chunks: 1 },
      { bucket: 'files', records: records - 424, fingerprint: fakeRecord(42_000).slice(-32), chunks: 26 },
      { bucket: 'trust', records: 400, fingerprint: fakeRecord(43_000).slice(-32), chunks: 4 },
    ],
    signers: [
      {
        peer: fakePeer(1_000),
        name: 'lab-laptop',
        trusted: true,
        atMs: nowMs - 90_000 - index * 300_000,
        how: 'announced',
        recordId: fakeRecord(44_000 + index),
      },
      {
        peer: fakePeer(901),
        name: 'lab-server',
        trusted: true,
        atMs: nowMs - 80_000 - index * 300_000,
        how: index % 2 === 0 ? 'same' : 'endorsed',
        recordId: fakeRecord(45_000 + index),
      },
    ],
    local: true,
    own: index % 2 === 0,
    believable: true,
    reason: 'announced by lab-laptop (operator); lab-server says the same',
    difference: { missingHere: 0, newHere: 14 + index * 130 },
    ...change,
  }
}

export function fakeCheckpoints(nowMs: number): CheckpointView[] {
  return [
    fakeCheckpoint(0, nowMs),
    fakeCheckpoint(1, nowMs),
    fakeCheckpoint(2, nowMs, {
      signers: [
        {
          peer: fakePeer(78),
          name: 'duckie78',
          trusted: false,
          atMs: nowMs - 600_000,
          how: 'announced',
          recordId: fakeRecord(46_000),
        },
      ],
      own: false,
      local: false,
      believable: false,
      reason: 'only a stranger speaks for it: nobody with a role in this swarm has announced or endorsed it',
      difference: null,
    }),
    fakeCheckpoint(3, nowMs),
  ]
}
