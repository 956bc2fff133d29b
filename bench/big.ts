import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { ShareView, TransferView } from '../src/shared/views.ts'
import { launchChromium } from '../e2e/app/fixture/chromium.ts'
import { Daemon, scratch } from '../e2e/swarm/fixtures/daemon.ts'
import { PageWatch } from './page-watch.ts'
import { TaskTrace, type PageTask } from './task-trace.ts'

/**
 * What a large file costs: shared where it lies by one whole daemon, fetched by another over loopback, compared byte for
 * byte. Time, the most memory that each has had, as Linux counts it, and how smooth the Logs page of either stays in a real
 * Chromium: of the page's longest task both how long it took and how long it ran, for a task that waits for a core takes long
 * whatever the page does. Needs `npm run build`. Slow, and needs four times the size on the disk: not among those that `npm run bench`
 * runs unnamed. `node bench/big.ts [GB]`
 */
const sizeBytes = Number(process.argv[2] ?? 10) * 1e9
const pieceBytes = 4e6
const goalBytes = 500e6

async function write(path: string): Promise<string> {
  const random = createCipheriv('aes-256-ctr', Buffer.alloc(32, 'big'), Buffer.alloc(16))
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  for (let at = 0; at < sizeBytes; at += pieceBytes) {
    const piece = random.update(Buffer.alloc(Math.min(pieceBytes, sizeBytes - at)))
    hash.update(piece)
    await file.write(piece)
  }
  await file.sync()
  await file.close()
  return hash.digest('hex')
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1024 ** 2 })) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** Now, and at most since the process began. */
function memory(daemon: Daemon): { readonly nowMb: number; readonly mostMb: number } {
  const facts = readFileSync(`/proc/${daemon.pid}/status`, 'utf8')
  const mb = (what: string): number => Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(facts)?.[1]) / 1e3
  return { nowMb: mb('VmRSS'), mostMb: mb('VmHWM') }
}

async function until(daemon: Daemon, id: string): Promise<TransferView> {
  for (;;) {
    const view = await daemon.json<TransferView>(`/transfers/${id}`)
    if (view.endedAtMs !== null) {
      if (view.state !== 'done') throw new Error(`${view.state}: ${view.error?.message ?? view.step}`)
      return view
    }
    await setTimeout(500)
  }
}

async function listed(daemon: Daemon, cid: string): Promise<ShareView> {
  for (;;) {
    const share = (await daemon.files()).find((one) => one.cid === cid)
    if (share !== undefined) return share
    await setTimeout(200)
  }
}

/** The console's Logs page of a daemon, which shows what is under way. */
class LogsPage {
  readonly #page: Page
  readonly #watch: PageWatch
  #trace: TaskTrace | null = null

  private constructor(page: Page, watch: PageWatch) {
    this.#page = page
    this.#watch = watch
  }

  static async open(browser: Browser, daemon: Daemon): Promise<LogsPage> {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
    const watch = await PageWatch.of(page)
    await page.goto(`${daemon.ready.web}#/logs`)
    await page.getByRole('heading', { name: 'Logs' }).waitFor()
    // The first drawing is no part of it.
    await page.waitForTimeout(2_000)
    return new LogsPage(page, watch)
  }

  async begin(browser: Browser): Promise<void> {
    this.#trace = await TaskTrace.begin(browser, this.#page)
    await this.#watch.begin()
  }

  async report(whose: string): Promise<void> {
    const { longTasks, longestTaskMs, framesPerS, lateFrames } = await this.#watch.end()
    const words = [
      `${longTasks} tasks over 50 ms`,
      `longest ${longestTaskMs.toFixed(0)} ms`,
      `${framesPerS.toFixed(0)} frames/s`,
    ]
    console.log(`${whose} page meanwhile: ${words.join(', ')}, ${lateFrames} frames late by more than 50 ms`)
    const tasks = (await this.#trace?.end()) ?? []
    const most = (by: keyof PageTask): string => {
      const { tookMs, ranMs } = tasks.reduce((top, task) => (task[by] > top[by] ? task : top), { tookMs: 0, ranMs: 0 })
      return `${tookMs.toFixed(0)} ms, of which it ran ${ranMs.toFixed(1)} ms`
    }
    console.log(`  by the trace the task that took longest took ${most('tookMs')};`)
    console.log(`  the one that ran longest took ${most('ranMs')}`)
  }
}

console.log(`the machine's load before: ${loadavg()[0]?.toFixed(1)}`)
const folder = scratch()
const browser = await launchChromium()
const [origin, reader] = [new Daemon(folder.path, 'origin'), new Daemon(folder.path, 'reader')]
try {
  const path = join(folder.path, 'big.bag')
  const hash = await write(path)
  await origin.start()
  await reader.start({ join: await origin.invite() })
  await reader.admitted()
  const before = [memory(origin), memory(reader)]
  const report = (what: string, ms: number): void =>
    console.log(`${what} ${(ms / 1e3).toFixed(0)} s, ${(sizeBytes / 1e3 / ms).toFixed(0)} MB/s`)

  const [sharing, fetching] = [await LogsPage.open(browser, origin), await LogsPage.open(browser, reader)]
  await sharing.begin(browser)
  let startedMs = performance.now()
  const [shared] = await origin.post<TransferView[]>('/files/share', { paths: [path], how: 'link' })
  const { cid } = await until(origin, shared?.id ?? '')
  report('shared in ', performance.now() - startedMs)
  console.log(`origin: ${memory(origin).mostMb.toFixed(0)} MB at most by then`)
  await sharing.report("origin's")

  await listed(reader, cid ?? '')
  await fetching.begin(browser)
  startedMs = performance.now()
  const { id } = await reader.post<TransferView>(`/files/${cid}/fetch`, { to: 'downloads' })
  const fetched = await until(reader, id)
  report('fetched in', performance.now() - startedMs)
  await fetching.report("reader's")
  if ((await hashOf(fetched.path ?? '')) !== hash) throw new Error('other bytes were fetched')

  for (const [n, daemon] of [origin, reader].entries()) {
    const { mostMb } = memory(daemon)
    const verdict = mostMb * 1e6 < goalBytes ? 'within' : 'beyond'
    const was = before[n]?.nowMb.toFixed(0)
    console.log(`${n === 0 ? 'origin' : 'reader'}: ${was} MB before, ${mostMb.toFixed(0)} MB at most (${verdict} 500)`)
  }
} finally {
  await browser.close()
  await Promise.all([origin.stop(), reader.stop()])
  folder.remove()
}
