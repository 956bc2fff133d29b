import type { BucketSummaryView, RecordView } from '../../shared/record-views.ts'
import type { SignerView } from '../../shared/trust-views.ts'
import { fakePeer, fakeRecord } from './fake-ids.ts'

const robotName = (index: number): string => `duckie${String(index).padStart(2, '0')}`

export function fakeSigner(index: number, nowMs: number, change: Partial<SignerView> = {}): SignerView {
  return {
    peer: fakePeer(index),
    name: robotName(index),
    verdict: 'propose',
    atMs: nowMs - 40_000,
    roles: ['robot'],
    standing: 'member',
    counts: true,
    ...change,
  }
}

/** A record as the page sees it: a health report of a robot, accepted, heard directly. */
export function fakeRecordView(index: number, nowMs: number, change: Partial<RecordView> = {}): RecordView {
  const author = change.author ?? fakePeer(index % 8)
  return {
    id: fakeRecord(20_000 + index),
    bucket: 'diagnostics',
    key: 'health',
    value: {
      atMs: nowMs - 5_000,
      cpuPercent: 23.4,
      temperatureC: 51.2,
      notes: ['docked, charging'],
      log: { '/': 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi' },
      mac: { '/': { bytes: 'qrvM3e7/' } },
      battery: { percent: 81, charging: true, cells: [4.1, 4.1, 4.0] },
      error: null,
    },
    author,
    authorName: robotName(index % 8),
    seq: 400 + index,
    validFromMs: nowMs - 42_000,
    validUntilMs: nowMs + 558_000,
    state: 'accepted',
    stateReason: 'signed by a robot of this swarm',
    how: 'direct',
    from: author,
    fromName: robotName(index % 8),
    channel: '/ipfs-pubsub/records/dswarm-line',
    hops: 1,
    receivedAtMs: nowMs - 41_000 - (index % 60) * 7_000,
    sizeBytes: 412 + (index % 90),
    signers: [fakeSigner(index % 8, nowMs)],
    mayEndorse: false,
    mayDismiss: false,
    ...change,
  }
}

/** Records in each state, as a small lab holds them; `count` more reports beside them. */
export function fakeRecords(nowMs: number, count = 40): RecordView[] {
  const operator = fakeSigner(1_000, nowMs, {
    name: 'lab-laptop',
    roles: ['operator', 'release'],
    standing: 'root',
    atMs: nowMs - 1_900_000,
  })
  return [
    ...Array.from({ length: count }, (_, i) => fakeRecordView(i, nowMs)),
    fakeRecordView(501, nowMs, {
      bucket: 'releases',
      key: 'dt-swarm/0.2.0',
      value: { component: 'dt-swarm', version: '0.2.0', counter: 14 },
      author: fakePeer(900),
      authorName: 'build-server',
      state: 'proposed',
      stateReason: 'needs 1 more operator',
      how: 'relayed',
      hops: 3,
      from: fakePeer(901),
      fromName: 'lab-server',
      channel: '/ip4/192.168.1.9/tcp/7001/dswarm-line',
      validFromMs: nowMs - 7_200_000,
      validUntilMs: nowMs + 30 * 86_400_000,
      signers: [
        fakeSigner(900, nowMs, { name: 'build-server', roles: ['release'], atMs: nowMs - 7_200_000 }),
        { ...operator, verdict: 'endorse' },
        fakeSigner(77, nowMs, { name: null, verdict: 'endorse', roles: [], standing: 'stranger', counts: false }),
      ],
      mayEndorse: true,
      mayDismiss: true,
    }),
    fakeRecordView(502, nowMs, {
      bucket: 'files',
      key: 'drive-7.mcap',
      value: { name: 'drive-7.mcap', sizeBytes: 18_400_000 },
      state: 'dismissed',
      stateReason: 'dismissed by its author duckie06',
      signers: [fakeSigner(6, nowMs), fakeSigner(6, nowMs, { verdict: 'dismiss', atMs: nowMs - 20_000 })],
    }),
    fakeRecordView(503, nowMs, {
      bucket: 'machines',
      key: 'self',
      author: fakePeer(78),
      authorName: 'duckie78',
      value: { name: 'duckie78', role: 'robot' },
      state: 'proposed',
      stateReason: 'its author has no role in this swarm',
      signers: [fakeSigner(78, nowMs, { name: 'duckie78', roles: [], standing: 'stranger', counts: false })],
      mayDismiss: true,
    }),
    fakeRecordView(504, nowMs, {
      bucket: 'files',
      key: 'drive-1.mcap',
      value: { name: 'drive-1.mcap', sizeBytes: 9_100_000 },
      state: 'expired',
      stateReason: 'ended 2 min ago',
      validFromMs: nowMs - 900_000,
      validUntilMs: nowMs - 120_000,
    }),
  ]
}

const rules: Readonly<Record<string, string>> = {
  machines: 'each machine for itself; counts at once; lives 15 min at most',
  files: 'operator, release, robot or server may author; counts at once; lives 366 d at most',
  diagnostics: 'each machine for itself; counts at once; lives 15 min at most',
  releases: 'release may author; counts once 2 operators endorsed it; lives 366 d at most',
  trust: 'root keys and operators; counts by its own rules',
}

/** What there is of each bucket among these records. */
export function summaryOf(records: readonly RecordView[], nowMs: number): BucketSummaryView[] {
  return Object.entries(rules).map(([bucket, rule], b) => {
    const own = records.filter((record) => record.bucket === bucket)
    return {
      bucket,
      kind: bucket === 'machines' || bucket === 'diagnostics' ? 'keyed' : 'set',
      records: own.length,
      bytes: own.reduce((sum, record) => sum + record.sizeBytes, 0),
      fingerprint: fakeRecord(30_000 + b).slice(-32),
      rule,
      mayPropose: bucket === 'releases' || bucket === 'files',
      growth: Array.from({ length: 40 }, (_, i) => ({
        atMs: nowMs - (40 - i) * 300_000,
        records: Math.round(own.length * (0.4 + 0.015 * i) * (1 + Math.sin(i / 3 + b) / 9)),
      })),
    }
  })
}
