import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordId } from '../src/shared/ids.ts'
import { systemClock } from '../src/main/base/clock.ts'
import { Counters } from '../src/main/base/counters.ts'
import { startAll } from '../src/main/base/lifecycle.ts'
import { silentLog } from '../src/main/base/log.ts'
import { signRecord, type SignedRecord } from '../src/main/model/record.ts'
import { Exchange } from '../src/main/net/exchange.ts'
import { SwarmNode } from '../src/main/net/swarm-node.ts'
import { VerifyPool } from '../src/main/net/ingest/verify-pool.ts'
import { CheckpointService } from '../src/main/service/checkpoints/checkpoint-service.ts'
import { FileService } from '../src/main/service/files/file-service.ts'
import { Database } from '../src/main/store/database.ts'
import { identityOfSeed, type Identity } from '../src/main/store/identity-store.ts'
import { RecordBook } from '../src/main/store/record-book.ts'
import { trustedSwarm } from '../src/main/store/testing/trusted.ts'

/** One side of the checkpoint bench; `bench/checkpoint.ts` runs several. */
export interface CheckpointBenchOrder {
  /** hold: has all records and a checkpoint. join: a newcomer. hear: gets the records by gossip, from `tell`. */
  readonly kind: 'hold' | 'join' | 'hear' | 'tell'
  readonly records: number
  /** When the swarm began: the same for all. */
  readonly atMs: number
  readonly address: string | null
}

export interface HoldResult {
  readonly address: string
  readonly firstMs: number
  readonly chunks: number
  readonly bytes: number
  /** The next one, of ten records more. */
  readonly nextMs: number
  readonly nextNewChunks: number
  /** Longest turn of the event loop meanwhile. */
  readonly loopMaxMs: number
}

export interface TakeResult {
  readonly taken: number
  /** From the first block asked for, or the first record, to the last record stored. */
  readonly ms: number
  /** From the start of the process's peer. */
  readonly allMs: number
  readonly verified: number
  /** CPU of the whole process, threads too, of a record. */
  readonly cpuMicrosEach: number
  readonly loopMaxMs: number
  readonly loopP99Ms: number
}

const authorCount = 20
const silenceMs = 15_000
const identity = (n: number): Identity => identityOfSeed(new Uint8Array(32).fill(n))
const authors = Array.from({ length: authorCount }, (_, n) => identity(n + 1))
const selves = { hold: identity(40), join: identity(41), hear: identity(42), tell: identity(43) }
const home = mkdtempSync(join(tmpdir(), 'dt-swarm-bench-'))

/** Files of thirty days, of twenty robots; some 300 bytes each. */
function makeRecords(count: number, atMs: number, swarm: RecordId): SignedRecord[] {
  const spanMs = 30 * 86_400_000
  return Array.from({ length: count }, (_, i) => {
    const author = authors[i % authorCount] ?? identity(1)
    const body = {
      v: 1 as const,
      bucket: 'files' as const,
      key: `duckie${i % authorCount}/drive-${i}.mcap`,
      value: { name: `drive-${i}.mcap`, cid: `bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55f${i}`, size: i },
      author: author.peerId,
      seq: i + 1,
      validFrom: atMs + Math.floor((i / count) * spanMs),
      validUntil: atMs + 2 * spanMs,
    }
    return signRecord(body, author, swarm)
  })
}

function open({ kind, atMs, address }: CheckpointBenchOrder) {
  const self = selves[kind]
  const counters = new Counters()
  const basics = { clock: systemClock, random: Math.random, log: silentLog, counters, identity: self }
  const members = [...authors, ...Object.values(selves)].map(({ peerId }) => peerId)
  const trusted = trustedSwarm(members, { atMs })
  const database = Database.open(basics, { home })
  const book = new RecordBook({ ...basics, database, swarm: trusted.swarm() })
  const arrival = { via: 'caught-up', from: null, channel: null, receivedAtMs: atMs, hops: 1 } as const
  book.merge(trusted.records, arrival)
  const swarm = 'bench'
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = new SwarmNode(basics, { swarm, listen, mdns: false, bootstrap: address === null ? [] : [address] })
  const pool = new VerifyPool(basics, { workers: 2 })
  const exchange = new Exchange({ ...basics, node, book, pool }, { swarm })
  const common = { ...basics, book, node, peerId: self.peerId, nameOf: (peer: string) => peer.slice(-6) }
  const files = new FileService(
    { ...common, statusOf: () => 'alive', simulated: false },
    { home, shareDir: join(home, 'shared'), downloadDir: join(home, 'downloads') },
  )
  const checkpoints = new CheckpointService(
    {
      ...common,
      pool,
      blocks: () => files.blocks,
      hold: () => exchange.hold(['trust', 'checkpoints', 'machines']),
      sessions: () => counters.get('catch-up.done'),
      onImported: () => {},
    },
    { home, everyMs: 1e9, firstMs: 1e9 },
  )
  const store = (records: readonly SignedRecord[]): void => {
    for (let at = 0; at < records.length; at += 1_000) book.merge(records.slice(at, at + 1_000), arrival)
  }
  return { counters, book, node, pool, exchange, files, checkpoints, store }
}

