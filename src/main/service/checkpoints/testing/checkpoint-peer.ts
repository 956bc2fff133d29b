import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { systemClock } from '../../../base/clock.ts'
import { silentLog } from '../../../base/log.ts'
import { TestPeer, type TestPeerInit } from '../../../net/testing/peers.ts'
import { FileService } from '../../files/file-service.ts'
import { CheckpointService, type CheckpointServiceInit } from '../checkpoint-service.ts'

export interface CheckpointPeerInit extends TestPeerInit {
  readonly name?: string
  /** Default: nothing is made by itself, so that a test says when. */
  readonly checkpoints?: Partial<CheckpointServiceInit>
  readonly collectAfterMs?: number
}

const never = 1e9

/** A real peer with everything that checkpoints need; all trust each other. */
export class CheckpointPeer extends TestPeer {
  readonly name: string
  readonly files: FileService
  readonly checkpoints: CheckpointService

  constructor(init: CheckpointPeerInit = {}) {
    const { name = 'peer', checkpoints, collectAfterMs, ...rest } = init
    super(rest)
    this.name = name
    const basics = { clock: systemClock, random: Math.random, log: silentLog, counters: this.counters }
    const { book, home, node, pool } = this
    const nameOf = (peer: string): string => made.find(({ identity }) => identity.peerId === peer)?.name ?? peer
    this.files = new FileService(
      { ...basics, book, node, peerId: this.identity.peerId, nameOf, statusOf: () => 'alive', simulated: false },
      {
        home,
        shareDir: join(home, 'shared'),
        downloadDir: join(home, 'downloads'),
        stallMs: 2_000,
        ...(collectAfterMs === undefined ? {} : { collectAfterMs }),
      },
    )
    this.checkpoints = new CheckpointService(
      {
        ...basics,
        book,
        node,
        pool,
        peerId: this.identity.peerId,
        blocks: () => this.files.blocks,
        nameOf,
        hold: () => this.exchange.hold(['trust', 'checkpoints', 'machines']),
        sessions: () => this.counters.get('catch-up.trusted'),
        onImported: () => this.exchange.compareSoon(),
      },
      { home, everyMs: never, firstMs: never, leastRecords: 500, ...checkpoints },
    )
    made.push(this)
  }

  override async start(): Promise<void> {
    await super.start()
    await this.begin()
  }

  /** What `start` does after the network is up. */
  async begin(): Promise<void> {
    await this.files.start()
    await this.checkpoints.start()
  }

  override async leave(): Promise<void> {
    await this.checkpoints.stop()
    await this.files.stop()
    await super.leave()
  }

  count(bucket: string): number {
    return this.book.counts().find((one) => one.bucket === bucket)?.records ?? 0
  }
}

const made: CheckpointPeer[] = []

/** A peer that looks for a checkpoint only once it is linked to all of these and knows what each announces. */
export async function startLinked(init: CheckpointPeerInit, to: readonly CheckpointPeer[]): Promise<CheckpointPeer> {
  const peer = new CheckpointPeer({ ...init, bootstrap: to.map(({ address }) => address) })
  await TestPeer.prototype.start.call(peer)
  for (const other of to) await linked(other, peer)
  await waitFor(() => expect(peer.count('checkpoints')).toBe(to.length))
  await peer.begin()
  return peer
}

export async function startCheckpointPeer(init: CheckpointPeerInit = {}): Promise<CheckpointPeer> {
  const peer = new CheckpointPeer(init)
  await peer.start()
  return peer
}

export async function stopCheckpointPeers(): Promise<void> {
  await Promise.all(made.splice(0).map((peer) => peer.stop()))
}

export const waitFor = <Result>(look: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(look, { timeout: 25_000, interval: 20 })

export async function linked(a: CheckpointPeer, b: CheckpointPeer): Promise<void> {
  await waitFor(() => expect(b.node.linked(a.identity.peerId)).toBe(true))
}
