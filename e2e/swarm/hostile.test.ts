import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SwarmMessageView } from '../../src/shared/network-views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

/** An operator's peer, an honest robot, and processes that flood the operator's peer with what no peer may say. */
const folder = scratch()
const [desk, robot] = [new Daemon(folder.path, 'desk'), new Daemon(folder.path, 'robot')]
const flooders = new Set<ChildProcess>()
const patience = { timeout: 60_000, interval: 100 }

/** Clock ticks a second, as Linux counts them for user space (man 5 proc). */
const ticksPerS = 100

/** CPU seconds that a process has used. */
function cpuS(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS
}

/** Starts a flood; resolves with the hostile peer's id once it is connected. */
async function flood(what: string): Promise<string> {
  const swarm = (await desk.info()).swarm.id
  const program = join(import.meta.dirname, 'fixtures/flooder.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, desk.address, swarm, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  flooders.add(child)
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the flooder ended with ${code}`))),
  ])
  return String(line[0])
}

async function endFloods(): Promise<void> {
  const ends = [...flooders].map(async (child) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const end = once(child, 'exit')
    child.kill('SIGKILL')
    await end
  })
  flooders.clear()
  await Promise.all(ends)
}

async function say(from: Daemon, to: Daemon, text: string): Promise<number> {
  const startedMs = performance.now()
  await from.post('/network/send', { to: to.ready.peerId, text })
  await expect
    .poll(async () => {
      const heard = await to.json<SwarmMessageView[]>(`/network/messages?kind=text&direction=in`)
      return heard.some(({ summary }) => summary.includes(text))
    }, patience)
    .toBe(true)
  return performance.now() - startedMs
}

beforeAll(async () => {
  await desk.start({ role: 'operator' })
  await robot.start({ join: await desk.invite('robot') })
  await robot.admitted()
})

afterAll(async () => {
  await endFloods()
  await Promise.all([desk, robot].map((one) => one.stop('SIGKILL')))
  folder.remove()
})

// First: a crowd of invented strangers fills the room that each of them would have.
test('versions of one record that are pushed into reconciliation cost little, and honest peers are heard', async () => {
  const before = await desk.counters()
  await flood('versions')
  const refused = async () => (await desk.counters())['ingest.refused:rate'] ?? 0
  await expect.poll(refused, patience).toBeGreaterThan(before['ingest.refused:rate'] ?? 0)
  const from = { cpuS: cpuS(desk.pid), ms: performance.now() }
  const heardAfterMs = await say(robot, desk, 'honest though pushed')
  await setTimeout(3_000)
  const share = (cpuS(desk.pid) - from.cpuS) / ((performance.now() - from.ms) / 1_000)
  const checks = ((await desk.counters())['verify.checks'] ?? 0) - (before['verify.checks'] ?? 0)
  console.info(
    `pushed: ${(share * 100).toFixed(0)} % of a core, ${checks} verified, ${await refused()} refused for the rate, ` +
      `a text of an honest peer took ${heardAfterMs.toFixed(0)} ms`,
  )
  expect(share).toBeLessThan(0.5)
  await endFloods()
})

test.each([
  ['forged', 'ingest.refused:bad-signature'],
  ['of a new stranger each', 'ingest.refused:quota', 'strangers'],
  ['of one stranger', 'ingest.refused:', 'stranger'],
  ['of invented asks', 'ingest.refused:rate', 'asks'],
  ['of tomorrow', 'ingest.refused:future', 'future'],
  ['replayed', 'gossip.received'],
])(
  'a flood of records %s is counted and cut off, and honest peers are heard meanwhile',
  async (what, counter, kind = what) => {
    const before = await desk.counters()
    const hostile = await flood(kind)
    const from = { cpuS: cpuS(desk.pid), ms: performance.now() }
    const heardAfterMs = await say(robot, desk, `honest though ${what}`)
    // Named and cut off: it is not among the links, and comes back only when its ban is over, or as another.
    const cuts = async () => (await desk.counters())['links.cut:garbage'] ?? 0
    await expect.poll(cuts, patience).toBeGreaterThan(before['links.cut:garbage'] ?? 0)
    const links = async () => (await desk.json<{ peer: string }[]>('/network/links')).map(({ peer }) => peer)
    await expect.poll(links, patience).not.toContain(hostile)
    await setTimeout(3_000)
    const share = (cpuS(desk.pid) - from.cpuS) / ((performance.now() - from.ms) / 1_000)
    const after = await desk.counters()
    const grown = (prefix: string): number =>
      Object.entries(after)
        .filter(([name]) => name.startsWith(prefix))
        .reduce((sum, [name, count]) => sum + count - (before[name] ?? 0), 0)
    console.info(
      `${what}: ${(share * 100).toFixed(0)} % of a core, ${grown(counter)} counted as ${counter}, ` +
        `a text of an honest peer took ${heardAfterMs.toFixed(0)} ms`,
    )
    expect(grown(counter)).toBeGreaterThan(0)
    expect(grown('channels.blamed:')).toBeGreaterThan(0)
    // One core would be all that its main thread can use.
    expect(share).toBeLessThan(0.8)
    await endFloods()
    const machines = await desk.json<{ peer: string; status: string }[]>('/fleet')
    expect(machines.find(({ peer }) => peer === robot.ready.peerId)?.status).toBe('alive')
  },
)
