import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../base/log.ts'
import { fake, nativeTheme, resetFake } from './testing/fake-electron.ts'
import { AppWindow } from './window.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

let home: string
let opened: number

beforeEach(() => {
  resetFake()
  opened = 0
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-window-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

function makeWindow(stateFile = join(home, 'window.json')): AppWindow {
  return new AppWindow(
    { log: silentLog, onOpened: () => (opened += 1) },
    { stateFile, rendererDir: home, preloadFile: '/app/out/preload/index.cjs', iconFile: '/app/icon.png' },
  )
}

function only() {
  const window = fake.windows[0]
  if (window === undefined || fake.windows.length !== 1) throw new Error(`${fake.windows.length} windows`)
  return window
}

describe('the window', () => {
  it('is isolated, sandboxed and without Node', () => {
    makeWindow().open()
    expect(only().options.webPreferences).toMatchObject({
      preload: '/app/out/preload/index.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
    })
  })

  it('loads our page and shows itself when there is something to see', () => {
    makeWindow().open()
    expect(only().loaded).toEqual(['app://dt-swarm/'])
    expect(only().visible).toBe(false)
    only().emit('ready-to-show')
    expect(only().visible).toBe(true)
  })

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('stays on our origin: %s', (event) => {
    makeWindow().open()
    const { webContents } = only()
    for (const url of ['https://evil.org/', 'file:///etc/passwd', 'app://other/', 'data:text/html,x']) {
      expect(webContents.navigate(url, event)).toBe(false)
    }
    expect(webContents.navigate('app://dt-swarm/#/logs', event)).toBe(true)
  })

  it('opens no second window; links of the list open outside', () => {
    makeWindow().open()
    const open = only().webContents.windowOpen
    for (const url of ['https://evil.org/', 'https://docs.duckietown.com/', 'file:///bin/sh']) {
      expect(open?.({ url })).toEqual({ action: 'deny' })
    }
    expect(fake.openedOutside).toEqual(['https://docs.duckietown.com/'])
  })

  it('grants no permission but copying', () => {
    makeWindow().open()
    const { session } = fake
    const asked = (permission: string) => {
      let granted: boolean | null = null
      session.permissionRequest?.(null, permission, (answer) => (granted = answer))
      return [granted, session.permissionCheck?.(null, permission)]
    }
    for (const permission of ['media', 'geolocation', 'clipboard-read', 'openExternal', 'usb', 'fileSystem']) {
      expect(asked(permission)).toEqual([false, false])
    }
    expect(asked('clipboard-sanitized-write')).toEqual([true, true])
    expect(session.devices?.()).toBe(false)
  })

  it('opens where it was, maximized as it was, in the colour of its theme', () => {
    const first = makeWindow()
    first.open()
    only().bounds = { x: 40, y: 60, width: 900, height: 700 }
    only().maximized = true
    first.setTheme('dark')
    only().close()
    fake.windows.length = 0
    nativeTheme.themeSource = 'system'

    makeWindow().open()
    expect(only().options).toMatchObject({ x: 40, y: 60, width: 900, height: 700, backgroundColor: '#17191c' })
    expect(nativeTheme.themeSource).toBe('dark')
    only().emit('ready-to-show')
    expect(only().maximized).toBe(true)
  })

  it('opens in the middle when its screen is gone', () => {
    writeFileSync(
      join(home, 'window.json'),
      JSON.stringify({ bounds: { x: 5000, y: 0, width: 900, height: 700 }, maximized: false }),
    )
    makeWindow().open()
    expect(only().options).toMatchObject({ width: 900, height: 700 })
    expect(only().options).not.toHaveProperty('x')
  })

  it('lives on when its place cannot be saved', () => {
    const window = makeWindow(join(home, 'missing', 'window.json'))
    window.open()
    expect(() => only().close()).not.toThrow()
  })

  it('keeps its place for the next start', () => {
    makeWindow().open()
    only().close()
    expect(JSON.parse(readFileSync(join(home, 'window.json'), 'utf8'))).toMatchObject({ bounds: { width: 1360 } })
  })

  it('comes to the front on a page, and opens anew after it was closed', () => {
    const window = makeWindow()
    window.open()
    only().minimized = true
    window.show('#/logs')
    expect(only()).toMatchObject({ minimized: false, visible: true, focused: true })
    expect(only().loaded.at(-1)).toBe('app://dt-swarm/#/logs')
    only().close()
    window.show()
    expect(fake.windows).toHaveLength(2)
    expect(opened).toBe(2)
  })
})
