import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { recordIdOf } from '../model/record-id.ts'
import { Database } from './database.ts'
import { claimDatabase, mustBeUnclaimed, swarmOfDatabase } from './swarm-claim.ts'

const [one, other] = ['one', 'other'].map((text) => recordIdOf(Buffer.from(text))) as [
  ReturnType<typeof recordIdOf>,
  ReturnType<typeof recordIdOf>,
]
let home: string
let database: Database

const open = (): Database =>
  Database.open({ clock: new FakeClock(), log: silentLog, counters: new Counters() }, { home })

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-claim-'))
  database = open()
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

test('a database is of the first swarm it was used in, also after a restart', () => {
  expect(swarmOfDatabase(database)).toBeNull()
  expect(() => mustBeUnclaimed(database)).not.toThrow()
  claimDatabase(database, one)
  claimDatabase(database, one)
  database.close()
  database = open()
  expect(swarmOfDatabase(database)).toBe(one)
})

test('it is used with no other, and no swarm is founded beside it; what to do is told', () => {
  claimDatabase(database, one)
  expect(() => claimDatabase(database, other)).toThrow(
    expect.objectContaining({ code: 'SWARM_UNREADABLE', message: expect.stringContaining('swarm.db away') as string }),
  )
  expect(() => mustBeUnclaimed(database)).toThrow(
    expect.objectContaining({ code: 'SWARM_UNREADABLE', message: expect.stringContaining('Restore it') as string }),
  )
  expect(swarmOfDatabase(database)).toBe(one)
})
