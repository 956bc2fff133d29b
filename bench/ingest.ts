import { fork, type ChildProcess } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Counters } from '../src/main/base/counters.ts'
import { silentLog } from '../src/main/base/log.ts'
import { checksOf } from '../src/main/net/verify-once.ts'
import { VerifyPool } from '../src/main/net/verify-pool.ts'
import { makeRecords } from './ingest-records.ts'
import type { IngestOrder, IngestResult } from './ingest-peer.ts'

/**
 * How fast does a peer take in records that another process gossips? Against the same records sent one a message over
 * gossipsub with its own signatures (StrictSign), and against nothing but the verification of as many signatures.
 * One run, one machine; medians of three rounds. `node bench/ingest.ts [records]`
 */
const records = Number(process.argv[2] ?? 20_000)
const rounds = 3
const peerProgram = fileURLToPath(new URL('./ingest-peer.ts', import.meta.url))

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

async function rate(kind: IngestOrder['kind']): Promise<IngestResult> {
  const [receiver, sender] = [fork(peerProgram, ['receive']), fork(peerProgram, ['send'])]
  try {
    receiver.send({ kind, records, address: null } satisfies IngestOrder)
    const { address } = await message<{ readonly address: string }>(receiver)
    const result = message<IngestResult>(receiver)
    sender.send({ kind, records, address } satisfies IngestOrder)
    return await result
  } finally {
    for (const child of [receiver, sender]) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const [value] = (await once(child, 'message', { signal: AbortSignal.timeout(120_000) })) as [Message]
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

/** V2: the same on two threads that do nothing else and are handed nothing. */
async function verificationsOfTwo(): Promise<number> {
  const program = `
    import { generateKeyPairSync, sign, verify } from 'node:crypto'
    import { parentPort } from 'node:worker_threads'
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const messages = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(53, i))
    const signatures = messages.map((one) => sign(null, one, privateKey))
    parentPort.on('message', (times) => {
      for (let t = 0; t < times; t++) for (let i = 0; i < 1000; i++) verify(null, messages[i], publicKey, signatures[i])
      parentPort.postMessage('done')
    })
    parentPort.postMessage('ready')`
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const workers = [new Worker(url), new Worker(url)]
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const startedMs = performance.now()
  for (const worker of workers) worker.postMessage(8)
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const perSecond = (16_000 / (performance.now() - startedMs)) * 1_000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return perSecond
}

/** Our pool, with the same threads and nothing around it. */
async function poolRate(): Promise<number> {
  const pool = new VerifyPool({ counters: new Counters(), log: silentLog }, { workers: 2 })
  await pool.start()
  const checks = makeRecords(4_000).flatMap(checksOf)
  await pool.verify(checks)
  const startedMs = performance.now()
  for (let i = 0; i < 4; i += 1) await pool.verify(checks)
  const perSecond = ((4 * checks.length) / (performance.now() - startedMs)) * 1_000
  await pool.stop()
  return perSecond
}

const kinds = ['dt-swarm', 'dt-swarm-no-store', 'strict-sign'] as const
const results = new Map<string, IngestResult[]>(kinds.map((kind) => [kind, []]))
const v: number[] = []
const v2: number[] = []
const pool: number[] = []
for (let round = 0; round < rounds; round += 1) {
  v.push(verifications())
  v2.push(await verificationsOfTwo())
  pool.push(await poolRate())
  for (const kind of kinds) results.get(kind)?.push(await rate(kind))
}

const perSecond = (kind: string): number => median((results.get(kind) ?? []).map((one) => one.perSecond))
const cpu = (kind: string): number => median((results.get(kind) ?? []).map((one) => one.cpuMicrosEach))
const delay = (kind: string): number => median((results.get(kind) ?? []).map((one) => one.loopDelayP99Ms))
const verified = median((results.get('dt-swarm') ?? []).map((one) => one.verifiedEach))
const n = (value: number): string => Math.round(value).toLocaleString('en')
const x = (value: number): string => value.toFixed(2)

console.log(`${records} records of ${makeRecords(1)[0]?.bytes.length} bytes, ${availableParallelism()} cores, Node ${process.version}
medians of ${rounds} rounds

V   verifications, one thread                ${n(median(v))} /s
V2  verifications, two threads               ${n(median(v2))} /s
verification pool, two threads               ${n(median(pool))} /s   ${x(median(pool) / median(v2))} x V2
StrictSign gossipsub, one record a message   ${n(perSecond('strict-sign'))} /s   ${n(cpu('strict-sign'))} us CPU a record
ingest, to the database                      ${n(perSecond('dt-swarm'))} /s   ${n(cpu('dt-swarm'))} us CPU a record
ingest, before the store                     ${n(perSecond('dt-swarm-no-store'))} /s   ${n(cpu('dt-swarm-no-store'))} us CPU a record

ingest / StrictSign                          ${x(perSecond('dt-swarm') / perSecond('strict-sign'))}   (goal 3)
ingest before the store / V2                 ${x(perSecond('dt-swarm-no-store') / median(v2))}   (goal 0.65)
verifications a record                       ${x(verified)}   (goal 1.05)
receiver's CPU a record, ours / StrictSign   ${x(cpu('dt-swarm') / cpu('strict-sign'))}
event loop delay of the receiver, p99        ${n(delay('dt-swarm'))} ms   (StrictSign: ${n(delay('strict-sign'))} ms)`)
