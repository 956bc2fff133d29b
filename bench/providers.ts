import { fork, type ChildProcess } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FilesOrder, FilesResult } from './files-peer.ts'

/**
 * How much faster is a file fetched from four peers than from one, when each sends no more than so much a second, as over
 * Wi-Fi? All on loopback, each in a process of its own. `node bench/providers.ts [MB] [rounds] [MB a second of each]`
 */
const sizeBytes = Number(process.argv[2] ?? 100) * 1e6
const rounds = Number(process.argv[3] ?? 3)
const upBytesPerS = Number(process.argv[4] ?? 6) * 1e6
const most = 4
const program = fileURLToPath(new URL('./files-peer.ts', import.meta.url))
const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-bench-'))
const path = join(dir, 'file')

async function write(): Promise<string> {
  const random = createCipheriv('aes-256-ctr', Buffer.alloc(32, 'bench'), Buffer.alloc(16))
  const file = await open(path, 'wx')
  for (let at = 0; at < sizeBytes; at += 1e6) {
    await file.write(random.update(Buffer.alloc(Math.min(1e6, sizeBytes - at))))
  }
  await file.close()
  return hashOf(path)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 ** 2 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function ask(child: ChildProcess, order: FilesOrder): Promise<FilesResult & { readonly path: string | null }> {
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error('a process of the bench ended early')))
  const answer = once(child, 'message', { signal: AbortSignal.any([ended.signal, AbortSignal.timeout(300_000)]) })
  child.send(order)
  const [result] = (await answer) as [FilesResult & { readonly path: string | null }]
  return result
}

/** Milliseconds of a fetch from so many. */
async function round(providers: number, hash: string): Promise<number> {
  const { execArgv } = process
  const children = Array.from({ length: providers + 1 }, () => fork(program, [], { execArgv }))
  const [reader, ...origins] = children
  try {
    const added: FilesResult[] = []
    for (const origin of origins) {
      added.push(await ask(origin, { kind: 'dt-swarm', path, sizeBytes, from: null, upBytesPerS }))
    }
    const [from, ...more] = added
    if (reader === undefined || from === undefined) throw new Error('no provider')
    const order: FilesOrder = {
      kind: 'dt-swarm',
      path: null,
      sizeBytes,
      from,
      more: more.map(({ address }) => address),
    }
    const fetched = await ask(reader, order)
    if ((await hashOf(fetched.path ?? '')) !== hash) throw new Error('other bytes were fetched')
    return fetched.ms
  } finally {
    for (const child of children) {
      if (child.connected) child.disconnect()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

try {
  const hash = await write()
  const took = new Map<number, number[]>([1, 2, most].map((providers) => [providers, []]))
  for (let n = 0; n < rounds; n += 1) {
    for (const [providers, ms] of took) ms.push(await round(providers, hash))
  }
  console.log(`${sizeBytes / 1e6} MB, each provider sends ${upBytesPerS / 1e6} MB/s at most, ${rounds} rounds; medians`)
  for (const [providers, ms] of took) {
    console.log(`from ${providers}: ${(sizeBytes / 1e3 / median(ms)).toFixed(1)} MB/s`)
  }
  const ratio = median(took.get(1) ?? []) / median(took.get(most) ?? [])
  console.log(`${most} providers / one: ${ratio.toFixed(2)} (goal 1.8)`)
} finally {
  await rm(dir, { recursive: true, force: true })
}
