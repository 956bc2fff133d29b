import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repository, scratch } from '../swarm/fixtures/daemon.ts'
import { launchChromium } from './fixture/chromium.ts'

const robots = ['duckie01', 'duckie02', 'duckie03', 'watchtower01']

interface NodeHere {
  readonly name: string
  readonly path: string
  readonly lab: number
}

/**
 * Nodes that a newcomer's `npm start` may meet: the system's own, whatever its age, and the one npm brings. The first only
 * finds the second: that it does is seen by one robot as well as by four.
 */
function nodesHere(): readonly NodeHere[] {
  const system = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' })
  const own = { name: `Node ${process.version}`, path: process.execPath, lab: 4 }
  if (system.status !== 0) return [own]
  return [own, { name: `the system's Node ${system.stdout.trim()}`, path: '/usr/bin/node', lab: 1 }]
}

describe.each(nodesHere())('npm start -- --lab $lab, on $name', ({ path, lab }) => {
  const folder = scratch()
  let child: ChildProcess
  let browser: Browser
  let output = ''
  let exit: Promise<number | null>

  beforeAll(async () => {
    const home = join(folder.path, 'home')
    const quiet = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--web', '127.0.0.1:0']
    const args = ['--lab', String(lab), '--home', home, '--share', join(folder.path, 'share'), ...quiet]
    const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
    const start = join(repository, 'scripts/run/start.mjs')
    const launching = launchChromium()
    child = spawn(path, [start, '--browser', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    exit = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
    browser = await launching
  })

  afterAll(async () => {
    await browser?.close()
    child.kill('SIGTERM')
    await exit
    folder.remove()
  })

  it('says in one line why there is no window, and prints the address', async () => {
    await expect.poll(() => output, { timeout: 90_000 }).toMatch(/open http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/)
    expect(output).toMatch(/the desktop app cannot open here \([^)]+\); serving it to a browser instead/)
  })

  it('reaches a page with its simulated robots and live values', async () => {
    const page = await browser.newPage()
    await page.goto(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(output)?.[0] ?? '')
    for (const name of robots.slice(0, lab)) {
      const card = page.getByRole('article', { name, exact: true })
      await card.getByText('alive').waitFor({ timeout: 90_000 })
      await expect.poll(() => card.innerText(), { timeout: 60_000 }).toContain('simulated')
      await expect.poll(() => card.innerText(), { timeout: 60_000 }).toMatch(/\d+(\.\d+)? °C/)
    }
    expect(page.url()).not.toContain('token')
  })

  it('stops cleanly when it is told to', async () => {
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(output).toContain('the peer has stopped')
  })
})
