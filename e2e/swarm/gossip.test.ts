import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { PeerProcess } from './fixtures/peer-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'dt-swarm-gossip-'))
const peers: PeerProcess[] = []
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.kill()))
  rmSync(dir, { recursive: true, force: true })
})

const within = (timeout: number) => ({ timeout, interval: 50 })

async function start(name: string, bootstrap: readonly string[], port = 0): Promise<PeerProcess> {
  const listen = [`/ip4/127.0.0.1/tcp/${port}`]
  const peer = new PeerProcess({ home: join(dir, name), mdns: false, listen, bootstrap })
  peers.push(peer)
  await vi.waitFor(() => expect(peer.last('ready')).toBeTruthy(), within(30_000))
  return peer
}

const addressOf = (peer: PeerProcess): string =>
  (peer.last('ready')?.['addresses'] as readonly string[] | undefined)?.[0] ?? ''
const portOf = (peer: PeerProcess): number => Number(/\/tcp\/(\d+)/.exec(addressOf(peer))?.[1])

async function expectFiles(peer: PeerProcess, count: number): Promise<void> {
  await vi.waitFor(
    () => {
      peer.send('count')
      expect(peer.last('count')?.['files']).toBe(count)
    },
    { timeout: 60_000, interval: 200 },
  )
}

test('a line of processes: gossip over one hop, kill -9 and return, and one that joins late', async () => {
  const a = await start('a', [])
  let b = await start('b', [addressOf(a)])
  const c = await start('c', [addressOf(b)])
  await vi.waitFor(() => expect(c.last('link:up') && a.last('link:up')).toBeTruthy(), within(20_000))

  a.send('say first 2000')
  c.send('say other 500')
  for (const peer of [a, b, c]) await expectFiles(peer, 2_500)

  const port = portOf(b)
  const identity = b.last('ready')?.['peerId']
  await b.kill()
  await vi.waitFor(() => expect(a.last('link:down') && c.last('link:down')).toBeTruthy(), within(20_000))
  a.send('say second 1000')
  await expectFiles(a, 3_500)
  b = await start('b', [addressOf(a)], port)
  const backAt = performance.now()
  expect(b.last('ready')?.['peerId']).toBe(identity)
  // B has it from A, and C, which dials B by itself, from B.
  for (const peer of [b, c]) await expectFiles(peer, 3_500)
  console.info(`all caught up ${Math.round(performance.now() - backAt)} ms after the killed peer was back`)

  const d = await start('d', [addressOf(c)])
  await expectFiles(d, 3_500)
  d.send('count')
  expect(d.last('count')?.['counters']).not.toHaveProperty('ingest.failed')
  expect(await Promise.all([a, b, c, d].map((peer) => peer.stop()))).toEqual([0, 0, 0, 0])
})
