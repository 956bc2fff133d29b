import { Menu, nativeImage, Tray } from 'electron'
import type { SystemStatusView } from '../../../shared/views.ts'
import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { statusLine } from './status-line.ts'

/** Nobody reads a tray more often, and each change makes the desktop draw its panel anew. */
const refreshMs = 5_000

export interface TrayDeps {
  readonly clock: Clock
  readonly status: () => SystemStatusView
  readonly show: () => void
  readonly quit: () => void
}

/** The icon in the system's tray: the swarm's health in one line, show, quit. */
export class AppTray implements Startable {
  readonly #deps: TrayDeps
  readonly #iconFile: string
  #tray: Tray | null = null
  #abort = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #line = ''

  constructor(deps: TrayDeps, init: { readonly iconFile: string }) {
    this.#deps = deps
    this.#iconFile = init.iconFile
  }

  async start(): Promise<void> {
    if (this.#tray !== null) return
    this.#abort = new AbortController()
    this.#tray = new Tray(nativeImage.createFromPath(this.#iconFile))
    this.#tray.on('click', this.#deps.show)
    this.#loop = this.#refresh(this.#abort.signal)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#tray?.destroy()
    this.#tray = null
    this.#line = ''
    await this.#loop
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        this.#draw()
        await this.#deps.clock.sleep(refreshMs, { signal })
      }
    } catch (error) {
      if (!isAbort(error)) throw error
    }
  }

  #draw(): void {
    const line = statusLine(this.#deps.status())
    if (line === this.#line) return
    this.#line = line
    this.#tray?.setToolTip(`dt-swarm: ${line}`)
    this.#tray?.setContextMenu(
      Menu.buildFromTemplate([
        { label: line, enabled: false },
        { type: 'separator' },
        { label: 'Show dt-swarm', click: this.#deps.show },
        { label: 'Quit', click: this.#deps.quit },
      ]),
    )
  }
}
