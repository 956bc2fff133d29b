import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PeerHost } from '../../peer-host.ts'
import { runDesktop } from './app.ts'
import type { DesktopParts } from './desktop-peer.ts'
import { app, fake, resetFake } from './testing/fake-electron.ts'
import { MemoryDesktopPeer, MemoryLab } from './testing/memory-desktop.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

const { argv } = process
const before = {
  uncaught: process.listeners('uncaughtException'),
  unhandled: process.listeners('unhandledRejection'),
}
let folder: string
let home: string
let peer: MemoryDesktopPeer

beforeEach(() => {
  resetFake()
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-run-'))
  home = join(folder, 'home')
  peer = new MemoryDesktopPeer()
})

afterEach(() => {
  process.argv = argv
  // What the app added to this process, and nothing of the test runner's.
  for (const one of process.listeners('uncaughtException')) {
    if (!before.uncaught.includes(one)) process.removeListener('uncaughtException', one)
  }
  for (const one of process.listeners('unhandledRejection')) {
    if (!before.unhandled.includes(one)) process.removeListener('unhandledRejection', one)
  }
  rmSync(folder, { recursive: true, force: true })
})

const load = async (): Promise<DesktopParts> => ({
  createPeer: async () => peer,
  createLab: () => new MemoryLab(),
  createHost: (deps, first) => new PeerHost(deps, first),
  startWeb: async () => ({ url: null, setPeer: () => {}, stop: async () => {} }),
})

function run(...args: readonly string[]): void {
  process.argv = ['/opt/dt-swarm/dt-swarm', ...args]
  runDesktop(load)
}

describe('running the desktop app', () => {
  it('prepares Electron before it is ready, and starts in the home that was named', async () => {
    run('--home', home, '--log-level', 'silent')
    expect(fake.privilegedSchemes).toMatchObject([{ scheme: 'app' }])
    expect(app.name).toBe('dt-swarm')
    expect(app.paths.get('userData')).toBe(join(home, 'desktop'))
    expect(statSync(home).mode & 0o777).toBe(0o700)
    await vi.waitFor(() => expect(peer.calls).toEqual(['start']))
    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
  })

  it('skips its own script when Electron was given one', async () => {
    app.isPackaged = false
    run('out/main/index.js', '--home', home, '--log-level', 'silent')
    await vi.waitFor(() => expect(peer.calls).toEqual(['start']))
    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
  })

  it('ends at once when the home has an app already', () => {
    app.lockTaken = true
    run('--home', home)
    expect(app.exitCode).toBe(0)
    expect(fake.windows).toEqual([])
    expect(peer.calls).toEqual([])
  })

  it('says which option is wrong and exits with 2', () => {
    run('--home', home, '--lab', 'many')
    expect(app.exitCode).toBe(2)
    expect(fake.errorBoxes).toMatchObject([
      { title: 'dt-swarm cannot start', text: expect.stringMatching(/--lab many/) },
    ])
    expect(fake.windows).toEqual([])
  })
})
