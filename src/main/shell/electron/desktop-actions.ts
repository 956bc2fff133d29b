import { dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import { basename, join } from 'node:path'
import type { LabControl, ShellActions } from '../api/shell-actions.ts'

export interface DesktopActionDeps {
  readonly window: () => BrowserWindow | null
  readonly downloadDir: () => string
  readonly lab: LabControl | null
  readonly web: () => string | null
  readonly join: ShellActions['join']
}

/** What the desktop adds to a peer: native dialogs and the file manager. */
export function desktopActions(deps: DesktopActionDeps): ShellActions {
  return {
    can: { openFolder: true, choosePlace: true, lab: deps.lab !== null, join: true },
    web: deps.web,
    lab: deps.lab,
    join: deps.join,
    askSavePlace: async (name) => {
      // The name is another peer's: only its last part, and the person sees and confirms where it goes.
      const options = { title: 'Save log', defaultPath: join(deps.downloadDir(), basename(name.replaceAll('\\', '/'))) }
      const window = deps.window()
      const asked = window === null ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options)
      const { canceled, filePath } = await asked
      return canceled || filePath === '' ? null : filePath
    },
    askFolder: async (title) => {
      const options: OpenDialogOptions = { title, properties: ['openDirectory', 'createDirectory'] }
      const window = deps.window()
      const asked = window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options)
      const { canceled, filePaths } = await asked
      return canceled ? null : (filePaths[0] ?? null)
    },
    showInFolder: (path) => shell.showItemInFolder(path),
  }
}
