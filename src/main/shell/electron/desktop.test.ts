import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { FakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { PeerHost, type PeerHostDeps } from '../../peer-host.ts'
import type { DesktopParts, DesktopPeer, DesktopPeerOptions } from './desktop-peer.ts'
import { Desktop } from './desktop.ts'
import { parseOptions } from './options.ts'
import { app, fake, nativeTheme, resetFake } from './testing/fake-electron.ts'
import { MemoryDesktopPeer, MemoryLab } from './testing/memory-desktop.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

let home: string
let clock: FakeClock
let peer: MemoryDesktopPeer
let lab: MemoryLab
let given: DesktopPeerOptions | null
let webStopped: number
let webServed: (string | null)[]
/** What the desktop gives whoever changes the swarm. */
let hosted: PeerHostDeps<DesktopPeer> | null

beforeEach(() => {
  resetFake()
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-desktop-'))
  clock = new FakeClock()
  peer = new MemoryDesktopPeer(clock)
  lab = new MemoryLab()
  given = null
  webStopped = 0
  webServed = []
  hosted = null
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const parts: DesktopParts = {
  createPeer: async (options) => {
    given = options
    return peer
  },
  createHost: (deps, first) => {
    hosted = deps
    return new PeerHost(deps, first)
  },
  createLab: () => lab,
  startWeb: async (_peer, _shell, at) => ({
    url: `http://${at}`,
    setPeer: (served) => webServed.push(served === null ? null : served.info().name),
    stop: async () => void (webStopped += 1),
  }),
}

async function start(args: readonly string[] = [], load = async () => parts): Promise<Desktop> {
  const desktop = new Desktop(
    { log: silentLog, clock },
    {
      options: parseOptions(['--home', home, ...args], {}),
      version: '1.2.3',
      rendererDir: home,
      preloadFile: '/app/preload.cjs',
      iconDir: '/app/icons',
      load,
    },
  )
  await desktop.start()
  return desktop
}

/** The page's side of the port, as the preload script hands it over. */
function pageClient(): ApiClient {
  const contents = fake.windows[0]?.webContents
  if (contents === undefined) throw new Error('no window')
  contents.ipc.emit('dt-swarm:connect', { senderFrame: contents.mainFrame })
  const port = contents.mainFrame.received.at(-1)?.ports[0]
  if (port === undefined) throw new Error('no port')
  port.start()
  return createORPCClient<ApiClient>(new RPCLink({ port }))
}

describe('the desktop app', () => {
  it('opens its window before the peer is loaded, and serves it the API when the peer is up', async () => {
    let windows = 0
    await start([], async () => {
      windows = fake.windows.length
      return parts
    })
    expect(windows).toBe(1)
    expect(peer.calls).toEqual(['start'])
    expect(given).toMatchObject({ home, version: '1.2.3', settings: {}, protector: expect.anything() })
    const info = await pageClient().system.info()
    expect(info).toMatchObject({ name: 'laptop', web: null, can: { openFolder: true, choosePlace: true, lab: true } })
  })

  it('leaves the identity to its file where the system has no key store', async () => {
    fake.keyStore = { available: false, backend: 'basic_text' }
    await start()
    expect(given).not.toHaveProperty('protector')
  })

  it('brings the lab and the web console when asked', async () => {
    await start(['--lab', '3', '--web', '127.0.0.1:4999'])
    await vi.waitFor(() => expect(lab.robots).toBe(3))
    expect((await pageClient().system.info()).web).toBe('http://127.0.0.1:4999')
    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
    expect([webStopped, lab.robots]).toEqual([1, 0])
  })

  it('follows the theme of the settings', async () => {
    await start()
    await pageClient().settings.update({ theme: 'dark' })
    expect(nativeTheme.themeSource).toBe('dark')
    expect(fake.windows[0]?.background).toBe('#17191c')
  })

  it('tells the health of the swarm in the tray', async () => {
    await start()
    expect(fake.trays[0]?.toolTip).toBe('dt-swarm: 1 machine')
    expect(fake.trays[0]?.menu.map(({ label }) => label)).toEqual(['1 machine', undefined, 'Show dt-swarm', 'Quit'])
    fake.trays[0]?.menu.find(({ label }) => label === 'Show dt-swarm')?.click?.()
    expect(fake.windows[0]?.focused).toBe(true)
  })

  it('asks for a place to save with the last part of the name alone', async () => {
    await start()
    fake.savePlace = join(home, 'chosen.mcap')
    const cid = peer.files.put('../../etc/run.mcap', new Uint8Array([1]))
    await pageClient().files.fetch({ cid, to: 'ask' })
    expect(fake.saveDefaults).toEqual([join('/downloads', 'run.mcap')])
    expect(peer.files.asked).toMatchObject([['fetch', cid, { to: { path: join(home, 'chosen.mcap') } }]])
    fake.savePlace = null
    expect(await pageClient().files.fetch({ cid, to: 'ask' })).toBeNull()
  })
})

describe('another swarm', () => {
  it('is served to the same page by a new port, with a tray of its own, and the lab of the old one stopped', async () => {
    await start(['--lab', '2', '--web', '127.0.0.1:4999'])
    await vi.waitFor(() => expect(lab.robots).toBe(2))
    const before = pageClient()
    expect((await before.system.info()).name).toBe('laptop')
    const frame = fake.windows[0]?.webContents.mainFrame
    const ports = frame?.received.length ?? 0

    await hosted?.leaving()
    expect([lab.robots, webServed, fake.trays[0]?.destroyed]).toEqual([0, [null], true])
    await vi.waitFor(() => expect(frame?.received.at(-1)?.ports[0]?.closed).toBe(true))
    const next = new MemoryDesktopPeer(clock)
    await next.settings.update({ name: 'in another swarm' })
    await hosted?.changed(next)
    expect(webServed).toEqual([null, 'laptop'])
    expect(frame?.received).toHaveLength(ports + 1)
    expect((await pageClient().settings.get()).name).toBe('in another swarm')
    expect(fake.trays.filter(({ destroyed }) => !destroyed)).toHaveLength(1)
    await pageClient().settings.update({ theme: 'dark' })
    expect(nativeTheme.themeSource).toBe('dark')
    expect(peer.settingsHeard.listenerCount).toBe(0)
  })

  it('is begun in where the command line has an invite and the home has none', async () => {
    await start(['--join', 'dt-swarm://join/x'])
    expect(given).toMatchObject({ join: 'dt-swarm://join/x' })
    expect((await pageClient().system.info()).can.join).toBe(true)
  })

  it('that cannot be left again ends the app with the reason', async () => {
    await start()
    hosted?.lost(new SwarmError('DISK_FULL', 'the disk is full'))
    expect(fake.errorBoxes).toEqual([{ title: 'dt-swarm must stop', text: 'the disk is full' }])
    await vi.waitFor(() => expect(app.exitCode).toBe(1))
  })
})

describe('the end of the desktop app', () => {
  it('stops the peer, keeps the window, then exits with 0', async () => {
    await start()
    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
    expect(peer.calls).toEqual(['start', 'stop'])
    expect(fake.trays[0]?.destroyed).toBe(true)
    expect(existsSync(join(home, 'window.json'))).toBe(true)
  })

  it('stops once, however often a person quits', async () => {
    await start()
    app.quit()
    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
    expect(peer.calls).toEqual(['start', 'stop'])
  })

  it('does not wait for ever for a peer that hangs', async () => {
    await start()
    peer.stopGate = new Promise(() => {})
    app.quit()
    await clock.advance(9_000)
    expect(app.exitCode).toBeNull()
    await clock.advance(2_000)
    await vi.waitFor(() => expect(app.exitCode).toBe(1))
  })

  it('comes with its last window', async () => {
    await start()
    fake.windows[0]?.close()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
  })
})

describe('when something is wrong', () => {
  it('a start that fails says why in a native box, stops what runs and exits with 1', async () => {
    peer.startError = new SwarmError('ADDRESS_IN_USE', 'cannot listen on /ip4/0.0.0.0/tcp/9000: another program does')
    await start()
    expect(fake.errorBoxes).toEqual([
      { title: 'dt-swarm cannot start', text: 'cannot listen on /ip4/0.0.0.0/tcp/9000: another program does' },
    ])
    await vi.waitFor(() => expect(app.exitCode).toBe(1))
    expect(peer.calls).toEqual(['start', 'stop'])
  })

  it('a home that a daemon uses is said before anything runs', async () => {
    const load = async () => ({
      ...parts,
      createPeer: async () => {
        throw new SwarmError('HOME_IN_USE', 'another dt-swarm uses this home: stop it first')
      },
    })
    await start([], load)
    expect(fake.errorBoxes[0]?.text).toBe('another dt-swarm uses this home: stop it first')
    await vi.waitFor(() => expect(app.exitCode).toBe(1))
  })

  it('a fault of our own is called one', async () => {
    await start([], async () => {
      throw new TypeError('x is undefined')
    })
    expect(fake.errorBoxes[0]?.text).toMatch(/x is undefined[^]*fault in dt-swarm/)
  })

  it('a second start brings the window to the front', async () => {
    await start()
    app.emit('second-instance', {}, ['dt-swarm'], '/')
    expect(fake.windows).toHaveLength(1)
    expect(fake.windows[0]).toMatchObject({ visible: true, focused: true })
  })

  it('a page that crashes is loaded again, and a person is asked when it keeps on', async () => {
    await start()
    const contents = fake.windows[0]?.webContents
    const crash = () => contents?.emit('render-process-gone', {}, { reason: 'oom', exitCode: 9 })
    crash()
    crash()
    expect(contents?.reloads).toBe(2)
    expect(peer.counters.get('window.crashed:oom')).toBe(2)
    fake.messageBoxResponse = 1
    crash()
    await vi.waitFor(() => expect(app.exitCode).toBe(0))
    expect(fake.messageBoxes[0]?.message).toContain('keeps crashing')
  })

  it('crashes that are far apart never ask', async () => {
    await start()
    const contents = fake.windows[0]?.webContents
    for (let i = 0; i < 5; i += 1) {
      contents?.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
      await clock.advance(61_000)
    }
    expect(contents?.reloads).toBe(5)
    expect(fake.messageBoxes).toEqual([])
  })

  it('a desktop without notifications costs only those', async () => {
    fake.notificationsSupported = false
    await start()
    expect(app.exitCode).toBeNull()
    expect(await pageClient().fleet.list()).toHaveLength(1)
  })
})
