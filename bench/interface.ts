/**
 * The interface under a large swarm: `node bench/interface.ts [robots]`.
 *
 * A production build of the pages over a scripted swarm (src/renderer/dev.html) in a real Chromium: a quarter of the
 * robots changes every 250 ms. For ten seconds each, at rest and while scrolling, it counts the tasks of the page's
 * main thread that took longer than 50 ms, and the frames that came late. The same run with 50 robots is the baseline.
 * The script that plays the swarm shares the main thread with the page, so its cost is in the figures too.
 */
import { createServer, type Server } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { launchChromium } from '../e2e/app/fixture/chromium.ts'
import { PageWatch, type PageFigures } from './page-watch.ts'

const robots = Number(process.argv[2] ?? 1_000)
const baseline = 50
const measureMs = 10_000
const root = resolve(import.meta.dirname, '../src/renderer')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

async function buildPages(outDir: string): Promise<void> {
  await build({
    root,
    configFile: false,
    base: './',
    logLevel: 'error',
    plugins: [react()],
    build: { outDir, rolldownOptions: { input: join(root, 'dev.html') }, chunkSizeWarningLimit: 4_000 },
  })
}

function serve(folder: string): Promise<Server> {
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    try {
      const body = readFileSync(join(folder, pathname))
      answer.writeHead(200, { 'content-type': types[extname(pathname)] ?? 'application/octet-stream' }).end(body)
    } catch {
      answer.writeHead(404).end()
    }
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)))
}

async function measure(
  browser: Browser,
  url: string,
  view: 'cards' | 'table',
  count: number,
): Promise<{ readonly rest: PageFigures; readonly scrolling: PageFigures }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const watch = await PageWatch.of(page)
  await page.addInitScript(`localStorage.setItem('dt-swarm:prefs', JSON.stringify({ fleetView: '${view}' }))`)
  await page.goto(`${url}/dev.html?robots=${count}#/fleet`)
  await page.getByRole('link', { name: 'duckie09' }).waitFor()
  const during = async (act: (untilMs: number) => Promise<void>): Promise<PageFigures> => {
    await watch.begin()
    await act(Date.now() + measureMs)
    return watch.end()
  }
  try {
    // The first drawing is no part of it.
    await page.waitForTimeout(2_000)
    const shown = (): Promise<string[]> => page.locator('.live').allInnerTexts()
    const before = await shown()
    const rest = await during(() => page.waitForTimeout(measureMs))
    if ((await shown()).join() === before.join()) throw new Error(`nothing moved on the page of ${count} robots`)
    await page.mouse.move(720, 600)
    const scrolling = await during(async (untilMs) => {
      for (let turn = 0; Date.now() < untilMs; turn += 1) {
        await page.mouse.wheel(0, turn % 160 < 80 ? 240 : -240)
        await page.waitForTimeout(30)
      }
    })
    return { rest, scrolling }
  } finally {
    await context.close()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-interface-'))
const started: { close(): unknown }[] = []
try {
  await buildPages(folder)
  const server = await serve(folder)
  started.push(server)
  const browser = await launchChromium()
  started.push(browser)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const table: Record<string, Record<string, number>> = {}
  for (const view of ['cards', 'table'] as const) {
    for (const count of [baseline, robots]) {
      const { rest, scrolling } = await measure(browser, url, view, count)
      for (const [when, figures] of [
        ['at rest', rest],
        ['scrolling', scrolling],
      ] as const) {
        table[`${view}, ${count} robots, ${when}`] = {
          'tasks > 50 ms': figures.longTasks,
          'longest, ms': Math.round(figures.longestTaskMs),
          'busy, %': Math.round(figures.busyPercent),
          'frames/s': Math.round(figures.framesPerS),
          'frames late > 50 ms': figures.lateFrames,
        }
      }
    }
  }
  console.log(`a quarter of the robots changes every 250 ms; ${measureMs / 1_000} s each`)
  console.table(table)
} finally {
  for (const one of started.toReversed()) await one.close()
  rmSync(folder, { recursive: true, force: true })
}
