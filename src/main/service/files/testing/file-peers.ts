import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../../../shared/ids.ts'
import { systemClock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { silentLog } from '../../../base/log.ts'
import { SwarmNode } from '../../../net/swarm-node.ts'
import { Database } from '../../../store/database.ts'
import { identityOfSeed } from '../../../store/identity-store.ts'
import { RecordBook } from '../../../store/record-book.ts'
import { TrustedCircle } from '../../../store/testing/trusted-circle.ts'
import { FileService, type FileServiceInit } from '../file-service.ts'

export interface FilePeer {
  readonly name: string
  readonly peerId: PeerId
  /** All of its folders lie in it, and whatever a test makes beside them. */
  readonly disk: string
  /** With its key: nothing of it may be shared. */
  readonly home: string
  readonly shareDir: string
  readonly downloadDir: string
  readonly blocksDir: string
  readonly counters: Counters
  readonly node: SwarmNode
  readonly book: RecordBook
  files: FileService
  start(): Promise<void>
  stop(): Promise<void>
  /** Stops the file service and makes it anew on the same folders, as a restart of the process does. */
  restartFiles(): Promise<void>
}

const circle = new TrustedCircle({ atMs: Date.now() - 60_000 })
const made: FilePeer[] = []
const disks: string[] = []

/** A peer with everything that files need, on loopback, with its own folders. Not started. */
export async function makeFilePeer(name: string, init: Partial<FileServiceInit> = {}): Promise<FilePeer> {
  const disk = await mkdtemp(join(tmpdir(), 'dt-swarm-files-'))
  disks.push(disk)
  const home = join(disk, 'peer')
  const counters = new Counters()
  const basics = { clock: systemClock, random: Math.random, log: silentLog, counters }
  const identity = identityOfSeed(randomBytes(32))
  const database = Database.open(basics, { home })
  const book = new RecordBook({ ...basics, database, identity, swarm: circle.swarm() })
  circle.admit(book)
  const node = new SwarmNode({ ...basics, identity }, { swarm: 'test', listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
  const dirs = { shareDir: join(disk, 'shared'), downloadDir: join(disk, 'downloads'), blocksDir: join(home, 'blocks') }
  const makeFiles = (): FileService =>
    new FileService(
      {
        ...basics,
        book,
        node,
        peerId: identity.peerId,
        nameOf: (peer) => made.find((one) => one.peerId === peer)?.name ?? peer.slice(-6),
        statusOf: (peer) => (node.linked(peer) ? 'alive' : 'gone'),
        simulated: false,
      },
      { home, ...dirs, quietMs: 100, rescanMs: 500, patienceMs: 3_000, stallMs: 2_000, ...init },
    )
  const peer: FilePeer = {
    name,
    peerId: identity.peerId,
    disk,
    home,
    ...dirs,
    counters,
    node,
    book,
    files: makeFiles(),
    async start() {
      await node.start()
      await peer.files.start()
    },
    async stop() {
      await peer.files.stop()
      await node.stop()
      database.close()
    },
    async restartFiles() {
      await peer.files.stop()
      peer.files = makeFiles()
      await peer.files.start()
    },
  }
  made.push(peer)
  return peer
}

/** Hands the records that each of the peers authors to all others, as gossip does. */
export function relayRecords(peers: readonly FilePeer[]): void {
  for (const from of peers) {
    from.book.events.on('records:stored', ({ records, arrival }) => {
      if (arrival.via !== 'authored') return
      for (const to of peers) {
        if (to === from) continue
        const { book } = to
        const arrived = {
          via: 'direct',
          from: from.peerId,
          channel: null,
          receivedAtMs: systemClock.now(),
          hops: 1,
        } as const
        book.merge(
          records.map(({ record }) => record),
          arrived,
        )
      }
    })
  }
}

/** Started peers, each linked to the first, that hear each other's records. */
export async function startFilePeers(
  names: readonly string[],
  init: Partial<FileServiceInit> = {},
): Promise<FilePeer[]> {
  const peers = await Promise.all(names.map((name) => makeFilePeer(name, init)))
  relayRecords(peers)
  await Promise.all(peers.map((peer) => peer.start()))
  const first = peers[0]
  for (const peer of peers.slice(1)) peer.node.setBootstrap(first?.node.addresses() ?? [])
  return peers
}

export async function stopFilePeers(): Promise<void> {
  await Promise.all(made.splice(0).map((peer) => peer.stop()))
  await Promise.all(disks.splice(0).map((disk) => rm(disk, { recursive: true, force: true })))
}
