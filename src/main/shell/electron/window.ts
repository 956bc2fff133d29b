import { BrowserWindow, nativeTheme, screen, shell, type WebContents } from 'electron'
import type { Settings } from '../../../shared/views.ts'
import type { Log } from '../../base/log.ts'
import type { PicturePeer } from './app-pictures.ts'
import { serveRenderer } from './app-protocol.ts'
import { appOrigin, isAllowedExternal, isOwnUrl } from './origin.ts'
import { fitState, loadState, minimumSize, saveState, type WindowState } from './window-state.ts'

export interface WindowInit {
  /** Where place, size and theme are kept. */
  readonly stateFile: string
  readonly rendererDir: string
  readonly preloadFile: string
  readonly iconFile: string
}

/** The page's own backgrounds, so that a window that has drawn nothing yet does not flash. */
const background = { dark: '#17191c', light: '#f6f7f8' } as const

function currentBackground(): string {
  return nativeTheme.shouldUseDarkColors ? background.dark : background.light
}

function openOutside(url: string, log: Log): void {
  if (!isAllowedExternal(url)) {
    log.warn({ url }, 'refused to open a link outside the app')
    return
  }
  shell.openExternal(url).catch((error: unknown) => log.warn({ err: error, url }, 'a link did not open'))
}

/** Our page stays where it is: whatever it is talked into, it neither navigates away nor opens windows nor embeds. */
function confine(contents: WebContents, log: Log): void {
  const stay = (details: { readonly url: string; preventDefault(): void }) => {
    if (isOwnUrl(details.url)) return
    details.preventDefault()
    log.warn({ url: details.url }, 'refused to leave the app')
  }
  contents.on('will-navigate', stay)
  contents.on('will-frame-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, log)
    return { action: 'deny' }
  })
  // Copying a CID is all that a page of ours asks of the system.
  const allowed = new Set(['clipboard-sanitized-write'])
  contents.session.setPermissionRequestHandler((_contents, permission, answer) => answer(allowed.has(permission)))
  contents.session.setPermissionCheckHandler((_contents, permission) => allowed.has(permission))
  contents.session.setDevicePermissionHandler(() => false)
}

/** The app's one window: hardened, on our origin, where it was last time. */
export class AppWindow {
  readonly #init: WindowInit
  readonly #log: Log
  readonly #onOpened: (window: BrowserWindow) => void
  readonly #pictures: PicturePeer
  #window: BrowserWindow | null = null
  #state: WindowState

  /**
   * @param deps.onOpened called with each new window, before its page is loaded
   * @param deps.pictures whose files the page may draw. Default: nobody's
   */
  constructor(
    deps: {
      readonly log: Log
      readonly onOpened: (window: BrowserWindow) => void
      readonly pictures?: PicturePeer
    },
    init: WindowInit,
  ) {
    this.#log = deps.log
    this.#onOpened = deps.onOpened
    this.#pictures = deps.pictures ?? (() => null)
    this.#init = init
    this.#state = loadState(init.stateFile)
  }

  /** The window, while there is one. */
  get window(): BrowserWindow | null {
    return this.#window
  }

  /** Makes the window and loads the page; it shows itself when there is something to see. Twice: the same window. */
  open(): BrowserWindow {
    if (this.#window !== null) return this.#window
    nativeTheme.themeSource = this.#state.theme
    const primary = screen.getPrimaryDisplay()
    const others = screen.getAllDisplays().filter((display) => display.id !== primary.id)
    this.#state = fitState(
      this.#state,
      [primary, ...others].map((display) => display.workArea),
    )
    const { x, y, width, height } = this.#state.bounds
    const window = new BrowserWindow({
      ...(x === undefined || y === undefined ? {} : { x, y }),
      width,
      height,
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      show: false,
      title: 'dt-swarm',
      icon: this.#init.iconFile,
      backgroundColor: currentBackground(),
      autoHideMenuBar: true,
      webPreferences: {
        preload: this.#init.preloadFile,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
      },
    })
    this.#window = window
    serveRendererOnce(window.webContents, this.#init.rendererDir, this.#pictures)
    confine(window.webContents, this.#log)
    window.once('ready-to-show', () => {
      if (this.#state.maximized) window.maximize()
      window.show()
    })
    window.on('close', () => this.remember())
    window.once('closed', () => (this.#window = null))
    this.#onOpened(window)
    this.#load(window)
    return window
  }

  /** Brings the window to the front, on a page of the app when one is named (`#/robot/…`). */
  show(hash?: string): void {
    const window = this.#window ?? this.open()
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    if (hash !== undefined) this.#load(window, hash)
  }

  /** Follows the theme that a person chose; the page learns it from the settings. */
  setTheme(theme: Settings['theme']): void {
    nativeTheme.themeSource = theme
    this.#state = { ...this.#state, theme }
    this.#window?.setBackgroundColor(currentBackground())
  }

  /** Keeps place, size and theme for next time. A disk that refuses costs only that. */
  remember(): void {
    const window = this.#window
    if (window !== null) {
      this.#state = { ...this.#state, bounds: window.getNormalBounds(), maximized: window.isMaximized() }
    }
    try {
      saveState(this.#init.stateFile, this.#state)
    } catch (error) {
      this.#log.warn({ err: error }, 'the window will open elsewhere next time: its place could not be saved')
    }
  }

  #load(window: BrowserWindow, hash = ''): void {
    window.loadURL(`${appOrigin}/${hash}`).catch((error: unknown) => {
      this.#log.error({ err: error }, 'the page could not be loaded')
    })
  }
}

const served = new WeakSet<object>()

/** A window made anew shares its session with the one before, and a scheme can be handled once. */
function serveRendererOnce(contents: WebContents, folder: string, pictures: PicturePeer): void {
  if (served.has(contents.session)) return
  served.add(contents.session)
  serveRenderer(contents.session, folder, pictures)
}
