import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { skipFor } from '../../scripts/required.ts'
import { PeerProcess } from './fixtures/peer-process.ts'

const id = process.pid.toString(36)
const bridge = `dsb${id}`
const spaces = [`dsa${id}`, `dsc${id}`] as const
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' })

/** Two machines on one switch: a network namespace each, with a multicast route, and no other way out. */
function makeLan(): string | null {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  try {
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('link', 'set', bridge, 'up')
    for (const [i, space] of spaces.entries()) {
      ip('netns', 'add', space)
      ip('link', 'add', `${space}0`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
      ip('link', 'set', `${space}0`, 'master', bridge, 'up')
      ip('-n', space, 'link', 'set', 'lo', 'up')
      ip('-n', space, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', 'eth0')
      ip('-n', space, 'link', 'set', 'eth0', 'up')
      ip('-n', space, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
    }
    return null
  } catch (error) {
    return `network namespaces cannot be made here: ${String(error)}`
  }
}

function removeLan(): void {
  for (const words of [...spaces.map((space) => ['netns', 'del', space]), ['link', 'del', bridge]]) {
    try {
      ip(...words)
    } catch {
      // It was not made.
    }
  }
}

const dir = mkdtempSync(join(tmpdir(), 'dt-swarm-mdns-'))
const peers: PeerProcess[] = []
let unable: string | null = null

beforeAll(() => {
  unable = skipFor('namespaces', makeLan())
})
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.kill()))
  removeLan()
  rmSync(dir, { recursive: true, force: true })
})

function startIn(space: string): PeerProcess {
  const options = { home: join(dir, space), mdns: true, listen: [], bootstrap: [] }
  const peer = new PeerProcess(options, ['ip', 'netns', 'exec', space])
  peers.push(peer)
  return peer
}

const within = (timeout: number) => ({ timeout, interval: 50 })

test('two machines on one LAN find each other without an address, and again after the link was cut', async (context) => {
  if (unable !== null) return context.skip(unable)
  const [a, b] = [startIn(spaces[0]), startIn(spaces[1])]
  await vi.waitFor(() => expect(a.last('ready') && b.last('ready')).toBeTruthy(), within(20_000))
  const readyAt = performance.now()
  await vi.waitFor(() => expect(a.last('link:up')?.['peer']).toBe(b.last('ready')?.['peerId']), within(15_000))
  console.info(`linked ${Math.round(performance.now() - readyAt)} ms after both were ready`)
  a.send('say log 5')
  await expectFiles(b, 5)

  ip('link', 'set', `${spaces[1]}0`, 'down')
  await vi.waitFor(() => expect(a.last('link:down')).toBeTruthy(), within(30_000))
  a.send('say later 5')
  ip('link', 'set', `${spaces[1]}0`, 'up')
  const upAt = performance.now()
  await expectFiles(b, 10)
  console.info(`caught up ${Math.round(performance.now() - upAt)} ms after the cable was back`)
  expect(performance.now() - upAt).toBeLessThan(15_000)

  expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0])
})

async function expectFiles(peer: PeerProcess, count: number): Promise<void> {
  await vi.waitFor(() => {
    peer.send('count')
    expect(peer.last('count')?.['files']).toBe(count)
  }, within(20_000))
}
