import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import { FakeClock } from '../../base/clock.ts'
import { machine, peerA } from '../api/testing/memory-peer.ts'
import { transferView } from '../api/testing/memory-transfers.ts'
import { AppNotifications } from './notifications.ts'
import { fake, resetFake } from './testing/fake-electron.ts'
import { MemoryDesktopPeer } from './testing/memory-desktop.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

let clock: FakeClock
let peer: MemoryDesktopPeer
let watched: boolean
let shown: string[]
let notifications: AppNotifications

beforeEach(async () => {
  resetFake()
  clock = new FakeClock()
  peer = new MemoryDesktopPeer()
  watched = false
  shown = []
  notifications = new AppNotifications({
    clock,
    machines: peer.membership,
    files: peer.files,
    isWatched: () => watched,
    show: (hash) => shown.push(hash),
    showInFolder: (path) => shown.push(path),
  })
  await notifications.start()
})

afterEach(async () => notifications.stop())

function join(index: number, change: Partial<ReturnType<typeof machine>> = {}): PeerId {
  const id = `12D3KooW${String(index).padStart(44, 'C')}` as PeerId
  peer.machines.set(id, { ...machine(id, `duckie0${index}`), ...change })
  peer.machinesHeard.emit('machine:joined', { peer: id })
  return id
}

function finish(change: Partial<TransferView> = {}): void {
  const path = '/downloads/run.mcap'
  const transfer = transferView('f1', { name: 'run.mcap', sizeBytes: 5, doneBytes: 5, endedAtMs: 2, path, ...change })
  peer.filesHeard.emit('fetch:finished', transfer)
}

const told = () => fake.notifications.map(({ title, body }) => `${title}: ${body}`)

describe('notifications', () => {
  it('tell of a new robot; a click opens its page', async () => {
    const robot = join(1)
    await clock.advance(3_000)
    expect(told()).toEqual(['New robot: duckie01'])
    fake.notifications[0]?.emit('click')
    expect(shown).toEqual([`#/robot/${robot}`])
  })

  it('tell of robots that come together once, and say which are simulated', async () => {
    for (const index of [1, 2, 3, 4, 5, 6]) join(index, { simulated: true })
    await clock.advance(3_000)
    expect(told()).toEqual([
      '6 new robots: duckie01 (simulated), duckie02 (simulated), duckie03 (simulated), duckie04 (simulated) and 2 more',
    ])
    fake.notifications[0]?.emit('click')
    expect(shown).toEqual(['#/fleet'])
  })

  it('stay quiet for a while, then tell together what came meanwhile', async () => {
    join(1)
    await clock.advance(3_000)
    join(2)
    join(3)
    await clock.advance(14_000)
    expect(told()).toHaveLength(1)
    await clock.advance(2_000)
    expect(told().at(-1)).toBe('2 new robots: duckie02, duckie03')
  })

  it('say nothing while a person looks at the window, nor of ourselves, nor of laptops', async () => {
    join(1, { role: 'operator' })
    peer.machinesHeard.emit('machine:joined', { peer: peerA })
    watched = true
    join(2)
    finish()
    await clock.advance(30_000)
    expect(told()).toEqual([])
  })

  it('tell of a fetched log; a click shows it in its folder', async () => {
    finish()
    await clock.advance(3_000)
    expect(told()).toEqual(['Log fetched: run.mcap'])
    fake.notifications[0]?.emit('click')
    expect(shown).toEqual(['/downloads/run.mcap'])
  })

  it('tell why a fetch failed; a click opens the logs', async () => {
    finish({ state: 'failed', path: null, error: { code: 'FETCH_FAILED', message: 'duckie03 cannot be reached' } })
    await clock.advance(3_000)
    expect(told()).toEqual(['Log not fetched: run.mcap: duckie03 cannot be reached'])
    fake.notifications[0]?.emit('click')
    expect(shown).toEqual(['#/logs'])
  })

  it('of several fetches count those that failed', async () => {
    finish()
    finish({ state: 'failed', name: 'b.mcap' })
    finish({ state: 'cancelled', name: 'c.mcap' })
    await clock.advance(3_000)
    expect(told()).toEqual(['1 log fetched, 1 not: run.mcap, b.mcap'])
  })

  it('leave nothing behind when stopped', async () => {
    join(1)
    await notifications.stop()
    await clock.advance(60_000)
    expect(told()).toEqual([])
    expect(peer.machinesHeard.listenerCount + peer.filesHeard.listenerCount).toBe(0)
  })
})
