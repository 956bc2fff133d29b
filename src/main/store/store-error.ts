import { SwarmError } from '../../shared/errors.ts'

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const sqliteBusy = 5
const sqlitePermissions = [3, 8, 14, 23]
const sqliteCorrupt = 11
const sqliteFull = 13
const sqliteNotADatabase = 26

export function isCorruption(error: unknown): boolean {
  if (error instanceof SwarmError) return error.code === 'DATABASE_CORRUPT'
  const code = sqliteCode(error)
  return code === sqliteCorrupt || code === sqliteNotADatabase
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === sqliteBusy
}

/** Turns what SQLite or the file system says about `path` into our error; what is neither comes back as it is. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof SwarmError) return error
  const sqlite = sqliteCode(error)
  const system = (error as NodeJS.ErrnoException | undefined)?.code
  if (sqlite === sqliteFull || system === 'ENOSPC' || system === 'EDQUOT') {
    return new SwarmError(
      'DISK_FULL',
      `There is no room left to write ${path}. What was saved is intact; free some space and go on.`,
      { cause: error, detail: { path } },
    )
  }
  if (sqlite === sqliteCorrupt || sqlite === sqliteNotADatabase) {
    return new SwarmError(
      'DATABASE_CORRUPT',
      `${path} is damaged. Restart the peer: it moves the file aside and gets its records back from the swarm.`,
      { cause: error, detail: { path } },
    )
  }
  if (sqlitePermissions.includes(sqlite ?? -1) || ['EACCES', 'EPERM', 'EROFS'].includes(system ?? '')) {
    return new SwarmError(
      'PERMISSION_DENIED',
      `${path} cannot be opened or written. Check that this user owns it and that the disk is not read-only.`,
      { cause: error, detail: { path } },
    )
  }
  return error
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  // The low byte of an extended code is the primary one.
  return error.errcode & 0xff
}
