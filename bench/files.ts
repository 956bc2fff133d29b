import { fork, type ChildProcess } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { awaitKubo } from '../scripts/kubo.mjs'
import type { FilesOrder, FilesResult } from './files-peer.ts'
import { kuboToKubo } from './kubo-pair.ts'

/**
 * How fast is a file added, and fetched by another process over loopback: by us, by Helia with its blocks on disk and
 * in memory, by two real Kubo daemons where there is a Kubo (`KUBO_BIN`, or the one that the tests have built), and as
 * bytes over one libp2p stream, which is the limit. TCP with TLS each time; each ends with a file on disk, synced.
 * One run, one machine; medians of three rounds. `node bench/files.ts [MB] [rounds]`
 */
const sizeBytes = Number(process.argv[2] ?? 500) * 1e6
const rounds = Number(process.argv[3] ?? 3)
const kinds = ['stream', 'helia', 'helia in memory', 'dt-swarm'] as const
const program = fileURLToPath(new URL('./files-peer.ts', import.meta.url))
const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-bench-'))
const path = join(dir, 'file')

interface Round {
  readonly added: FilesResult
  readonly fetched: FilesResult
}

async function write(): Promise<string> {
  const random = createCipheriv('aes-256-ctr', Buffer.alloc(32, 'bench'), Buffer.alloc(16))
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  for (let at = 0; at < sizeBytes; at += 1e6) {
    const chunk = random.update(Buffer.alloc(Math.min(1e6, sizeBytes - at)))
    hash.update(chunk)
    await file.write(chunk)
  }
  await file.sync()
  await file.close()
  return hash.digest('hex')
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 ** 2 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function ask(child: ChildProcess, order: FilesOrder): Promise<FilesResult & { readonly path: string | null }> {
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error(`the ${order.kind} process ended early`)))
  const answer = once(child, 'message', { signal: AbortSignal.any([ended.signal, AbortSignal.timeout(300_000)]) })
  child.send(order)
  const [result] = (await answer) as [FilesResult & { readonly path: string | null }]
  return result
}

async function round(kind: FilesOrder['kind'], hash: string): Promise<Round> {
  const execArgv = process.execArgv
  const [origin, reader] = [fork(program, [], { execArgv }), fork(program, [], { execArgv })]
  try {
    const added = await ask(origin, { kind, path, sizeBytes, from: null })
    const fetched = await ask(reader, { kind, path: null, sizeBytes, from: added })
    if ((await hashOf(fetched.path ?? '')) !== hash) throw new Error(`${kind} fetched other bytes`)
    return { added, fetched }
  } finally {
    for (const child of [origin, reader]) {
      if (child.connected) child.disconnect()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const figure = (values: readonly number[], digits = 0): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`

try {
  const hash = await write()
  const kubo = await awaitKubo()
  const kubos: { addMs: number; fetchMs: number }[] = []
  const results = new Map<FilesOrder['kind'], Round[]>(kinds.map((kind) => [kind, []]))
  // In turn, so that a busy minute of the machine hits all of them.
  for (let n = 0; n < rounds; n += 1) {
    for (const kind of kinds) results.get(kind)?.push(await round(kind, hash))
    if (!('path' in kubo)) continue
    const fetched = await kuboToKubo(kubo.path, { path, dir })
    if ((await hashOf(fetched.path)) !== hash) throw new Error('Kubo fetched other bytes')
    await rm(fetched.path)
    kubos.push(fetched)
  }
  const of = (kind: FilesOrder['kind'], pick: (round: Round) => number): number[] => (results.get(kind) ?? []).map(pick)
  const speed = (ms: number): number => sizeBytes / 1e3 / ms
  console.log(`${sizeBytes / 1e6} MB, ${rounds} rounds; median (least-most)`)
  for (const kind of kinds) {
    console.log(`${kind}:`)
    if (kind !== 'stream') {
      console.log(`  add    ${figure(of(kind, ({ added }) => speed(added.ms)))} MB/s`)
      console.log(`         event loop delay p99 ${figure(of(kind, ({ added }) => added.delayP99Ms))} ms`)
      console.log(`         event loop delay max ${figure(of(kind, ({ added }) => added.delayMaxMs))} ms`)
    }
    console.log(`  fetch  ${figure(of(kind, ({ fetched }) => speed(fetched.ms)))} MB/s`)
    console.log(`         event loop delay p99 ${figure(of(kind, ({ fetched }) => fetched.delayP99Ms))} ms`)
    console.log(`         event loop delay max ${figure(of(kind, ({ fetched }) => fetched.delayMaxMs))} ms`)
    console.log(`         memory at most ${figure(of(kind, ({ fetched }) => fetched.peakBytes / 1e6))} MB`)
  }
  if ('path' in kubo) {
    console.log('Kubo to Kubo:')
    console.log(`  add    ${figure(kubos.map(({ addMs }) => speed(addMs)))} MB/s`)
    console.log(`  fetch  ${figure(kubos.map(({ fetchMs }) => speed(fetchMs)))} MB/s`)
  } else console.log(`Kubo to Kubo: not measured, ${kubo.reason}`)
  const ratio = (kind: FilesOrder['kind'], pick: (round: Round) => number): string =>
    (median(of(kind, pick)) / median(of('dt-swarm', pick))).toFixed(2)
  console.log(`fetch / Helia on disk: ${ratio('helia', ({ fetched }) => fetched.ms)} (goal 2.5)`)
  console.log(`fetch / Helia in memory: ${ratio('helia in memory', ({ fetched }) => fetched.ms)} (goal 1.5)`)
  console.log(`fetch / raw stream: ${ratio('stream', ({ fetched }) => fetched.ms)} (goal 0.5)`)
  if (kubos.length > 0) {
    const [add, fetch] = [median(kubos.map(({ addMs }) => addMs)), median(kubos.map(({ fetchMs }) => fetchMs))]
    console.log(`fetch / Kubo to Kubo: ${(fetch / median(of('dt-swarm', ({ fetched }) => fetched.ms))).toFixed(2)}`)
    console.log(`add / Kubo: ${(add / median(of('dt-swarm', ({ added }) => added.ms))).toFixed(2)}`)
  }
  console.log(`add / Helia on disk: ${ratio('helia', ({ added }) => added.ms)} (goal 1.0)`)
} finally {
  await rm(dir, { recursive: true, force: true })
}
