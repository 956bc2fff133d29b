import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import { noteDamage, openDatabaseFile } from './database-file.ts'
import { HomeLock } from './home-lock.ts'
import { isCorruption, storeError } from './store-error.ts'

export interface DatabaseComponents {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

export interface DatabaseInit {
  /** The peer's folder; made, mode 0700, when it is not there. */
  readonly home: string
  /** Most pages (4 KiB) the file may grow to; default none. Past it writes fail as on a full disk. */
  readonly maxPages?: number
  /**
   * A file up to this size is checked whole at every start, a larger one only after it was not closed in order.
   * Default 32 MiB: some 80,000 records.
   */
  readonly alwaysCheckBytes?: number
}

/**
 * The peer's SQLite database `<home>/swarm.db`: one writer, WAL. A transaction that returned survives the death
 * of the process at any moment (`kill -9`). When the power fails, the last seconds may be lost but nothing is damaged:
 * synchronous = NORMAL does not wait for the card at each commit, because that would wear it out and stall the
 * peer for tens of milliseconds; what is lost comes back from the swarm.
 */
export class Database {
  readonly home: string
  readonly #components: DatabaseComponents
  readonly #connection: DatabaseSync
  readonly #lock: HomeLock
  #depth = 0
  #open = true

  private constructor(home: string, components: DatabaseComponents, connection: DatabaseSync, lock: HomeLock) {
    this.home = home
    this.#components = components
    this.#connection = connection
    this.#lock = lock
  }

  /**
   * Opens or makes the database. A damaged one is moved aside (never deleted), counted, and a fresh one is begun.
   * Throws HOME_IN_USE when another process has this home, PERMISSION_DENIED or DISK_FULL when the machine refuses.
   */
  static open(components: DatabaseComponents, init: DatabaseInit): Database {
    const { home, alwaysCheckBytes = 32 * 1_024 * 1_024 } = init
    const path = join(home, 'swarm.db')
    try {
      makeFolderSync(home, { mode: 0o700 })
      chmodSync(home, 0o700)
    } catch (error) {
      throw storeError(error, home)
    }
    const lock = HomeLock.take(home)
    try {
      return new Database(home, components, openDatabaseFile(components, { ...init, path, alwaysCheckBytes }), lock)
    } catch (error) {
      lock.release()
      throw storeError(error, path)
    }
  }

  /** For the stores: statements are prepared once and used inside `transaction` or alone. */
  get connection(): DatabaseSync {
    return this.#connection
  }

  /**
   * Runs `work` as one transaction: all of it or, when it throws, nothing. Inside another it joins that one.
   * A full disk throws DISK_FULL; what was there before is intact.
   */
  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work()
    try {
      this.#connection.exec('BEGIN IMMEDIATE')
      this.#depth++
      try {
        const result = work()
        this.#connection.exec('COMMIT')
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
        throw error
      } finally {
        this.#depth--
      }
    } catch (error) {
      throw this.#describe(error)
    }
  }

  /** Runs a reading `work`, turning SQLite's errors into ours. */
  read<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw this.#describe(error)
    }
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Closes the database and gives the home free. Idempotent. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    try {
      this.#connection.close()
    } finally {
      this.#lock.release()
    }
  }

  #describe(error: unknown): unknown {
    const path = join(this.home, 'swarm.db')
    if (isCorruption(error)) {
      this.#components.counters.add('store.failed:corrupt')
      noteDamage(path, error)
    }
    return storeError(error, path)
  }
}
