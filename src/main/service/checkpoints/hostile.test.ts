import { randomBytes } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { afterEach, describe, expect, it } from 'vitest'
import type { BucketName } from '../../model/bucket.ts'
import { announcementKey, encodeAnnouncement } from '../../model/checkpoint-announcement.ts'
import { blockOf } from '../../model/checkpoint.ts'
import { encodeCbor } from '../../model/cbor.ts'
import { recordIdBytes, recordIdOf } from '../../model/record-id.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { circle } from '../../net/testing/peers.ts'
import {
  startCheckpointPeer,
  startLinked,
  stopCheckpointPeers,
  waitFor,
  type CheckpointPeer,
} from './testing/checkpoint-peer.ts'
import { announce, announced, first, newcomerAfter, rootOf, sound } from './testing/lying-checkpoints.ts'

afterEach(stopCheckpointPeers)

type Lie = readonly [
  name: string,
  tell: (liar: CheckpointPeer, records: readonly SignedRecord[]) => Promise<void>,
  problem: string,
]

const lies: readonly Lie[] = [
  [
    'a chunk with a record that nobody signed',
    (liar, records) => {
      const forgedRecord = { ...first(records), signature: Uint8Array.from(randomBytes(64)) }
      return announced(liar, sound([forgedRecord, ...records.slice(1)]))
    },
    'a signature in it does not verify',
  ],
  [
    'a chunk with a record less than its entry says',
    (liar, records) => {
      const forged = sound(records)
      const short = sound(records.slice(1))
      const entry = { ...short.entry, count: forged.entry.count, from: forged.entry.from }
      return announced(liar, { ...short, entry, part: { ...forged.part, bytes: short.entry.bytes } })
    },
    'has 599 records, not 600',
  ],
  [
    'a chunk with a record more',
    (liar, records) => {
      const forged = sound(records)
      const part = { ...forged.part, count: 599 }
      return announced(liar, { ...forged, entry: { ...forged.entry, count: 599 }, part })
    },
    'has 600 records, not 599',
  ],
  [
    'records that do not add up to the fingerprint',
    (liar, records) => {
      const forged = sound(records)
      return announced(liar, { ...forged, part: { ...forged.part, fingerprint: new Uint8Array(32).fill(7) } })
    },
    'do not add up',
  ],
  [
    'a chunk that is larger than it says',
    (liar, records) => {
      const forged = sound(records)
      const fat = blockOf(randomBytes(1_500_000))
      return announced(liar, { ...forged, entry: { ...forged.entry, cid: fat.cid }, blocks: [fat] })
    },
    'has 1500000 bytes',
  ],
  [
    'a root that does not add up',
    (liar, records) => {
      const forged = sound(records)
      return announced(liar, { ...forged, part: { ...forged.part, count: 5_000 } })
    },
    'it says 5000 records, its chunks 600',
  ],
  [
    'a checkpoint of another swarm',
    (liar, records) => announced(liar, { ...sound(records), swarm: recordIdOf(Buffer.from('another swarm')) }),
    'is of another swarm',
  ],
  [
    'an index without an end',
    async (liar, records) => {
      const { swarm, part } = sound(records)
      const index = blockOf(encodeCbor([]))
      const root = blockOf(
        encodeCbor({
          v: 1,
          type: 'dt-swarm/checkpoint',
          swarm: recordIdBytes(swarm) ?? new Uint8Array(0),
          buckets: { files: { ...part, chunks: Array.from({ length: 200 }, () => index.cid) } },
        }),
      )
      await announce(liar, root, [index])
    },
    '',
  ],
  [
    'a root that is no checkpoint',
    async (liar) => announce(liar, blockOf(encodeCbor({ v: 1, type: 'something else' })), []),
    'root is not that of a checkpoint',
  ],
]

describe('a wrong checkpoint is named, counted and not taken; the records come another way', () => {
  it.each(lies)('%s', async (_, tell, problem) => {
    const newcomer = await newcomerAfter(tell)
    expect(newcomer.counters.get('checkpoints.refused:bad')).toBe(1)
    expect(newcomer.counters.get('checkpoints.taken')).toBe(0)
    const refused = newcomer.checkpoints.list().find(({ believable }) => !believable)
    expect(refused?.reason).toContain(problem)
    expect(refused?.local).toBe(false)
    expect(newcomer.files.blocks.pins()).toEqual([])
    expect(newcomer.keys('files')).toHaveLength(640)
  })
})

