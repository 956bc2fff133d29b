import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { encodeBatch } from '../../model/record-codec.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { ownMessage } from './brain-message.ts'
import { lineOf } from '../channels/line.ts'
import { linkByTcp, listenOn, testCodec } from '../testing/brain-lines.ts'
import { startBrain, stopBrains, type BrainPeer } from '../testing/brain-peers.ts'
import { circle } from '../testing/peers.ts'

const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await stopBrains()
})

const soon = { timeout: 15_000, interval: 20 }

/** Somebody on the network who keeps to no rule, with a swarm member's own codec. */
async function intrude(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

const liar = identityOfSeed(randomBytes(32))

function lineOfRecords(records: readonly SignedRecord[]): string {
  const payload = encodeBatch(records)
  const encoded = testCodec.encode(ownMessage(liar.peerId, Math.random, { kind: 'records', to: null, payload }))
  if (encoded.kind === 'rejected') throw new Error(encoded.reason)
  return `${lineOf(encoded.frame)}\n`
}

function recordOf(key: string): SignedRecord {
  const now = Date.now()
  const span = { validFrom: now, validUntil: now + 3_600_000 }
  return signRecord(
    { v: 1, bucket: 'machines', key, value: { name: key }, author: liar.peerId, seq: 1, ...span },
    liar,
    circle.trusted.anchor.swarm,
  )
}

const forged = (record: SignedRecord): SignedRecord => ({ ...record, signature: randomBytes(64) })

/** Writes as fast as the other side takes it, until it is cut off. */
function flood(socket: Socket, line: () => string): () => void {
  let isOver = false
  const write = (): void => {
    while (!isOver && !socket.destroyed && socket.write(line())) {
      if (socket.writableLength > 1e6) break
    }
    if (!isOver && !socket.destroyed) setTimeout(write, 5)
  }
  write()
  return () => (isOver = true)
}

test('round a ring of TCP lines every record and every ping comes to rest', async () => {
  const peers = await Promise.all([startBrain(), startBrain(), startBrain()])
  const [a, b, c] = peers as [BrainPeer, BrainPeer, BrainPeer]
  await linkByTcp(a, b)
  await linkByTcp(b, c)
  await linkByTcp(c, a)
  for (const peer of peers) for (let i = 0; i < 30; i += 1) peer.say('files', `${peer.peerId.slice(-4)} ${i}`)
  await vi.waitFor(() => {
    for (const peer of peers) expect(peer.keys('files')).toHaveLength(90)
  }, soon)
  await a.talk.ping(c.peerId, { timeoutMs: 5_000 })
  await vi.waitFor(() => expect(peers.reduce((sum, { brain }) => sum + brain.waiting, 0)).toBe(0), soon)
  let before = -1
  await vi.waitFor(
    () => {
      const now = peers.reduce((sum, { stream }) => sum + stream.lastNo, 0)
      const last = before
      before = now
      expect(now).toBe(last)
    },
    { timeout: 15_000, interval: 300 },
  )
})

test('a neighbour that sends forged records is cut off, and honest ones are heard meanwhile', async () => {
  const [a, b] = await Promise.all([startBrain(), startBrain()])
  await linkByTcp(a, b)
  const server = await listenOn(a)
  const socket = await intrude(server.port)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const stop = flood(socket, () => lineOfRecords([forged(recordOf('forged')), forged(recordOf('again'))]))
  b.say('files', 'honest')
  await vi.waitFor(() => expect(a.keys('files')).toEqual(['honest']), soon)
  await closed
  stop()
  expect(a.counters.get('ingest.refused:bad-signature')).toBeGreaterThan(0)
  expect(a.counters.get('channels.cut:tcp-line')).toBe(1)
  expect(b.counters.get('ingest.refused:bad-signature')).toBe(0)
})

test('a neighbour that floods with what is well made is held to a rate, and costs no more than that', async () => {
  const [a, b] = await Promise.all([startBrain(), startBrain()])
  await linkByTcp(a, b)
  const server = await listenOn(a, { messagesPerS: 200, burstMessages: 400 })
  const socket = await intrude(server.port)
  let made = 0
  // A stranger's announcements, each new and well signed.
  const stop = flood(socket, () => lineOfRecords([recordOf(`flood ${made++}`)]))
  const startedMs = performance.now()
  for (let i = 0; i < 10; i += 1) b.say('files', `honest ${i}`)
  await vi.waitFor(() => expect(a.keys('files')).toHaveLength(10), soon)
  a.say('files', 'answer')
  await vi.waitFor(() => expect(b.keys('files')).toHaveLength(11), soon)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
  await vi.waitFor(() => expect(a.counters.get('ingest.refused:rate')).toBeGreaterThan(20), soon)
  stop()
  // A stranger's burst is verified, what its rate gives in the time, and the honest ones.
  expect(a.counters.get('verify.checks')).toBeLessThan(100)
})
