import { app, dialog, Menu, shell, type BrowserWindow, type MenuItemConstructorOptions } from 'electron'
import type { Log } from '../../base/log.ts'
import { shareDropped, type ShareTarget } from './share-drop.ts'

export interface MenuDeps {
  readonly window: () => BrowserWindow | null
  readonly show: (hash?: string) => void
  readonly target: ShareTarget
  readonly shareDir: () => string
  readonly log: Log
}

const pages = [
  ['Fleet', '#/fleet'],
  ['Logs', '#/logs'],
  ['Network', '#/network'],
  ['Settings', '#/settings'],
] as const

const manual = 'https://github.com/duckietown'

/** Files or folders: only a Mac's dialog could offer both at once. */
async function chooseAndShare(deps: MenuDeps, what: 'openFile' | 'openDirectory'): Promise<void> {
  const title = what === 'openFile' ? 'Share files' : 'Share a folder'
  const options = { title, properties: [what, 'multiSelections' as const] }
  const window = deps.window()
  const asked = window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options)
  const { canceled, filePaths } = await asked
  if (canceled || filePaths.length === 0) return
  deps.show('#/logs')
  const { rejected } = await shareDropped(deps.target, filePaths)
  if (rejected.length === 0) return
  await dialog.showMessageBox({
    type: 'warning',
    message: rejected.length === 1 ? 'A file was not shared' : `${rejected.length} files were not shared`,
    detail: rejected
      .slice(0, 10)
      .map(({ name, reason }) => `${name}: ${reason}`)
      .join('\n'),
  })
}

/** The app's menu, as the platform expects it. */
export function menuTemplate(deps: MenuDeps, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const warn = (error: unknown) => deps.log.warn({ err: error }, 'a menu entry failed')
  const mac = platform === 'darwin'
  return [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        {
          label: 'Share Files…',
          accelerator: 'CmdOrCtrl+O',
          click: () => void chooseAndShare(deps, 'openFile').catch(warn),
        },
        {
          label: 'Share a Folder…',
          accelerator: 'CmdOrCtrl+Shift+O',
          click: () => void chooseAndShare(deps, 'openDirectory').catch(warn),
        },
        { label: 'Open Share Folder', click: () => void shell.openPath(deps.shareDir()).catch(warn) },
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        ...pages.map(([label, hash], index) => ({
          label,
          accelerator: `CmdOrCtrl+${index + 1}`,
          click: () => deps.show(hash),
        })),
        { type: 'separator' },
        { role: 'reload' },
        { role: 'toggleDevTools' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        { label: 'Duckietown on GitHub', click: () => void shell.openExternal(manual).catch(warn) },
        ...(mac ? [] : [{ label: 'About dt-swarm', click: () => app.showAboutPanel() }]),
      ],
    },
  ]
}

export function setMenu(deps: MenuDeps): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(deps, process.platform)))
}
