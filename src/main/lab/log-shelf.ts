import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../base/make-folder.ts'
import { recordingPrefix } from './drive-log.ts'

export interface LogShelfInit {
  readonly folder: string
  /** Only files of this robot are ever deleted. */
  readonly robot: string
  /** Default 16: eight drives. */
  readonly maxFiles?: number
  /** Default 64 MiB: fifty robots then stay below 4 GB. */
  readonly maxBytes?: number
}

/** Keeps a robot's share folder bounded: its oldest logs go first. Files of others are left alone. */
export class LogShelf {
  readonly #init: LogShelfInit

  constructor(init: LogShelfInit) {
    this.#init = init
  }

  /** Makes the folder and clears away what a killed robot was recording. */
  async prepare(): Promise<void> {
    const { folder, robot } = this.#init
    await makeFolder(folder)
    for (const name of await readdir(folder)) {
      if (name.startsWith(`${recordingPrefix}${robot}_`)) await rm(join(folder, name), { force: true })
    }
  }

  /** Deletes the oldest logs above the limits. @returns bytes that the robot's logs still hold */
  async tidy(): Promise<number> {
    const { folder, robot, maxFiles = 16, maxBytes = 64 * 1_024 ** 2 } = this.#init
    const logs: { readonly path: string; readonly bytes: number; readonly changedMs: number }[] = []
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${robot}_`) || !/\.(mcap|log)$/.test(name)) continue
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found !== undefined) logs.push({ path, bytes: found.size, changedMs: found.mtimeMs })
    }
    logs.sort((a, b) => b.changedMs - a.changedMs)
    let bytes = 0
    for (const [index, log] of logs.entries()) {
      if (index < maxFiles && bytes + log.bytes <= maxBytes) bytes += log.bytes
      else await rm(log.path, { force: true })
    }
    return bytes
  }
}
