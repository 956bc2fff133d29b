import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CheckpointBenchOrder, HoldResult, TakeResult } from './checkpoint-peer.ts'
import { verificationsOfTwo } from './raw-verify.ts'

/**
 * How fast is a checkpoint made, and how fast does a newcomer take it over: fetch it from a peer in another process, verify
 * every signature, store every record? Beside as many raw Ed25519 verifications on two threads, and beside the same
 * records by gossip, in batches, as peers send them. One run; medians of its rounds, ratios within a round.
 * `node bench/checkpoint.ts [records] [rounds]`
 */
const records = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 3)
const program = fileURLToPath(new URL('./checkpoint-peer.ts', import.meta.url))
const patienceMs = 30_000 + records * 5
/** So that a month of files lies behind now. */
const atMs = Date.now() - 31 * 86_400_000

const started: ChildProcess[] = []

function begin(kind: CheckpointBenchOrder['kind'], address: string | null): ChildProcess {
  const child = fork(program)
  started.push(child)
  child.send({ kind, records, atMs, address } satisfies CheckpointBenchOrder)
  return child
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const [value] = (await once(child, 'message', { signal: AbortSignal.timeout(patienceMs) })) as [Message]
  return value
}

async function end(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.connected) child.disconnect()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function byCheckpoint(address: string): Promise<TakeResult> {
  const newcomer = begin('join', address)
  const result = await message<TakeResult>(newcomer)
  await end(newcomer)
  return result
}

async function byGossip(): Promise<TakeResult> {
  const receiver = begin('hear', null)
  const { address } = await message<{ readonly address: string }>(receiver)
  const result = message<TakeResult>(receiver)
  const sender = begin('tell', address)
  const done = await result
  await end(receiver, sender)
  return done
}

interface Round {
  readonly v2: number
  readonly held: HoldResult
  readonly checkpoint: TakeResult
  readonly gossip: TakeResult
}

const done: Round[] = []
try {
  for (let round = 0; round < rounds; round += 1) {
    const holder = begin('hold', null)
    const held = await message<HoldResult>(holder)
    const before = await verificationsOfTwo()
    const checkpoint = await byCheckpoint(held.address)
    const v2 = (before + (await verificationsOfTwo())) / 2
    await end(holder)
    done.push({ v2, held, checkpoint, gossip: await byGossip() })
  }
} finally {
  for (const child of started) child.kill('SIGKILL')
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const of = (figure: (round: Round) => number): number => median(done.map(figure))
const n = (value: number): string => Math.round(value).toLocaleString('en')
const x = (value: number): string => value.toFixed(2)
const s = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
const rate = ({ taken, ms }: TakeResult): number => (taken / ms) * 1_000

console.log(`${n(records)} records, ${availableParallelism()} cores, Node ${process.version}
medians of ${rounds} rounds; a ratio is taken within its round

V2  verifications, two threads               ${n(of(({ v2 }) => v2))} /s
checkpoint made                              ${n(of(({ held }) => (records / held.firstMs) * 1_000))} records/s, ${s(of(({ held }) => held.firstMs))}
  of ${n(of(({ held }) => held.chunks))} chunks, ${n(of(({ held }) => held.bytes / 1_048_576))} MiB; the event loop's longest turn ${n(of(({ held }) => held.loopMaxMs))} ms
  the next, ten records later                ${s(of(({ held }) => held.nextMs))}, ${n(of(({ held }) => held.nextNewChunks))} new chunks
fetched, verified, stored                    ${n(of(({ checkpoint }) => rate(checkpoint)))} records/s, ${s(of(({ checkpoint }) => checkpoint.ms))}
  CPU a record, verification included        ${n(of(({ checkpoint }) => checkpoint.cpuMicrosEach))} us
  from the start of the newcomer             ${s(of(({ checkpoint }) => checkpoint.allMs))}
  event loop of the newcomer                 p99 ${n(of(({ checkpoint }) => checkpoint.loopP99Ms))} ms, longest ${n(of(({ checkpoint }) => checkpoint.loopMaxMs))} ms
the same records by gossip                   ${n(of(({ gossip }) => rate(gossip)))} records/s, ${s(of(({ gossip }) => gossip.ms))}; lost on the way: ${n(of(({ gossip }) => records - gossip.taken))}
  CPU a record, verification included        ${n(of(({ gossip }) => gossip.cpuMicrosEach))} us
  event loop of the receiver                 p99 ${n(of(({ gossip }) => gossip.loopP99Ms))} ms, longest ${n(of(({ gossip }) => gossip.loopMaxMs))} ms

fetched, verified, stored / V2               ${x(of(({ checkpoint, v2 }) => rate(checkpoint) / v2))}   (goal 0.55)
checkpoint / gossip                          ${x(of(({ checkpoint, gossip }) => rate(checkpoint) / rate(gossip)))}
verifications a record                       ${x(of(({ checkpoint }) => checkpoint.verified / records))}   (goal 1.05)`)
