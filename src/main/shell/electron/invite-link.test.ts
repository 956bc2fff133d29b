import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../base/log.ts'
import { PeerHost } from '../../peer-host.ts'
import type { DesktopParts } from './desktop-peer.ts'
import { Desktop } from './desktop.ts'
import { clickedLink, openInvitesWithThisApp } from './invite-link.ts'
import { parseOptions } from './options.ts'
import { app, fake, resetFake } from './testing/fake-electron.ts'
import { MemoryDesktopPeer, MemoryLab } from './testing/memory-desktop.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

const link = 'dt-swarm://join/uqFkbm9tZWFuaW5n'
const page = `app://dt-swarm/?join=${encodeURIComponent(link)}`
let home: string

beforeEach(() => {
  resetFake()
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-link-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const parts: DesktopParts = {
  createPeer: async () => new MemoryDesktopPeer(),
  createHost: (deps, first) => new PeerHost(deps, first),
  createLab: () => new MemoryLab(),
  startWeb: async () => ({ url: null, setPeer: () => {}, stop: async () => {} }),
}

function desktopOf(init: { readonly link?: string; readonly load?: () => Promise<DesktopParts> } = {}): Desktop {
  return new Desktop(
    { log: silentLog },
    {
      options: parseOptions(['--home', home], {}),
      version: '1.2.3',
      rendererDir: home,
      preloadFile: '/app/preload.cjs',
      iconDir: '/app/icons',
      load: async () => parts,
      ...init,
    },
  )
}

const loaded = () => fake.windows.flatMap((window) => window.loaded)

describe('a clicked invite', () => {
  it('that starts the app is asked about once the peer is there', async () => {
    let before: readonly string[] = []
    const load = async () => {
      before = loaded()
      return parts
    }
    await desktopOf({ link, load }).start()
    expect(before).toEqual(['app://dt-swarm/'])
    expect(loaded()).toEqual(['app://dt-swarm/', page])
  })

  it('comes to the app that runs, by its second start or on a Mac by an event', async () => {
    await desktopOf().start()
    app.emit('second-instance', {}, ['/opt/dt-swarm/dt-swarm', '--no-sandbox', '--', link], '/')
    expect(loaded()).toEqual(['app://dt-swarm/', page])
    const event = { preventDefault: vi.fn<() => void>() }
    app.emit('open-url', event, link)
    expect(event.preventDefault).toHaveBeenCalledOnce()
    expect(loaded()).toEqual(['app://dt-swarm/', page, page])
    expect(fake.windows[0]).toMatchObject({ visible: true, focused: true })
  })

  it('that comes before Electron is ready is kept until it is', async () => {
    app.ready = false
    const starting = desktopOf().start()
    app.emit('open-url', { preventDefault: () => {} }, link)
    expect(fake.windows).toEqual([])
    app.ready = true
    await starting
    expect(loaded()).toEqual(['app://dt-swarm/', page])
  })

  it('is nothing else: other links open the window alone', async () => {
    await desktopOf().start()
    for (const other of ['dt-swarm://leave/x', 'https://example.com/', `dt-swarm://join/${'x'.repeat(5_000)}`]) {
      app.emit('open-url', { preventDefault: () => {} }, other)
      app.emit('second-instance', {}, ['dt-swarm', other], '/')
    }
    expect(loaded()).toEqual(['app://dt-swarm/'])
  })

  it('is told from the one of --join', () => {
    expect(clickedLink(['--join', link])).toBeNull()
    expect(clickedLink([`--join=${link}`])).toBeNull()
    expect(clickedLink(['--lab', '2', link])).toBe(link)
  })
})

describe('the app is the one that opens invites', () => {
  it('where it is installed; nothing that a page writes into one is an option on Windows', () => {
    openInvitesWithThisApp('win32')
    expect([...app.opens]).toEqual([['dt-swarm', ['--']]])
    app.opens.clear()
    openInvitesWithThisApp('darwin')
    expect([...app.opens]).toEqual([['dt-swarm', []]])
  })

  it('not from a checkout, and not on Linux, where the desktop entry says so', () => {
    openInvitesWithThisApp('linux')
    app.isPackaged = false
    openInvitesWithThisApp('darwin')
    expect(app.opens.size).toBe(0)
  })
})
