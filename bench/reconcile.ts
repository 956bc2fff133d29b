import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../src/main/base/clock.ts'
import type { Counters } from '../src/main/base/counters.ts'
import { bucketNames } from '../src/main/model/bucket.ts'
import { encodeBatch } from '../src/main/model/record-codec.ts'
import { firstMessage } from '../src/main/model/reconcile.ts'
import { signRecord, type SignedRecord } from '../src/main/model/record.ts'
import { Claims } from '../src/main/net/ingest/claims.ts'
import { Ingest } from '../src/main/net/ingest/ingest.ts'
import { answerQuestions } from '../src/main/net/catch-up/reconcile-answer.ts'
import { reconcile } from '../src/main/net/catch-up/reconcile-ask.ts'
import { maxWanted } from '../src/main/net/catch-up/reconcile-frames.ts'
import { FrameStream } from '../src/main/net/catch-up/reconcile-stream.ts'
import { RecordTrade } from '../src/main/net/catch-up/reconcile-trade.ts'
import { VainPushes } from '../src/main/net/catch-up/vain-pushes.ts'
import { RefusedIds } from '../src/main/net/ingest/refused-ids.ts'
import { fill, manyRecords, unverifiedSigner } from '../src/main/net/testing/many-records.ts'
import { circle, TestPeer } from '../src/main/net/testing/peers.ts'
import { identityOfSeed } from '../src/main/store/identity-store.ts'
import { silentLog } from '../src/main/base/log.ts'

/**
 * What does it cost two peers to find out what differs, and to settle it, both ways? Bytes of all frames, questions, and
 * time, against how much differs; beside it the plain way, in which all ids are sent (32 bytes each, of one side only)
 * and the rest is the same. Over a stream of TCP and TLS on loopback, each record's signature checked, each stored.
 * `node bench/reconcile.ts [records]`
 */
const records = Number(process.argv[2] ?? 100_000)
const differences = [0, 1, 10, 100, 1_000, 10_000].filter((count) => count <= records / 10)
const ours = '/bench/reconcile/1'
const plain = '/bench/ids/1'
const idBytes = 32
const { signal } = new AbortController()

