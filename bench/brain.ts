import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { brainAddress } from '../src/main/model/address.ts'
import { messageId } from '../src/main/net/messages/brain-message.ts'
import type { SwarmMessage } from '../src/main/net/channels/channel.ts'
import { MemoryMedium } from '../src/main/net/channels/testing/memory-channel.ts'
import { encodePayload, SignedLines } from '../src/main/net/messages/signed-line.ts'
import { linkByTcp } from '../src/main/net/testing/brain-lines.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../src/main/net/testing/brain-peers.ts'
import { circle } from '../src/main/net/testing/peers.ts'
import { identityOfSeed } from '../src/main/store/identity-store.ts'
import { socketChain } from './brain-sockets.ts'
import { makeRecords } from './ingest-records.ts'

/**
 * How fast do messages go through a bridge, and how long does one take for a hop? Against the same bytes relayed between
 * bare sockets, which check nothing, and against the verifications that a message needs. All peers in one process, each
 * with a thread for verifications; one run; medians. `node bench/brain.ts [records] [messages]`
 */
const recordCount = Number(process.argv[2] ?? 10_000)
const messageCount = Number(process.argv[3] ?? 6_000)
const rounds = 3
const hops = 4
const samples = 40

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** What a link may carry is not what is measured. */
const limits = { messagesPerS: 1e6, burstMessages: 1e6, bytesPerS: 1e9, burstBytes: 1e9 }

/** Peers in a row, linked by real TCP lines. */
async function rowOfTcp(count: number): Promise<BrainPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => startBrain({ limitRates: false })))
  for (let i = 0; i + 1 < count; i += 1) await linkByTcp(at(peers, i), at(peers, i + 1), limits)
  return peers
}

async function rowOfMemory(count: number): Promise<BrainPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => startBrain({ limitRates: false })))
  for (let i = 0; i + 1 < count; i += 1) {
    await meet(new MemoryMedium({ pointToPoint: true }), ...peers.slice(i, i + 2))
  }
  return peers
}

function at<Item>(list: readonly Item[], i: number): Item {
  const item = list.at(i)
  if (item === undefined) throw new Error(`there is no ${i}`)
  return item
}

/** Records a second from the first peer of a row to the last. */
async function recordsPerSecond(count: number): Promise<number> {
  const peers = await rowOfTcp(count)
  const [first, last] = [at(peers, 0), at(peers, -1)]
  const list = makeRecords(recordCount, circle.trusted.anchor.swarm)
  for (const { body } of list) circle.admitPeer(body.author)
  let taken = 0
  const done = Promise.withResolvers<void>()
  last.book.events.on('records:stored', ({ records }) => {
    taken += records.length
    if (taken >= list.length) done.resolve()
  })
  const startedMs = performance.now()
  for (let i = 0; i < list.length; i += 1_000) {
    first.brain.publish(list.slice(i, i + 1_000))
    while (first.brain.waiting > 2_000) await sleep(1)
  }
  await done.promise
  const perSecond = (list.length / (performance.now() - startedMs)) * 1_000
  await stopBrains()
  return perSecond
}

/** Addressed messages of 200 origins, as they would come to the first peer. */
function makeMessages(destination: BrainPeer): SwarmMessage[] {
  const lines = new SignedLines({ swarm: 'test' })
  const origins = Array.from({ length: 200 }, () => identityOfSeed(randomBytes(32)))
  for (const { peerId } of origins) circle.admitPeer(peerId)
  return Array.from({ length: messageCount }, (_, i) => {
    const signer = at(origins, i % origins.length)
    const head = {
      id: messageId(Math.random),
      kind: 'ack',
      destination: destination.peerId,
      at: Date.now(),
      body: { of: 'none' },
    }
    return {
      id: head.id,
      kind: 'ack',
      origin: signer.peerId,
      sender: signer.peerId,
      to: brainAddress(destination.peerId),
      hops: 0,
      trace: null,
      payload: encodePayload(lines.sign(head, signer)),
    }
  })
}

/** Signed messages a second, from the first of a row through those between to the last; each checks each. */
async function messagesPerSecond(count: number): Promise<{ readonly perSecond: number; readonly bytes: number }> {
  const peers = await rowOfTcp(count)
  const [first, last] = [at(peers, 0), at(peers, -1)]
  const messages = makeMessages(last)
  const channel = at(first.channels(), 0)
  let taken = 0
  const done = Promise.withResolvers<void>()
  last.dispatcher.on('ack', () => {
    taken += 1
    if (taken >= messages.length) done.resolve()
    return { summary: 'ack' }
  })
  const startedMs = performance.now()
  // As many under way as a forwarding peer lets wait.
  for (let i = 0; i < messages.length; i += 100) {
    await Promise.all(messages.slice(i, i + 100).map((message) => channel.send(message)))
    while (i - taken > 100) await sleep(1)
  }
  await done.promise
  const perSecond = (messages.length / (performance.now() - startedMs)) * 1_000
  const bytes = channel.facts().sent.bytes / messages.length
  await stopBrains()
  return { perSecond, bytes }
}

