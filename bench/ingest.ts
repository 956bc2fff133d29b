import { fork, type ChildProcess } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Counters } from '../src/main/base/counters.ts'
import { silentLog } from '../src/main/base/log.ts'
import { checksOf } from '../src/main/net/ingest/verify-once.ts'
import { circle } from '../src/main/net/testing/peers.ts'
import { VerifyPool } from '../src/main/net/ingest/verify-pool.ts'
import { makeRecords } from './ingest-records.ts'
import type { IngestOrder, IngestResult } from './ingest-peer.ts'
import { verificationsOfTwo } from './raw-verify.ts'

/**
 * How fast does a peer take in records that another process gossips? Against the same records sent one a message over
 * gossipsub with its own signatures (StrictSign), and against nothing but the verification of as many signatures.
 * One run, one machine; medians of three rounds. `node bench/ingest.ts [records]`
 */
const records = Number(process.argv[2] ?? 20_000)
const rounds = 3
const peerProgram = fileURLToPath(new URL('./ingest-peer.ts', import.meta.url))

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** A run in which messages were lost (an overloaded machine drops links) never ends; it is told, and done again. */
async function rate(kind: IngestOrder['kind'], triesLeft = 3): Promise<IngestResult> {
  try {
    return await rateOnce(kind)
  } catch (error) {
    if (triesLeft <= 1) throw error
    console.warn(`a run of ${kind} did not end, and is done again: ${String(error)}`)
    return rate(kind, triesLeft - 1)
  }
}

async function rateOnce(kind: IngestOrder['kind']): Promise<IngestResult> {
  const [receiver, sender] = [fork(peerProgram, ['receive']), fork(peerProgram, ['send'])]
  try {
    receiver.send({ kind, records, address: null } satisfies IngestOrder)
    const { address } = await message<{ readonly address: string }>(receiver)
    const result = message<IngestResult>(receiver)
    sender.send({ kind, records, address } satisfies IngestOrder)
    return await result
  } finally {
    for (const child of [receiver, sender]) {
      child.disconnect()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const [value] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [Message]
  return value
}

/** V: Ed25519 verifications a second, one thread, the key imported once. */
function verifications(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))
  const messages = Array.from({ length: 4_000 }, (_, i) => Buffer.alloc(53, i))
  const signatures = messages.map((one) => sign(null, one, privateKey))
  const startedMs = performance.now()
  for (const [i, one] of messages.entries()) verify(null, one, key, signatures[i] ?? Buffer.alloc(64))
  return (messages.length / (performance.now() - startedMs)) * 1_000
}

/** Our pool, with the same threads and nothing around it. */
async function poolRate(): Promise<number> {
  const pool = new VerifyPool({ counters: new Counters(), log: silentLog }, { workers: 2 })
  await pool.start()
  const checks = makeRecords(4_000, circle.trusted.anchor.swarm).flatMap((record) =>
    checksOf(record, circle.trusted.anchor.swarm),
  )
  await pool.verify(checks)
  const startedMs = performance.now()
  for (let i = 0; i < 4; i += 1) await pool.verify(checks)
  const perSecond = ((4 * checks.length) / (performance.now() - startedMs)) * 1_000
  await pool.stop()
  return perSecond
}

interface Round {
  readonly v: number
  readonly v2: number
  readonly pool: number
  readonly ours: IngestResult
  readonly noStore: IngestResult
  readonly strict: IngestResult
}

const done: Round[] = []
for (let round = 0; round < rounds; round += 1) {
  const ours = await rate('dt-swarm')
  const strict = await rate('strict-sign')
  // Its baseline right beside it: on a machine that does other things too, minutes apart are not comparable.
  const v2Before = await verificationsOfTwo()
  const noStore = await rate('dt-swarm-no-store')
  const v2 = (v2Before + (await verificationsOfTwo())) / 2
  done.push({ v: verifications(), v2, pool: await poolRate(), ours, noStore, strict })
}

/** Of each round its own ratio, then their median. */
const of = (figure: (round: Round) => number): number => median(done.map(figure))
const n = (value: number): string => Math.round(value).toLocaleString('en')
const x = (value: number): string => value.toFixed(2)

console.log(`${records} records of ${makeRecords(1, circle.trusted.anchor.swarm)[0]?.bytes.length} bytes, ${availableParallelism()} cores, Node ${process.version}
medians of ${rounds} rounds; a ratio is taken within its round

V   verifications, one thread                ${n(of(({ v }) => v))} /s
V2  verifications, two threads               ${n(of(({ v2 }) => v2))} /s
verification pool, two threads               ${n(of(({ pool }) => pool))} /s
StrictSign gossipsub, one record a message   ${n(of(({ strict }) => strict.perSecond))} /s, ${n(of(({ strict }) => strict.cpuMicrosEach))} us CPU a record
ingest, to the database                      ${n(of(({ ours }) => ours.perSecond))} /s, ${n(of(({ ours }) => ours.cpuMicrosEach))} us CPU a record
ingest, before the store                     ${n(of(({ noStore }) => noStore.perSecond))} /s, ${n(of(({ noStore }) => noStore.cpuMicrosEach))} us CPU a record

verification pool / V2                       ${x(of(({ pool, v2 }) => pool / v2))}   (goal 0.9)
ingest / StrictSign                          ${x(of(({ ours, strict }) => ours.perSecond / strict.perSecond))}   (goal 3)
ingest before the store / V2                 ${x(of(({ noStore, v2 }) => noStore.perSecond / v2))}   (goal 0.65)
verifications a record                       ${x(of(({ ours }) => ours.verifiedEach))}   (goal 1.05)
receiver's CPU a record, ours / StrictSign   ${x(of(({ ours, strict }) => ours.cpuMicrosEach / strict.cpuMicrosEach))}
event loop delay of the receiver, p99        ${n(of(({ ours }) => ours.loopDelayP99Ms))} ms (StrictSign: ${n(of(({ strict }) => strict.loopDelayP99Ms))} ms)`)