class Side {
  readonly peer = new TestPeer({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  readonly claims = new Claims({ clock: systemClock })
  readonly refused = new RefusedIds({ clock: systemClock })
  readonly unwanted = new RefusedIds({ clock: systemClock })
  readonly vain = new VainPushes({ clock: systemClock, isStranger: () => false })
  readonly ingest: Ingest
  readonly trade: RecordTrade

  constructor() {
    const { book, counters, pool } = this.peer as TestPeer & { readonly counters: Counters }
    this.ingest = new Ingest({ book, pool, counters, clock: systemClock, log: silentLog })
    this.trade = new RecordTrade({ book, ingest: this.ingest, refused: this.refused, clock: systemClock })
  }

  get parts() {
    const { claims, refused, trade, unwanted, vain } = this
    const more = { swarm: 'bench', book: this.peer.book, isOpen: () => true, onNews: () => {}, clock: systemClock }
    return { claims, refused, trade, unwanted, vain, ...more, onTold: () => {} }
  }

  async start(): Promise<void> {
    // Without the exchange, which would catch up by itself.
    await this.peer.pool.start()
    await this.peer.node.start()
    await this.ingest.start()
    await this.peer.book.index.load()
  }

  async serve(other: Side): Promise<void> {
    const { libp2p } = this.peer.node
    await libp2p.handle(ours, async (stream) => {
      await answerQuestions(new FrameStream(stream, signal), other.peer.identity.peerId, this.parts)
      await stream.close()
    })
    await libp2p.handle(plain, (stream) => this.#tellDifferences(stream))
  }

  /** All ids of the other side come; what either lacks goes back. */
  async #tellDifferences(stream: Stream): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: 2 ** 24 })
    const index = this.peer.book.index.of('files')
    const own = new Set(listed(index.ids(0, index.size)))
    const lacking: string[] = []
    for (;;) {
      const ids = (await frames.read()).subarray()
      if (ids.length === 0) break
      for (const id of listed(ids)) if (!own.delete(id)) lacking.push(id)
    }
    await frames.write(Buffer.from(lacking.join(''), 'latin1'))
    await frames.write(Buffer.from([...own].join(''), 'latin1'))
    await stream.close()
  }
}

interface Cost {
  readonly bytes: number
  readonly rounds: number
  readonly ms: number
}

async function byRanges(asking: Side, answering: Side, open: (protocol: string) => Promise<Stream>): Promise<Cost> {
  const startedMs = performance.now()
  const frames = new FrameStream(await open(ours), signal)
  const { rounds } = await reconcile(frames, answering.peer.identity.peerId, asking.parts)
  await frames.close()
  return { bytes: frames.bytes, rounds, ms: performance.now() - startedMs }
}

async function byIds(asking: Side, open: (protocol: string) => Promise<Stream>): Promise<Cost> {
  const startedMs = performance.now()
  const stream = await open(plain)
  const raw = lpStream(stream, { maxDataLength: 2 ** 24 })
  const index = asking.peer.book.index.of('files')
  const ids = index.ids(0, index.size)
  const part = 2_048 * idBytes
  for (let at = 0; at < ids.length; at += part) await raw.write(ids.subarray(at, at + part))
  await raw.write(new Uint8Array(0))
  const gives = (await raw.read()).subarray()
  const wants = (await raw.read()).subarray()
  await stream.close()
  let bytes = ids.length + gives.length + wants.length
  let rounds = 1
  const frames = new FrameStream(await open(ours), signal)
  await frames.ask([
    'hello',
    'bench',
    bucketNames.map((bucket) => [bucket, firstMessage(asking.peer.book.index.of(bucket))]),
  ])
  const step = maxWanted * idBytes
  for (let at = 0; at < Math.max(gives.length, wants.length); at += step) {
    const given = listed(gives.subarray(at, at + step)).map((id) => ['files', Buffer.from(id, 'latin1')] as const)
    const { batch } = asking.trade.give(given, Number.POSITIVE_INFINITY)
    const answer = await frames.ask([
      'trade',
      [['files', wants.slice(at, at + step)]],
      given.length === 0 ? new Uint8Array(0) : batch,
    ])
    if (answer[0] !== 'trade') throw new Error(`answered with ${answer[0]}`)
    if (answer[1].length > 0) await asking.trade.take(answer[1], { from: asking.peer.identity.peerId, how: 'catch-up' })
    rounds += 1
  }
  await frames.close()
  bytes += frames.bytes
  return { bytes, rounds: rounds + 1, ms: performance.now() - startedMs }
}

function listed(ids: Uint8Array): string[] {
  const buffer = Buffer.from(ids.buffer, ids.byteOffset, ids.length)
  return Array.from({ length: ids.length / idBytes }, (_, i) =>
    buffer.toString('latin1', i * idBytes, (i + 1) * idBytes),
  )
}

/** Truly signed records, anywhere in time among the others, half of them at each side. */
const signer = identityOfSeed(randomBytes(32))
let made = 0
function differ(a: Side, b: Side, count: number): void {
  const now = Date.now()
  const all = Array.from({ length: count }, (): SignedRecord => {
    made += 1
    const validFrom = now - Math.floor(Math.random() * records * 50)
    const key = `new${made}`
    const value = { name: `${key}.bag`, size: made, note: 'about as long as a real one', cid: `bafy${key}` }
    const body = { v: 1, bucket: 'files', key, value, author: signer.peerId, seq: made } as const
    return signRecord({ ...body, validFrom, validUntil: validFrom + 30 * 24 * 3_600_000 }, signer, a.peer.book.swarm)
  })
  fill(a.peer.book, all.slice(0, Math.ceil(count / 2)))
  fill(b.peer.book, all.slice(Math.ceil(count / 2)))
}

const [a, b] = [new Side(), new Side()]
try {
  const signers = Array.from({ length: Math.ceil(records / 40_000) }, unverifiedSigner)
  for (const { peerId } of [...signers, signer]) circle.admitPeer(peerId)
  const base = manyRecords(records, signers)
  for (const side of [a, b]) fill(side.peer.book, base)
  await a.start()
  await b.start()
  await b.serve(a)
  const connection = await a.peer.node.libp2p.dial(multiaddr(b.peer.address))
  const open = (protocol: string): Promise<Stream> => connection.newStream(protocol)
  // Once each, so that what is compiled late is compiled.
  for (const way of [() => byRanges(a, b, open), () => byIds(a, open)]) {
    differ(a, b, Math.min(200, records / 10))
    await way()
  }
  // A record of this size in a batch, which any way must send.
  const [record] = base.slice(-1)
  const recordBytes = record === undefined ? 0 : encodeBatch([record]).length
  console.log(`${records.toLocaleString('en')} records, ${recordBytes} bytes each; TCP and TLS on loopback`)
  console.log('differing   ranges: bytes  a differing one  questions     ms    ids: bytes       ms    bytes  time')
  for (const count of differences) {
    differ(a, b, count)
    const ranges = await byRanges(a, b, open)
    check()
    differ(a, b, count)
    const ids = await byIds(a, open)
    check()
    const cells = [
      count.toLocaleString('en').padStart(9),
      ranges.bytes.toLocaleString('en').padStart(15),
      (count === 0 ? '-' : Math.round(ranges.bytes / count).toLocaleString('en')).padStart(16),
      String(ranges.rounds).padStart(10),
      ranges.ms.toFixed(0).padStart(7),
      ids.bytes.toLocaleString('en').padStart(13),
      ids.ms.toFixed(0).padStart(8),
      (ids.bytes / ranges.bytes).toFixed(1).padStart(8),
      (ids.ms / ranges.ms).toFixed(1).padStart(5),
    ]
    console.log(cells.join(' '))
  }
  console.log('the last two columns: how many times as much the ids cost')
} finally {
  for (const side of [a, b]) {
    await side.ingest.stop()
    await side.peer.stop()
  }
}

function check(): void {
  const [one, two] = [a.peer.book.index.fingerprint('files'), b.peer.book.index.fingerprint('files')]
  if (one !== two) throw new Error('the two do not hold the same afterwards')
}