/** Messages of so many bytes a second over `count` bare sockets in a row. */
async function socketsPerSecond(count: number, bytes: number): Promise<number> {
  const { head, tail, close } = await socketChain(count, { echo: false })
  const line = Buffer.alloc(Math.round(bytes), 97)
  const total = 20_000
  const startedMs = performance.now()
  const received = (async () => {
    let left = total * line.length
    for await (const chunk of await tail) {
      left -= (chunk as Buffer).length
      if (left <= 0) return
    }
  })()
  for (let i = 0; i < total; i += 1) if (!head.write(line)) await once(head, 'drain')
  await received
  const perSecond = (total / (performance.now() - startedMs)) * 1_000
  await close()
  return perSecond
}

/** There and back over `hops` bare sockets in a row, ms for one hop. */
async function socketHopMs(): Promise<number> {
  const { head, close } = await socketChain(hops, { echo: true })
  const times: number[] = []
  for (let i = 0; i < samples; i += 1) {
    const startedMs = performance.now()
    head.write(Buffer.alloc(300, 97))
    await once(head, 'data')
    times.push((performance.now() - startedMs) / (2 * hops))
    await sleep(5)
  }
  await close()
  return median(times)
}

/** What a record, and a ping, takes for one hop of a row, ms. */
async function hopMs(peers: readonly BrainPeer[]): Promise<{ readonly record: number; readonly ping: number }> {
  const [first, last] = [at(peers, 0), at(peers, -1)]
  const records: number[] = []
  const pings: number[] = []
  for (let i = 0; i < samples; i += 1) {
    const stored = new Promise<void>((resolve) => {
      const undo = last.book.events.on('records:stored', () => {
        undo()
        resolve()
      })
    })
    const startedMs = performance.now()
    first.say('files', `log${i}`)
    await stored
    records.push((performance.now() - startedMs) / (peers.length - 1))
    // A quiet time: what follows closely on another waits for company.
    await sleep(60)
    // Slower than one a rate would refuse.
    const { tookMs } = await first.talk.ping(last.peerId, { timeoutMs: 10_000 })
    pings.push(tookMs / (2 * (peers.length - 1)))
    await sleep(150)
  }
  await stopBrains()
  return { record: median(records), ping: median(pings) }
}

/** Ed25519 verifications a second, one thread, the key imported once. */
function verifications(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))
  const messages = Array.from({ length: 4_000 }, (_, i) => Buffer.alloc(200, i))
  const signatures = messages.map((one) => sign(null, one, privateKey))
  const startedMs = performance.now()
  for (const [i, one] of messages.entries()) verify(null, one, key, signatures[i] ?? Buffer.alloc(64))
  return (messages.length / (performance.now() - startedMs)) * 1_000
}

interface Round {
  readonly v: number
  readonly direct: number
  readonly bridged: number
  readonly messages: number
  readonly bytes: number
  readonly sockets: number
}

const done: Round[] = []
for (let round = 0; round < rounds; round += 1) {
  const direct = await recordsPerSecond(2)
  const bridged = await recordsPerSecond(3)
  const { perSecond: messages, bytes } = await messagesPerSecond(3)
  done.push({ v: verifications(), direct, bridged, messages, bytes, sockets: await socketsPerSecond(2, bytes) })
}
const bare = await socketHopMs()
const memory = await hopMs(await rowOfMemory(hops + 1))
const tcp = await hopMs(await rowOfTcp(hops + 1))
const bareAgain = await socketHopMs()

/** Of each round its own ratio, then their median. */
const of = (figure: (round: Round) => number): number => median(done.map(figure))
const n = (value: number): string => Math.round(value).toLocaleString('en')
const x = (value: number): string => value.toFixed(2)
const socket = (bare + bareAgain) / 2

console.log(`${n(recordCount)} records of ${makeRecords(1, circle.trusted.anchor.swarm)[0]?.bytes.length} bytes, ${n(messageCount)} messages of ${n(of(({ bytes }) => bytes))} bytes, ${hops} hops,
${availableParallelism()} cores, Node ${process.version}; medians of ${rounds} rounds; a ratio is taken within its round

V   verifications, one thread                     ${n(of(({ v }) => v))} /s
bare sockets, one relay, messages of the size     ${n(of(({ sockets }) => sockets))} /s
records, peer to peer over a TCP line             ${n(of(({ direct }) => direct))} /s
records, over a bridge between two TCP lines      ${n(of(({ bridged }) => bridged))} /s
addressed messages, over a bridge                 ${n(of(({ messages }) => messages))} /s

records over a bridge / peer to peer              ${x(of(({ bridged, direct }) => bridged / direct))}
addressed messages over a bridge / (V / 2)        ${x(of(({ messages, v }) => messages / (v / 2)))}   (each is verified by the bridge and at its end)
addressed messages over a bridge / bare sockets   ${x(of(({ messages, sockets }) => messages / sockets))}

delay of one hop
bare sockets, echoed                              ${socket.toFixed(3)} ms
ping over TCP lines                               ${tcp.ping.toFixed(2)} ms   (${x(tcp.ping / socket)} x bare sockets)
ping over channels in memory                      ${memory.ping.toFixed(2)} ms
record over TCP lines, until it is stored         ${tcp.record.toFixed(2)} ms   (${x(tcp.record / socket)} x bare sockets)
record over channels in memory, until it is stored ${memory.record.toFixed(2)} ms`)
process.exit(0)
