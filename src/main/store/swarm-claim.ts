import { join } from 'node:path'
import { SwarmError } from '../../shared/errors.ts'
import type { RecordId } from '../../shared/ids.ts'
import { fingerprintWords } from '../model/trust-words.ts'
import type { Database } from './database.ts'
import { swarmPath } from './swarm-file.ts'

/** Which swarm the records of a database belong to; null for one that was not used yet. */
export function swarmOfDatabase(database: Database): RecordId | null {
  const row = database.read(() => database.connection.prepare('SELECT id FROM swarm LIMIT 1').get())
  return row === undefined ? null : (row['id'] as RecordId)
}

/**
 * A `swarm.json` that is gone while its database is there must not be made anew: the records of one swarm would lie in
 * another's.
 * @throws SwarmError SWARM_UNREADABLE
 */
export function mustBeUnclaimed(database: Database): void {
  const claimed = swarmOfDatabase(database)
  if (claimed === null) return
  const path = swarmPath(database.home)
  throw new SwarmError(
    'SWARM_UNREADABLE',
    `${path}, which says what swarm this peer is in, is missing, and the database beside it is of the swarm ` +
      `${fingerprintWords(claimed)}. Restore it from a backup, or join that swarm with a new invite; to found a new swarm, ` +
      `move ${join(database.home, 'swarm.db')} away too.`,
    { detail: { path, swarm: claimed } },
  )
}

/**
 * Notes in the database which swarm it is of, so that no other `swarm.json` is ever used with it.
 * @throws SwarmError SWARM_UNREADABLE for one that is of another swarm
 */
export function claimDatabase(database: Database, swarm: RecordId): void {
  const claimed = swarmOfDatabase(database)
  if (claimed === swarm) return
  if (claimed === null) {
    database.transaction(() => database.connection.prepare('INSERT INTO swarm (id) VALUES (?)').run(swarm))
    return
  }
  const path = swarmPath(database.home)
  throw new SwarmError(
    'SWARM_UNREADABLE',
    `${path} names the swarm ${fingerprintWords(swarm)}, and the database beside it is of the swarm ` +
      `${fingerprintWords(claimed)}. Restore the file that belongs to the database from a backup, or move ` +
      `${join(database.home, 'swarm.db')} away: its records are of no use in the other swarm.`,
    { detail: { path, swarm, claimed } },
  )
}
