import { gossipsub, StrictSign, type GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../src/main/base/clock.ts'
import { silentLog } from '../src/main/base/log.ts'
import { encodeSigned } from '../src/main/model/record-codec.ts'
import type { SignedRecord } from '../src/main/model/record.ts'
import { Brain } from '../src/main/net/messages/brain.ts'
import { GossipChannel } from '../src/main/net/channels/gossipsub.ts'
import { LineCodec } from '../src/main/net/channels/line.ts'
import { Ingest } from '../src/main/net/ingest/ingest.ts'
import { MessageStream } from '../src/main/net/messages/message-stream.ts'
import { circle, TestPeer } from '../src/main/net/testing/peers.ts'
import { recordsTopic } from '../src/main/net/messages/topics.ts'
import { authorsOfRecords, makeRecords } from './ingest-records.ts'

/** One side of the ingest bench; `bench/ingest.ts` runs it twice, as `receive` and as `send`. */
export interface IngestOrder {
  readonly kind: 'dt-swarm' | 'dt-swarm-no-store' | 'strict-sign'
  readonly records: number
  /** Where the receiver is; null for the receiver itself. */
  readonly address: string | null
}

export interface IngestResult {
  readonly perSecond: number
  readonly cpuMicrosEach: number
  readonly verifiedEach: number
  readonly loopDelayP99Ms: number
}

type Raw = Libp2p<{ gossip: GossipSub }>

const topic = recordsTopic('test')
const home = mkdtempSync(join(tmpdir(), 'dt-swarm-bench-'))
/** Neither side may win by a queue that never ends: this many bytes may wait in the sender's socket. */
const maxBufferedBytes = 512 * 1024

async function startRaw(): Promise<Raw> {
  const raw: Raw = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({ globalSignaturePolicy: StrictSign, allowPublishToZeroTopicPeers: true }),
    },
  })
  raw.services.gossip.subscribe(topic)
  return raw
}

/** Measures from the first record to the last; `taken` is called for each one or several that came. */
function meter(total: number, verified: () => number): { readonly taken: (count: number) => void } {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  let startedMs = 0
  let cpu = process.cpuUsage()
  let first = 0
  let count = 0
  return {
    taken: (more) => {
      if (count === 0) {
        startedMs = performance.now()
        cpu = process.cpuUsage()
        first = more
        delay.enable()
      }
      count += more
      if (count < total) return
      const { user, system } = process.cpuUsage(cpu)
      const measured = total - first
      process.send?.({
        perSecond: (measured / (performance.now() - startedMs)) * 1_000,
        cpuMicrosEach: (user + system) / measured,
        verifiedEach: verified() / total,
        loopDelayP99Ms: delay.percentile(99) / 1e6,
      } satisfies IngestResult)
    },
  }
}

async function receive({ kind, records }: IngestOrder): Promise<string> {
  if (kind === 'strict-sign') {
    const raw = await startRaw()
    const { taken } = meter(records, () => records)
    raw.services.gossip.addEventListener('message', () => taken(1))
    return raw.getMultiaddrs()[0]?.toString() ?? ''
  }
  for (const author of authorsOfRecords) circle.admitPeer(author)
  const peer = new TestPeer({ home })
  const { taken } = meter(records, () => peer.counters.get('verify.checks'))
  if (kind === 'dt-swarm') {
    peer.book.events.on('bucket:merged', ({ records: merged }) => taken(merged.length))
    await peer.start()
    return peer.address
  }
  // Everything but the write: the checks against what is known are made, the merge says that it was done.
  await peer.pool.start()
  await peer.node.start()
  const shared = { clock: systemClock, counters: peer.counters, log: silentLog, node: peer.node, pool: peer.pool }
  const book: ConstructorParameters<typeof Ingest>[0]['book'] = {
    swarm: peer.book.swarm,
    get: (id) => peer.book.get(id),
    has: (bucket, id) => peer.book.has(bucket, id),
    check: (bytes, now) => peer.book.check(bytes, now),
    merge: (list, arrival) => {
      taken(list.length)
      return { added: list.map((record) => ({ record, arrival, sizeBytes: record.bytes.length })), refused: [] }
    },
  }
  const ingest = new Ingest({ ...shared, book, isStranger: () => false })
  await ingest.start()
  await startBrain(peer, ingest)
  return peer.address
}

/** Gossip and the brain on it, without what catches up. */
async function startBrain(peer: TestPeer, ingest: Ingest): Promise<Brain> {
  const { node, counters } = peer
  const shared = { clock: systemClock, random: Math.random, counters, log: silentLog, node }
  const codec = new LineCodec({ swarm: 'test', networkKey: null })
  const gossip = new GossipChannel({ ...shared, codec }, { swarm: 'test' })
  const channels = { events: gossip.events, channels: () => [gossip] }
  const stream = new MessageStream(shared)
  const brain = new Brain({ ...shared, self: node.peerId, channels, ingest, stream, onLost: () => {} })
  await gossip.start()
  await brain.start()
  return brain
}

async function send({ kind, records, address }: IngestOrder): Promise<void> {
  const list = makeRecords(records, circle.trusted.anchor.swarm)
  if (kind === 'strict-sign') {
    const raw = await startRaw()
    await raw.dial(multiaddr(address ?? ''))
    await meshed(raw.services.gossip)
    for (const record of list) {
      await raw.services.gossip.publish(topic, encodeSigned(record))
      while (buffered(raw) > maxBufferedBytes) await sleep(1)
    }
    return
  }
  const peer = new TestPeer({ home, bootstrap: [address ?? ''] })
  await peer.pool.start()
  await peer.node.start()
  const shared = { clock: systemClock, counters: peer.counters, log: silentLog, node: peer.node }
  const ingest = new Ingest({ ...shared, book: peer.book, pool: peer.pool, isStranger: () => false })
  const brain = await startBrain(peer, ingest)
  await meshed(peer.node.libp2p.services.gossip)
  await publishAll(brain, list)
}

/** In the portions in which an author, or a neighbour that passes things on, hands them over. */
async function publishAll(brain: Brain, list: readonly SignedRecord[]): Promise<void> {
  for (let at = 0; at < list.length; at += 1_000) {
    brain.publish(list.slice(at, at + 1_000))
    while (brain.waiting > 2_000) await sleep(1)
  }
}

const buffered = (raw: Raw): number =>
  Math.max(0, ...raw.getConnections().flatMap(({ streams }) => streams.map((stream) => stream.writeBufferLength)))

async function meshed(gossip: GossipSub): Promise<void> {
  const mesh = gossip as GossipSub & { getMeshPeers(topic: string): string[] }
  while (mesh.getMeshPeers(topic).length === 0) await sleep(20)
  await sleep(200)
}

// The bench lets go of this process when it has its figure.
process.on('disconnect', () => {
  rmSync(home, { recursive: true, force: true })
  process.exit(0)
})
const [order] = (await once(process, 'message')) as [IngestOrder]
if (process.argv[2] === 'receive') process.send?.({ address: await receive(order) })
else await send(order)
