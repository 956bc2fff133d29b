import type { Bridge } from './bridge/bridge.ts'
import { connectBrowser } from './bridge/browser.ts'
import { connectDesktop, type DesktopWindow } from './bridge/desktop.ts'

declare global {
  interface Window {
    /** There in the desktop app only; see src/preload. */
    readonly dtSwarm?: DesktopWindow
  }
}

/** The line to the peer behind this window, whichever way it goes. Starts dialling at once. */
export function connect(): Bridge {
  return window.dtSwarm === undefined ? connectBrowser() : connectDesktop(window.dtSwarm)
}
