import { app, dialog, shell, type BrowserWindow } from 'electron'
import { join } from 'node:path'
import type { Unsubscribe } from '../../base/emitter.ts'
import { stopAll, type Startable } from '../../base/lifecycle.ts'
import { systemClock, type Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { createRouter, type ApiRouter } from '../api/router.ts'
import type { LabControl, ShellActions } from '../api/shell-actions.ts'
import { reloadAfterCrash } from './crash.ts'
import { acceptCheckpoints } from './checkpoint-drop.ts'
import { desktopActions } from './desktop-actions.ts'
import type { DesktopHost, DesktopParts, DesktopPeer, DesktopPeerOptions, DesktopWeb } from './desktop-peer.ts'
import { failureText } from './failure.ts'
import { clickedLink, isInviteLink, joinQuery } from './invite-link.ts'
import { setMenu } from './menu.ts'
import { AppNotifications } from './notifications.ts'
import type { DesktopOptions } from './options.ts'
import { WindowPort } from './port.ts'
import { systemProtector } from './protector.ts'
import { acceptDrops } from './share-drop.ts'
import { AppTray } from './tray.ts'
import { AppWindow } from './window.ts'

/** A peer that has not stopped by then hangs on something that a kill will not lose: what it acknowledged is on disk. */
const stopDeadlineMs = 10_000

export interface DesktopInit {
  readonly options: DesktopOptions
  readonly version: string
  readonly rendererDir: string
  readonly preloadFile: string
  readonly iconDir: string
  /** The invite with which a person has started the app, by a click on it. Default: none. */
  readonly link?: string | null
  /** Brings the peer's code in. Called once the window is on its way. */
  readonly load: () => Promise<DesktopParts>
}

/** The desktop app: a full peer with a window on it. */
export class Desktop {
  readonly #init: DesktopInit
  readonly #log: Log
  readonly #clock: Clock
  readonly #window: AppWindow
  readonly #running: Startable[] = []
  /** What hangs on one peer: the tray, the notifications. */
  readonly #extras: Startable[] = []
  #port: WindowPort | null = null
  #router: ApiRouter | null = null
  #host: DesktopHost | null = null
  #actions: ShellActions | null = null
  #web: DesktopWeb | null = null
  #unlisten: Unsubscribe = () => {}
  /** A clicked invite, until the page can ask a person about it: the newest. */
  #link: string | null = null
  #stopping: Promise<number> | null = null

  constructor(deps: { readonly log: Log; readonly clock?: Clock }, init: DesktopInit) {
    this.#log = deps.log
    this.#clock = deps.clock ?? systemClock
    this.#init = init
    this.#window = new AppWindow(
      {
        log: deps.log,
        onOpened: (window) => this.#wire(window),
        // While the peer changes there is no router, and nothing to be drawn.
        pictures: () => (this.#router === null || this.#host === null ? null : this.#host.peer),
      },
      {
        stateFile: join(init.options.home, 'window.json'),
        rendererDir: init.rendererDir,
        preloadFile: init.preloadFile,
        iconFile: join(init.iconDir, 'icon.png'),
      },
    )
  }

  /** Opens the window, then brings the peer up. A start that fails is told in a native box, and the app ends with 1. */
  async start(): Promise<void> {
    this.#link = this.#init.link ?? null
    app.on('second-instance', (_event, args) => {
      this.#openLink(clickedLink(args))
      this.#show()
    })
    app.on('activate', this.#show)
    // A Mac tells of a click by an event, also of the one that started the app.
    app.on('open-url', (event, url) => {
      event.preventDefault()
      this.#openLink(isInviteLink(url) ? url : null)
      this.#show()
    })
    // On a Mac an app without a window lives on in the dock; elsewhere the last window's end is the app's.
    app.on('window-all-closed', () => (process.platform === 'darwin' ? undefined : app.quit()))
    app.on('before-quit', this.#onBeforeQuit)
    try {
      await app.whenReady()
      this.#window.open()
      await this.#startPeer(await this.#init.load())
    } catch (error) {
      this.fail('dt-swarm cannot start', error)
    }
  }

  /** Tells a person why the app ends, stops what runs and ends it. While it is ending already, it only logs. */
  fail(title: string, error: unknown): void {
    this.#log.fatal({ err: error }, title)
    if (this.#stopping !== null) return
    dialog.showErrorBox(title, failureText(error))
    this.#end(1)
  }

  readonly #show = (): void => {
    if (this.#stopping === null && app.isReady()) this.#window.show()
  }

  /** The page asks about it as soon as there is a peer that can read it. */
  #openLink(link: string | null = this.#link): void {
    this.#link = link ?? this.#link
    if (this.#link === null || this.#router === null || this.#stopping !== null) return
    this.#window.show(joinQuery(this.#link))
    this.#link = null
  }

  async #startPeer(parts: DesktopParts): Promise<void> {
    const { options } = this.#init
    const host = await this.#openHost(parts)
    this.#host = host
    this.#running.push(host)
    this.#window.setTheme(host.peer.settings.get().theme)
    await host.start()
    if (this.#stopping !== null) return
    const lab = parts.createLab(host)
    this.#running.push({ start: async () => {}, stop: async () => void (await lab.stop()) })
    const actions = desktopActions({
      window: () => this.#window.window,
      downloadDir: () => host.peer.settings.get().downloadDir,
      lab,
      web: () => this.#web?.url ?? null,
      join: (link) => host.join(link),
    })
    this.#actions = actions
    if (options.web !== null) {
      const web = await parts.startWeb(host.peer, actions, options.web)
      this.#web = web
      this.#running.push({ start: async () => {}, stop: () => web.stop() })
    }
    this.#running.push({ start: async () => {}, stop: () => stopAll(this.#extras.splice(0)) })
    await this.#serve(host.peer, actions)
    if (options.lab > 0) this.#startLab(lab, options.lab)
  }

  async #openHost(parts: DesktopParts): Promise<DesktopHost> {
    const { options, version } = this.#init
    const protector = systemProtector(process.platform)
    const create = (more: Partial<DesktopPeerOptions>): Promise<DesktopPeer> =>
      parts.createPeer({
        home: options.home,
        version,
        log: this.#log,
        settings: options.settings,
        ...(protector === undefined ? {} : { protector }),
        ...more,
      })
    const first = await create(options.join === null ? {} : { join: options.join })
    return parts.createHost(
      {
        log: this.#log,
        clock: this.#clock,
        create: (notes) => create({ notes }),
        leaving: () => this.#leave(),
        changed: async (peer) => {
          this.#web?.setPeer(peer)
          if (this.#actions !== null && this.#stopping === null) await this.#serve(peer, this.#actions)
        },
        lost: (error) => this.fail('dt-swarm must stop', error),
      },
      first,
    )
  }

  /** Gives the window this peer's API, and the desktop its tray and notifications. */
  async #serve(peer: DesktopPeer, actions: ShellActions): Promise<void> {
    this.#window.setTheme(peer.settings.get().theme)
    this.#unlisten = peer.settings.events.on('settings:changed', ({ theme }) => this.#window.setTheme(theme))
    this.#router = createRouter(peer, actions)
    this.#port?.serve(this.#router)
    this.#acceptDrops()
    this.#openLink()
    await this.#dress(peer)
  }

  /** The peer is about to stop, for another one of another swarm. */
  async #leave(): Promise<void> {
    this.#unlisten()
    this.#web?.setPeer(null)
    this.#port?.pause()
    this.#router = null
    await stopAll(this.#extras.splice(0))
    await this.#actions?.lab?.stop()
  }

  /** Menu, tray and notifications. A desktop without a tray costs only the tray. */
  async #dress(peer: DesktopPeer): Promise<void> {
    const show = (hash?: string) => this.#window.show(hash)
    setMenu({
      window: () => this.#window.window,
      show,
      target: peer,
      shareDir: () => peer.settings.get().shareDir,
      log: this.#log,
    })
    const extras: Startable[] = [
      new AppTray(
        { clock: this.#clock, status: () => peer.status(), show: () => show(), quit: () => app.quit() },
        { iconFile: join(this.#init.iconDir, process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png') },
      ),
      new AppNotifications({
        clock: this.#clock,
        machines: peer.membership,
        files: peer.files,
        isWatched: () => this.#window.window?.isFocused() ?? false,
        show,
        showInFolder: (path) => shell.showItemInFolder(path),
      }),
    ]
    for (const extra of extras) {
      this.#extras.push(extra)
      await extra.start().catch((error: unknown) => this.#log.warn({ err: error }, 'this desktop has no such thing'))
    }
  }

  #startLab(lab: LabControl, robots: number): void {
    lab.start(robots).catch((error: unknown) => {
      this.#log.error({ err: error }, 'the lab did not start')
      dialog.showErrorBox('The demo lab did not start', failureText(error))
    })
  }

  /** Everything that hangs on one window; a Mac may close it and open another. */
  #wire(window: BrowserWindow): void {
    const counters = () => this.#host?.peer.counters
    const port = new WindowPort({ contents: window.webContents, log: this.#log, counters })
    port.start()
    if (this.#router !== null) port.serve(this.#router)
    this.#port = port
    this.#acceptDrops()
    reloadAfterCrash(window, { clock: this.#clock, log: this.#log, counters, quit: () => app.quit() })
  }

  #acceptDrops(): void {
    const window = this.#window.window
    const host = this.#host
    if (window === null || host === null || this.#router === null) return
    acceptDrops(window.webContents, () => host.peer)
    acceptCheckpoints(window.webContents, () => host.peer)
  }

  readonly #onBeforeQuit = (event: { preventDefault(): void }): void => {
    event.preventDefault()
    this.#end(0)
  }

  #end(code: number): void {
    if (this.#stopping !== null) return
    this.#window.remember()
    this.#stopping = this.#stop(code)
    void this.#stopping.then((exitCode) => app.exit(exitCode))
  }

  /** Stops all that runs, within the deadline. Resolves with the exit code and never rejects. */
  async #stop(code: number): Promise<number> {
    const late = new AbortController()
    try {
      this.#port?.close()
      const stopped = stopAll(this.#running).then(() => true)
      const deadline = this.#clock.sleep(stopDeadlineMs, { signal: late.signal }).then(
        () => false,
        () => false,
      )
      if (await Promise.race([stopped, deadline])) return code
      this.#log.error({ deadlineMs: stopDeadlineMs }, 'the peer did not stop in time; ending anyway')
      return 1
    } catch (error) {
      this.#log.error({ err: error }, 'the peer did not stop cleanly')
      return 1
    } finally {
      late.abort()
    }
  }
}