it('a root that holds something else than was announced is not taken, and not doubted either', async () => {
  const newcomer = await newcomerAfter((liar, records) => {
    const forged = sound(records)
    return announce(liar, rootOf(forged), forged.blocks)
  })
  expect(newcomer.counters.get('checkpoints.refused:announcement')).toBe(1)
  expect(newcomer.counters.get('checkpoints.refused:bad')).toBe(0)
  expect(newcomer.counters.get('checkpoints.taken')).toBe(0)
  expect(newcomer.checkpoints.list()).toEqual([])
  expect(newcomer.files.blocks.pins()).toEqual([])
})

it.each([0, 9_000])(
  'who says wrong sums of an honest root (%d records) is blamed alone; the root is taken',
  async (n) => {
    const honest = await startCheckpointPeer({ name: 'honest' })
    honest.say('files', 'log', 800)
    const { root, records } = await honest.checkpoints.create()
    const liar = await startCheckpointPeer({
      name: 'liar',
      bootstrap: [honest.address],
      checkpoints: { leastRecords: 1e6 },
    })
    await waitFor(() => expect(liar.count('files')).toBe(800))
    const buckets = new Map([['files' as const, { count: n, chunks: 1, fingerprint: new Uint8Array(32) }]])
    const wrong = { root: CID.parse(root), at: Date.now() + 1_000, records: n, bytes: 9, chunks: 1, buckets }
    liar.book.author({
      bucket: 'checkpoints',
      key: announcementKey,
      value: encodeAnnouncement(wrong),
      validForMs: 3_600_000,
    })
    const newcomer = await startLinked({ name: 'newcomer' }, [honest, liar])
    await waitFor(() => expect(newcomer.checkpoints.catchUp().phase).toBe('done'))
    expect(newcomer.counters.get('checkpoints.taken')).toBe(1)
    expect(newcomer.checkpoints.catchUp()).toMatchObject({ root, totalRecords: records })
    expect(newcomer.checkpoints.get(root)).toMatchObject({ believable: true, signers: [{ name: 'honest' }] })
    expect(newcomer.counters.get('checkpoints.refused:announcement')).toBe(1)
    expect(newcomer.counters.get('checkpoints.refused:bad')).toBe(0)
  },
)

it('a peer has one announcement, whatever keys it takes; a later time than now is now', async () => {
  const a = await startCheckpointPeer({ name: 'a' })
  await announce(a, blockOf(encodeCbor({ n: 0 })), [], { at: Date.now() + 30_000 })
  for (let n = 1; n < 4; n += 1) {
    const buckets = new Map<BucketName, never>()
    const said = { root: blockOf(encodeCbor({ n })).cid, at: Date.now(), records: 1, bytes: 1, chunks: 1, buckets }
    a.book.author({ bucket: 'checkpoints', key: `${n}`, value: encodeAnnouncement(said), validForMs: 3_600_000 })
  }
  expect(a.checkpoints.list()).toHaveLength(1)
  expect(a.checkpoints.list()[0]?.atMs).toBeLessThanOrEqual(Date.now())
})

it('a chunk that nobody gives: after some tries the records come another way', async () => {
  const newcomer = await newcomerAfter((liar, records) => announced(liar, { ...sound(records), blocks: [] }))
  expect(newcomer.counters.get('checkpoints.refused:missing')).toBe(1)
  expect(newcomer.keys('files')).toHaveLength(640)
})

it('records of strangers in a sound checkpoint change nothing', async () => {
  const stranger = identityOfSeed(Uint8Array.from(randomBytes(32)))
  const newcomer = await newcomerAfter((liar, records) => {
    const now = Date.now()
    const foreign = Array.from({ length: 300 }, (_, n) =>
      signRecord(
        {
          v: 1,
          bucket: 'files',
          key: `foreign${n}`,
          value: { n },
          author: stranger.peerId,
          seq: n + 1,
          validFrom: now,
          validUntil: now + 3_600_000,
        },
        stranger,
        circle.trusted.anchor.swarm,
      ),
    )
    return announced(liar, sound([...records.slice(0, 500), ...foreign]))
  })
  expect(newcomer.counters.get('checkpoints.taken')).toBe(1)
  expect(newcomer.counters.get('ingest.refused:stranger')).toBe(300)
  expect(newcomer.keys('files')).toHaveLength(640)
})

it('an announcement that claims more than a checkpoint may hold, or a later time, is none', async () => {
  const a = await startCheckpointPeer({ name: 'a' })
  const root = blockOf(encodeCbor({}))
  await announce(a, root, [], { records: 2 ** 40 })
  expect(a.checkpoints.list()).toEqual([])
  await announce(a, root, [], { at: Date.now() + 3_600_000 })
  expect(a.checkpoints.list()).toEqual([])
  await announce(a, root, [])
  expect(a.checkpoints.list()).toHaveLength(1)
})