async function hold(order: CheckpointBenchOrder): Promise<HoldResult> {
  const peer = open(order)
  peer.store(makeRecords(order.records, order.atMs, peer.book.swarm))
  await startAll([peer.pool, peer.node, peer.exchange, peer.files, peer.checkpoints])
  await sleep(1_000)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let startedMs = performance.now()
  const first = await peer.checkpoints.create()
  const firstMs = performance.now() - startedMs
  delay.disable()
  peer.store(makeRecords(order.records + 10, order.atMs + 1, peer.book.swarm).slice(-10))
  startedMs = performance.now()
  const next = await peer.checkpoints.create()
  const nextMs = performance.now() - startedMs
  return {
    address: peer.node.addresses()[0] ?? '',
    firstMs,
    chunks: first.chunks,
    bytes: first.bytes,
    nextMs,
    nextNewChunks: next.chunks - next.sharedChunks,
    loopMaxMs: delay.max / 1e6,
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5)
}

async function take(order: CheckpointBenchOrder): Promise<void> {
  const peer = open(order)
  const files = (): number => peer.book.counts().find(({ bucket }) => bucket === 'files')?.records ?? 0
  // Only gossip: what is lost by it is not to come another way.
  if (order.kind === 'hear') peer.exchange.hold([])
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const startedMs = performance.now()
  const parts = [peer.pool, peer.node, peer.exchange]
  await startAll(order.kind === 'join' ? [...parts, peer.files, peer.checkpoints] : parts)
  if (order.kind === 'hear') process.send?.({ address: peer.node.addresses()[0] ?? '' })
  const has = (): boolean =>
    order.kind === 'join' ? peer.checkpoints.catchUp().phase === 'checkpoint' || files() > 0 : files() > 0
  await until(has)
  const firstMs = performance.now()
  const cpu = process.cpuUsage()
  // Gossip may lose some for good: then it ends when nothing more comes.
  let taken = files()
  let lastMs = performance.now()
  await until(() => {
    if (files() > taken) lastMs = performance.now()
    taken = files()
    return taken >= order.records || performance.now() - lastMs > silenceMs
  })
  const { user, system } = process.cpuUsage(cpu)
  const result: TakeResult = {
    taken,
    cpuMicrosEach: (user + system) / taken,
    ms: lastMs - firstMs,
    allMs: lastMs - startedMs,
    verified: peer.counters.get('verify.checks'),
    loopMaxMs: delay.max / 1e6,
    loopP99Ms: delay.percentile(99) / 1e6,
  }
  process.send?.(result)
}

async function tell(order: CheckpointBenchOrder): Promise<void> {
  const { exchange, node, pool, book } = open(order)
  const list = makeRecords(order.records, order.atMs, book.swarm)
  exchange.hold([])
  await startAll([pool, node, exchange])
  const gossip = node.libp2p.services.gossip as typeof node.libp2p.services.gossip & {
    getMeshPeers(topic: string): string[]
    getTopics(): string[]
  }
  await until(() => gossip.getTopics().some((topic) => gossip.getMeshPeers(topic).length > 0))
  for (let at = 0; at < list.length; at += 500) {
    exchange.brain.passOn(list.slice(at, at + 500))
    while (exchange.brain.waiting > 1_000) await sleep(1)
  }
}

// The bench lets go of this process when it has its figure.
process.on('disconnect', () => {
  rmSync(home, { recursive: true, force: true })
  process.exit(0)
})
const [order] = (await once(process, 'message')) as [CheckpointBenchOrder]
if (order.kind === 'hold') process.send?.(await hold(order))
else if (order.kind === 'tell') await tell(order)
else await take(order)
