import { createCipheriv, createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { silentLog } from '../src/main/base/log.ts'
import { createPeer } from '../src/main/peer.ts'
import type { TransferView } from '../src/shared/views.ts'

/**
 * What sharing costs the peer that does it: a folder of many small files in one drop, and one large file, each copied
 * into the share folder and linked. Time, the main thread's delay, memory. One peer alone, its own database and disk.
 * `node bench/sharing.ts [files] [MB]`
 */
const files = Number(process.argv[2] ?? 20_000)
const sizeBytes = Number(process.argv[3] ?? 1_024) * 1e6
const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-bench-'))

async function makeFolder(name: string): Promise<string> {
  const folder = join(dir, name)
  for (let n = 0; n < files; n += 1) {
    const below = join(folder, `run-${Math.floor(n / 500)}`)
    if (n % 500 === 0) await mkdir(below, { recursive: true })
    await writeFile(join(below, `${n}.log`), `${name} ${n}\n`.repeat(40))
  }
  return folder
}

async function makeFile(name: string): Promise<string> {
  const path = join(dir, name)
  const random = createCipheriv('aes-256-ctr', createHash('sha256').update(name).digest(), Buffer.alloc(16))
  const file = await open(path, 'wx')
  for (let at = 0; at < sizeBytes; at += 1e6) await file.write(random.update(Buffer.alloc(1e6)))
  await file.sync()
  await file.close()
  return path
}

const peer = await createPeer({
  home: join(dir, 'home'),
  version: 'bench',
  log: silentLog,
  settings: { shareDir: join(dir, 'share'), mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'], channels: [] },
})

async function share(what: string, path: string, how: 'copy' | 'link'): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  let listed = 0
  let told = 0
  const off = peer.files.events.on('transfers:changed', () => {
    told += 1
    listed = Math.max(listed, peer.files.transfers.views().length)
  })
  let most = process.memoryUsage()
  const beforeBytes = most.rss
  const watch = setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > most.rss) most = now
  }, 50)
  delay.enable()
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const [{ id } = { id: '' }] = await peer.files.sharing.sharePaths([path], { how })
  let view: TransferView | undefined
  while ((view = peer.files.transfers.view(id))?.endedAtMs === null)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const ms = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  delay.disable()
  clearInterval(watch)
  off()
  console.log(`${what}, ${how}: ${view?.state}, ${view?.step}`)
  console.log(
    `  ${(ms / 1_000).toFixed(1)} s, ${((view?.doneBytes ?? 0) / 1e3 / ms).toFixed(0)} MB/s, CPU ${((user + system) / 1e6).toFixed(1)} s`,
  )
  console.log(
    `  main thread: delay p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, most ${(delay.max / 1e6).toFixed(0)} ms`,
  )
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(0)
  const { rss, heapUsed, arrayBuffers } = most
  console.log(
    `  memory ${mb(beforeBytes)} MB before, ${mb(rss)} at most: heap ${mb(heapUsed)}, buffers ${mb(arrayBuffers)}`,
  )
  console.log(`  ${told} changes told, at most ${listed} transfers listed`)
  if (view?.state !== 'done') process.exitCode = 1
}

try {
  await peer.start()
  for (const how of ['copy', 'link'] as const) {
    await share(`${files} small files`, await makeFolder(`many-${how}`), how)
    await share(`${sizeBytes / 1e6} MB`, await makeFile(`large-${how}`), how)
  }
} finally {
  await peer.stop()
  await rm(dir, { recursive: true, force: true })
}
