import { EventEmitter } from 'node:events'
import { FakeFrame, FakeSession, FakeWebContents } from './fake-contents.ts'

export { MessageChannelMain } from './fake-contents.ts'

/**
 * An in-memory twin of the part of the `electron` module that the desktop uses: `vi.mock('electron', () => import(…))`.
 * It keeps what it was told, and lets a test play the person, the page and the system.
 */

interface Bounds {
  readonly x?: number
  readonly y?: number
  readonly width: number
  readonly height: number
}

export class BrowserWindow extends EventEmitter {
  readonly options: Record<string, unknown> & Bounds & { readonly webPreferences: Record<string, unknown> }
  readonly webContents = new FakeWebContents(fake.session)
  readonly loaded: string[] = []
  bounds: Bounds
  visible = false
  focused = false
  maximized = false
  minimized = false
  destroyed = false
  background = ''

  constructor(options: BrowserWindow['options']) {
    super()
    this.options = options
    this.bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width, height: options.height }
    fake.windows.push(this)
  }

  async loadURL(url: string): Promise<void> {
    this.loaded.push(url)
    this.webContents.mainFrame = new FakeFrame(url)
  }

  show(): void {
    this.visible = true
  }

  focus(): void {
    this.focused = true
  }

  restore(): void {
    this.minimized = false
  }

  maximize(): void {
    this.maximized = true
  }

  /** A person closes the window. */
  close(): void {
    this.emit('close', { preventDefault: () => {} })
    this.destroyed = true
    this.webContents.emit('destroyed')
    this.emit('closed')
    app.emit('window-all-closed')
  }

  isMinimized = (): boolean => this.minimized
  isMaximized = (): boolean => this.maximized
  isFocused = (): boolean => this.focused
  isDestroyed = (): boolean => this.destroyed
  getNormalBounds = (): Bounds => this.bounds
  setBackgroundColor = (colour: string): void => void (this.background = colour)
}

class FakeApp extends EventEmitter {
  isPackaged = true
  name = ''
  readonly paths = new Map<string, string>()
  /** Schemes that it opens, each with the command's arguments before the link. */
  readonly opens = new Map<string, readonly string[]>()
  exitCode: number | null = null
  lockTaken = false
  ready = true

  setName(name: string): void {
    this.name = name
  }

  setAppUserModelId(): void {}

  setPath(name: string, path: string): void {
    this.paths.set(name, path)
  }

  setAsDefaultProtocolClient(scheme: string, _path?: string, args: readonly string[] = []): boolean {
    this.opens.set(scheme, args)
    return true
  }

  requestSingleInstanceLock(): boolean {
    return !this.lockTaken
  }

  async whenReady(): Promise<void> {}

  isReady(): boolean {
    return this.ready
  }

  showAboutPanel(): void {}

  quit(): void {
    let prevented = false
    this.emit('before-quit', { preventDefault: () => (prevented = true) })
    if (!prevented) this.exit(0)
  }

  exit(code = 0): void {
    this.exitCode ??= code
  }
}

export class Tray extends EventEmitter {
  toolTip = ''
  menu: readonly FakeMenuItem[] = []
  destroyed = false

  constructor() {
    super()
    fake.trays.push(this)
  }

  setToolTip(text: string): void {
    this.toolTip = text
  }

  setContextMenu(menu: readonly FakeMenuItem[]): void {
    this.menu = menu
  }

  destroy(): void {
    this.destroyed = true
  }
}

interface FakeMenuItem {
  readonly label?: string
  readonly enabled?: boolean
  readonly click?: () => void
}

export class Notification extends EventEmitter {
  readonly title: string
  readonly body: string

  static isSupported(): boolean {
    return fake.notificationsSupported
  }

  constructor(options: { readonly title: string; readonly body: string }) {
    super()
    this.title = options.title
    this.body = options.body
  }

  show(): void {
    fake.notifications.push(this)
  }

  close(): void {
    this.emit('close', {})
  }
}

export const app = new FakeApp()

