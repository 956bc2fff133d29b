import { app, dialog } from 'electron'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entryUrl } from '../../base/entry.ts'
import { createLog } from '../../base/log.ts'
import { makeFolderSync } from '../../base/make-folder.ts'
import { programVersion } from '../cli/version.ts'
import { registerAppScheme } from './app-protocol.ts'
import type { DesktopParts } from './desktop-peer.ts'
import { Desktop } from './desktop.ts'
import { failureText } from './failure.ts'
import { clickedLink, openInvitesWithThisApp } from './invite-link.ts'
import { parseOptions } from './options.ts'

/** Windows names notifications and taskbar groups by it. */
const appId = 'org.duckietown.dt-swarm'

function placeOf(path: string): string {
  return fileURLToPath(new URL(path, entryUrl('index.ts')))
}

/**
 * Runs the desktop app; ends the process when it is over. A second start with the same home only brings the first
 * one's window to the front. Must be called while the entry module is evaluated: Electron wants schemes, paths and
 * the lock before its `ready` event.
 */
export function runDesktop(load: () => Promise<DesktopParts>): void {
  registerAppScheme()
  app.setName('dt-swarm')
  app.setAppUserModelId(appId)
  try {
    // Run by Electron's own executable, the first argument is our script.
    const args = process.argv.slice(app.isPackaged ? 1 : 2)
    const options = parseOptions(args, process.env)
    makeFolderSync(options.home, { mode: 0o700 })
    // Chromium's own files, and with them the lock: one app for each home.
    app.setPath('userData', join(options.home, 'desktop'))
    // The one that runs is told the arguments, and with them a clicked invite.
    if (!app.requestSingleInstanceLock()) return app.exit(0)
    openInvitesWithThisApp(process.platform)
    const log = createLog(options.logLevel)
    const desktop = new Desktop(
      { log },
      {
        options,
        version: programVersion(),
        rendererDir: placeOf('../renderer'),
        preloadFile: placeOf('../preload/index.cjs'),
        iconDir: placeOf('../../resources/icons'),
        link: clickedLink(args),
        load,
      },
    )
    process.on('uncaughtException', (error) => desktop.fail('dt-swarm must stop', error))
    // A promise that nobody awaited leaves the rest of the peer as it was: it is a fault to mend, not to die of.
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure that nobody handled'))
    void desktop.start()
  } catch (error) {
    dialog.showErrorBox('dt-swarm cannot start', failureText(error))
    app.exit(2)
  }
}
