import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SwarmError } from '../../shared/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { migrate } from './schema.ts'
import { isCorruption } from './store-error.ts'

export interface DatabaseFileInit {
  readonly path: string
  readonly maxPages?: number
  readonly alwaysCheckBytes: number
}

/**
 * Opens the file, or moves a damaged one aside and begins a fresh one. The whole file is checked when it is small or
 * was not closed in order; a large one that was closed is opened at once. Damage found later by a query is noted by
 * `noteDamage`, and the file moved aside at the next start.
 */
export function openDatabaseFile(
  components: { readonly clock: Clock; readonly log: Log; readonly counters: Counters },
  init: DatabaseFileInit,
): DatabaseSync {
  const { path } = init
  try {
    if (existsSync(noteOf(path))) throw new SwarmError('DATABASE_CORRUPT', `${path} was found damaged by the last run`)
    return openChecked(init)
  } catch (error) {
    if (!isCorruption(error)) throw error
    const stamp = new Date(components.clock.now()).toISOString().replaceAll(':', '-')
    const aside = `${path}.corrupt-${stamp}-${randomUUID().slice(0, 8)}`
    // The note last: when this is cut short, the next start finds it and goes on.
    for (const suffix of ['', '-wal', '-shm']) moveAside(path + suffix, aside + suffix)
    moveAside(noteOf(path), noteOf(aside))
    components.counters.add('store.moved-aside:corrupt')
    components.log.error(
      { path, aside, cause: (error as Error).message },
      'The database is damaged. It was moved aside and a fresh one begun; records come back from the swarm.',
    )
    return openChecked(init)
  }
}

/** Remembers, beside the file, that SQLite found it damaged. Never throws: the damage itself is what is told. */
export function noteDamage(path: string, error: unknown): void {
  try {
    writeFileSync(noteOf(path), `${error instanceof Error ? error.message : String(error)}\n`, { mode: 0o600 })
  } catch {
    // A disk that takes no note either: then the next start has to find the damage by itself.
  }
}

function noteOf(path: string): string {
  return `${path}-damaged`
}

function openChecked({ path, maxPages, alwaysCheckBytes }: DatabaseFileInit): DatabaseSync {
  // SQLite takes its log away when it closes: one that is there is of a process that died, or of a power cut.
  const wasCutShort = existsSync(`${path}-wal`)
  const connection = new DatabaseSync(path, { timeout: 5_000 })
  try {
    chmodSync(path, 0o600)
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
    // 16 MiB of cache: the indexes of 100,000 records stay in memory.
    connection.exec('PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 33554432; PRAGMA temp_store = MEMORY')
    if (wasCutShort || statSync(path).size <= alwaysCheckBytes) {
      const check = connection.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined
      if (check?.quick_check !== 'ok') {
        throw new SwarmError('DATABASE_CORRUPT', `${path} fails SQLite's check: ${check?.quick_check ?? 'no answer'}`)
      }
    }
    migrate(connection)
    if (maxPages !== undefined) connection.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function moveAside(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