/** What the fake was told, and the answers that a test chose. */
export const fake = {
  session: new FakeSession(),
  windows: [] as BrowserWindow[],
  trays: [] as Tray[],
  notifications: [] as Notification[],
  notificationsSupported: true,
  errorBoxes: [] as { readonly title: string; readonly text: string }[],
  messageBoxes: [] as { readonly message: string; readonly detail?: string }[],
  messageBoxResponse: 0,
  savePlace: null as string | null,
  saveDefaults: [] as (string | undefined)[],
  chosenFiles: [] as string[],
  openedOutside: [] as string[],
  shownInFolder: [] as string[],
  privilegedSchemes: [] as { readonly scheme: string }[],
  displays: [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
  keyStore: { available: true, backend: 'gnome_libsecret' },
  applicationMenu: [] as readonly FakeMenuItem[],
}

/** Back to the state of a new process. */
export function resetFake(): void {
  app.removeAllListeners()
  Object.assign(app, { isPackaged: true, name: '', exitCode: null, lockTaken: false, ready: true })
  app.paths.clear()
  app.opens.clear()
  nativeTheme.themeSource = 'system'
  for (const list of [fake.windows, fake.trays, fake.notifications, fake.errorBoxes, fake.messageBoxes]) list.length = 0
  for (const list of [fake.saveDefaults, fake.chosenFiles, fake.openedOutside, fake.shownInFolder]) list.length = 0
  fake.privilegedSchemes.length = 0
  fake.session = new FakeSession()
  fake.notificationsSupported = true
  fake.messageBoxResponse = 0
  fake.savePlace = null
  fake.displays = [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } }]
  fake.keyStore = { available: true, backend: 'gnome_libsecret' }
}

export const dialog = {
  showErrorBox: (title: string, text: string): void => void fake.errorBoxes.push({ title, text }),
  showMessageBox: async (options: { message: string; detail?: string }): Promise<{ response: number }> => {
    fake.messageBoxes.push(options)
    return { response: fake.messageBoxResponse }
  },
  showSaveDialog: async (...args: { defaultPath?: string }[]): Promise<{ canceled: boolean; filePath: string }> => {
    fake.saveDefaults.push(args.at(-1)?.defaultPath)
    return { canceled: fake.savePlace === null, filePath: fake.savePlace ?? '' }
  },
  showOpenDialog: async (): Promise<{ canceled: boolean; filePaths: string[] }> => ({
    canceled: fake.chosenFiles.length === 0,
    filePaths: [...fake.chosenFiles],
  }),
}

export const shell = {
  openExternal: async (url: string): Promise<void> => void fake.openedOutside.push(url),
  openPath: async (path: string): Promise<string> => (fake.shownInFolder.push(path), ''),
  showItemInFolder: (path: string): void => void fake.shownInFolder.push(path),
}

export const nativeTheme = {
  themeSource: 'system',
  get shouldUseDarkColors(): boolean {
    return this.themeSource === 'dark'
  },
}

export const nativeImage = { createFromPath: (path: string): { readonly path: string } => ({ path }) }

export const screen = {
  getPrimaryDisplay: () => fake.displays[0],
  getAllDisplays: () => fake.displays,
}

export const protocol = {
  registerSchemesAsPrivileged: (schemes: { readonly scheme: string }[]): void =>
    void fake.privilegedSchemes.push(...schemes),
}

export const Menu = {
  buildFromTemplate: (template: readonly FakeMenuItem[]): readonly FakeMenuItem[] => template,
  setApplicationMenu: (menu: readonly FakeMenuItem[]): void => void (fake.applicationMenu = menu),
}

/** Reverses the bytes, so that what is wrapped is not what it wraps. */
export const safeStorage = {
  isEncryptionAvailable: (): boolean => fake.keyStore.available,
  getSelectedStorageBackend: (): string => fake.keyStore.backend,
  encryptString: (text: string): Buffer => Buffer.from(text, 'utf8').reverse(),
  decryptString: (bytes: Buffer): string => Buffer.from(bytes).reverse().toString('utf8'),
}
