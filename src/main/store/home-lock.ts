import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SwarmError } from '../../shared/errors.ts'
import { isBusy, isCorruption } from './store-error.ts'

/**
 * One process a home. The lock is SQLite's exclusive lock on an empty file `<home>/lock`: the operating system
 * drops it when its holder dies, however that dies, so there are no stale locks to judge by process numbers
 * that may have been given out again. `<home>/pid` only helps to name the holder.
 */
export class HomeLock {
  readonly #home: string
  readonly #connection: DatabaseSync
  #held = true

  private constructor(home: string, connection: DatabaseSync) {
    this.#home = home
    this.#connection = connection
  }

  /** Throws HOME_IN_USE, naming the holder and the remedy, when another has it. */
  static take(home: string): HomeLock {
    const path = join(home, 'lock')
    try {
      return new HomeLock(home, lockFile(home, path))
    } catch (error) {
      if (isBusy(error)) throw homeInUse(home, error)
      if (!isCorruption(error)) throw error
      // Somebody wrote into it: then it is no lock that anybody holds.
      rmSync(path, { force: true })
      return new HomeLock(home, lockFile(home, path))
    }
  }

  /** Idempotent. */
  release(): void {
    if (!this.#held) return
    this.#held = false
    rmSync(join(this.#home, 'pid'), { force: true })
    this.#connection.close()
  }
}

function lockFile(home: string, path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    connection.exec('BEGIN EXCLUSIVE')
    writeFileSync(join(home, 'pid'), `${process.pid}\n`, { mode: 0o600 })
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function homeInUse(home: string, cause: unknown): SwarmError {
  const pid = readHolder(home)
  const holder = pid === undefined ? 'Another process' : pid === process.pid ? 'This process' : `Process ${pid}`
  return new SwarmError(
    'HOME_IN_USE',
    `${holder} already runs a peer in ${home}. Stop it, or choose another folder with --home.`,
    { cause, detail: pid === undefined ? { home } : { home, pid } },
  )
}

function readHolder(home: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(home, 'pid'), 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
