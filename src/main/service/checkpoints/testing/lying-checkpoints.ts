import { expect } from 'vitest'
import { buckets, type BucketName } from '../../../model/bucket.ts'
import { announcementKey, encodeAnnouncement, type Announcement } from '../../../model/checkpoint-announcement.ts'
import { itemOf } from '../../../model/checkpoint-record.ts'
import { blockOf, encodeCheckpoint, type Block, type ChunkEntry } from '../../../model/checkpoint.ts'
import { encodeBatch } from '../../../model/record-codec.ts'
import { recordIdBytes, type recordIdOf } from '../../../model/record-id.ts'
import type { SignedRecord } from '../../../model/record.ts'
import { SetSum } from '../../../model/set-sum.ts'
import { circle } from '../../../net/testing/peers.ts'
import { startCheckpointPeer, waitFor, type CheckpointPeer } from './checkpoint-peer.ts'

/** A checkpoint as a liar makes it: sound, but for what a test changes. */
export interface Forged {
  readonly swarm: ReturnType<typeof recordIdOf>
  readonly entry: ChunkEntry
  readonly part: { readonly count: number; readonly bytes: number; readonly fingerprint: Uint8Array }
  readonly blocks: readonly Block[]
}

export function sound(records: readonly SignedRecord[]): Forged {
  const sorted = records.toSorted(
    (a, b) =>
      a.body.validFrom - b.body.validFrom ||
      Buffer.compare(recordIdBytes(a.id) ?? Buffer.alloc(0), recordIdBytes(b.id) ?? Buffer.alloc(0)),
  )
  const block = blockOf(encodeBatch(sorted))
  const sum = new SetSum()
  for (const record of sorted) sum.add(itemOf(record).item)
  const entry: ChunkEntry = {
    cid: block.cid,
    from: sorted[0]?.body.validFrom ?? 0,
    to: sorted.at(-1)?.body.validFrom ?? 0,
    count: sorted.length,
    bytes: block.bytes.length,
  }
  const part = { count: sorted.length, bytes: block.bytes.length, fingerprint: sum.fingerprint() }
  return { swarm: circle.swarm().get().anchor.swarm, entry, part, blocks: [block] }
}

export const rootOf = ({ swarm, entry, part }: Forged): Block =>
  encodeCheckpoint(swarm, new Map([['files' as BucketName, { ...part, entries: [entry] }]])).root

/** Stores the blocks, and announces the root as one of 5,000 records: worth taking. */
export async function announce(
  liar: CheckpointPeer,
  root: Block,
  blocks: readonly Block[],
  said: Partial<Announcement> & { readonly fingerprint?: Uint8Array } = {},
): Promise<void> {
  for (const { cid, bytes } of [root, ...blocks]) await liar.files.blocks.put(cid, bytes)
  const { fingerprint = new Uint8Array(32), ...facts } = said
  const files = { count: 5_000, chunks: 1, fingerprint }
  liar.book.author({
    bucket: 'checkpoints',
    key: announcementKey,
    value: encodeAnnouncement({
      root: root.cid,
      at: Date.now(),
      records: 5_000,
      bytes: 1_000_000,
      chunks: 1,
      buckets: new Map([['files', files]]),
      ...facts,
    }),
    validForMs: buckets.checkpoints.maxValidityMs,
  })
}

/** A newcomer comes to a swarm with a liar: what it makes of the checkpoint, and what it has in the end. */
export async function newcomerAfter(
  forge: (liar: CheckpointPeer, records: readonly SignedRecord[]) => Promise<void>,
): Promise<CheckpointPeer> {
  const liar = await startCheckpointPeer({ name: 'liar' })
  const honest = await startCheckpointPeer({
    name: 'honest',
    bootstrap: [liar.address],
    checkpoints: { endorseMs: 1e9, leastRecords: 1e6 },
  })
  honest.say('files', 'honest', 40)
  const records = liar.say('files', 'log', 600).map(({ record }) => record)
  await forge(liar, records)
  await waitFor(() => expect(honest.checkpoints.list()).toHaveLength(1))
  await waitFor(() => expect(honest.count('files')).toBe(640))
  const newcomer = await startCheckpointPeer({ name: 'newcomer', bootstrap: [honest.address, liar.address] })
  await waitFor(() => expect(newcomer.count('files')).toBeGreaterThanOrEqual(640))
  await waitFor(() => expect(newcomer.checkpoints.catchUp().phase).toBe('done'))
  return newcomer
}

/** Said in the announcement as the root says it: the lie is deeper. */
export const announced = async (liar: CheckpointPeer, forged: Forged): Promise<void> =>
  announce(liar, rootOf(forged), forged.blocks, {
    records: forged.part.count,
    fingerprint: forged.part.fingerprint,
    buckets: new Map([['files', { count: forged.part.count, chunks: 1, fingerprint: forged.part.fingerprint }]]),
  })

export const first = <Item>(items: readonly Item[]): Item => {
  const [item] = items
  if (item === undefined) throw new Error('there is one')
  return item
}
