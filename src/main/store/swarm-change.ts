import { randomUUID } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import { HomeLock } from './home-lock.ts'
import { storeError } from './store-error.ts'
import { readSwarm, swarmPath, writeSwarm, type SwarmFile } from './swarm-file.ts'

/** Databases of swarms that were left, kept in case somebody regrets it; each is as large as it was. */
const maxLeftDatabases = 4
/** Their `swarm.json`, of some 1 kB: with it and the identity a swarm of one can be taken up again. */
const maxLeftFiles = 64

/** What belongs to one swarm: the database with its log, and the note that it was damaged; the invites made for it. */
const filesOfSwarm = ['swarm.db', 'swarm.db-wal', 'swarm.db-shm', 'swarm.db-damaged', 'invites.json'] as const

/** A home that was moved to another swarm. */
export interface SwarmChange {
  /** The swarm that was left; undefined when the home had none. */
  readonly before: SwarmFile | undefined
  /** Back to the swarm that was left, as if nothing had been. What the new one has brought is lost. */
  undo(): void
}

/**
 * Moves a home, in which no peer runs, to another swarm: records belong to one swarm, so the database goes to
 * `<home>/left/` with the invites and a copy of `swarm.json`, and a new one begins. In the same swarm the database stays, and so does
 * what is newer: the root believed, and the time seen.
 * @throws SwarmError HOME_IN_USE, SWARM_UNREADABLE, DISK_FULL, PERMISSION_DENIED; then nothing has changed
 */
export function changeSwarm(
  home: string,
  next: SwarmFile,
  deps: { readonly clock: Clock; readonly log: Log },
): SwarmChange {
  try {
    makeFolderSync(home, { mode: 0o700 })
  } catch (error) {
    throw storeError(error, home)
  }
  return locked(home, () => {
    const before = readSwarm(home)
    if (before?.anchor.swarm === next.anchor.swarm) {
      writeSwarm(home, merged(before, next))
      return { before, undo: () => locked(home, () => writeSwarm(home, before)) }
    }
    const end = before?.anchor.swarm.slice(-8) ?? 'before'
    const stamp = new Date(deps.clock.now()).toISOString().replaceAll(/[:.]/g, '-')
    const left = join(home, 'left', `${end}-${stamp}-${randomUUID().slice(0, 4)}`)
    const moved: (readonly [from: string, to: string])[] = []
    const back = (): void => {
      for (const [from, to] of moved.toReversed()) {
        rmSync(from, { force: true })
        renameSync(to, from)
      }
      if (before === undefined) rmSync(swarmPath(home), { force: true })
      else writeSwarm(home, before)
    }
    try {
      makeFolderSync(join(home, 'left'), { mode: 0o700 })
      if (before !== undefined) {
        copyFileSync(swarmPath(home), `${left}.json`)
        chmodSync(`${left}.json`, 0o600)
      }
      // The database first: a power cut between the two leaves the old swarm with nothing in it, which comes back from
      // the others, and never two swarms in one database.
      for (const name of filesOfSwarm) {
        const [from, to] = [join(home, name), left + endOf(name)]
        if (!existsSync(from)) continue
        renameSync(from, to)
        moved.push([from, to])
      }
      writeSwarm(home, next)
    } catch (error) {
      back()
      throw storeError(error, home)
    }
    prune(join(home, 'left'), deps.log)
    return {
      before,
      undo: () =>
        locked(home, () => {
          for (const name of filesOfSwarm) rmSync(join(home, name), { force: true })
          back()
          rmSync(`${left}.json`, { force: true })
        }),
    }
  })
}

/**
 * The invite is for a swarm that one is in. Anybody can write a link that names it, so the network key stays, and with a
 * root that is believed already also what is believed: it goes on by signatures alone.
 */
function merged(before: SwarmFile, next: SwarmFile): SwarmFile {
  if (before.rootRecord !== null) return { ...before, bootstrap: next.bootstrap, ask: next.ask }
  const older = next.anchor.rootVersion <= before.anchor.rootVersion
  return {
    ...next,
    ...(older ? { anchor: before.anchor, name: before.name } : {}),
    networkKey: before.networkKey,
    rootRecord: null,
    lastTimeMs: Math.max(before.lastTimeMs, next.lastTimeMs),
  }
}

function locked<Result>(home: string, work: () => Result): Result {
  const lock = HomeLock.take(home)
  try {
    return work()
  } finally {
    lock.release()
  }
}

/** Takes away what was left longest ago. Names begin with the end of a swarm's id and go on with the time. */
function prune(folder: string, log: Log): void {
  const left = readdirSync(folder)
    .map((name) => ({ name, at: /-(\d{4}-\d\d-\d\dT[\d-]+Z)-/.exec(name)?.[1] ?? '' }))
    .filter(({ at }) => at !== '')
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  const databases = new Set(left.filter(({ name }) => name.endsWith('.db')).map(({ at }) => at))
  const kept = new Set([...databases].slice(-maxLeftDatabases))
  const files = left.filter(({ name }) => name.endsWith('.json'))
  const gone = [
    ...left.filter(({ name, at }) => !name.endsWith('.json') && !kept.has(at)),
    ...files.slice(0, -maxLeftFiles),
  ]
  for (const { name } of gone) {
    log.info({ folder, name }, 'what is kept of a swarm that was left long ago is taken away')
    rmSync(join(folder, name), { force: true })
  }
}

/** "swarm.db-wal" is left as "NAME.db-wal", "invites.json" as "NAME.invites.json". */
function endOf(name: (typeof filesOfSwarm)[number]): string {
  return name.startsWith('swarm') ? name.slice('swarm'.length) : `.${name}`
}
