import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodePath, root, toolEnv } from './ready.mjs'

/** Path of Electron's executable if it is on this machine already. */
export function electronRuntime() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(root, 'node_modules', 'electron', 'dist')
  const pathFile = join(root, 'node_modules', 'electron', 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron'
  const file = join(folder, name)
  return existsSync(file) ? file : null
}

/**
 * Whether the desktop app can open here: its executable, or the reason (a clause for people) why not.
 * Electron's runtime is not part of its npm package; it is downloaded at the first start where a window could open.
 */
export function desktop({ download = true } = {}) {
  const linux = process.platform === 'linux'
  if (linux && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return { reason: 'there is no display' }
  if (linux && process.getuid?.() === 0) return { reason: 'Electron does not run as root' }
  let file = electronRuntime()
  if (file === null && download && !process.env.ELECTRON_SKIP_BINARY_DOWNLOAD) {
    console.error('dt-swarm: getting the Electron runtime (once) …')
    spawnSync(nodePath(), [join(root, 'node_modules', 'electron', 'install.js')], {
      env: toolEnv(),
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: 300_000,
    })
    file = electronRuntime()
  }
  return file === null ? { reason: "Electron's runtime is not on this machine" } : { file }
}
