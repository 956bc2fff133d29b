import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmError } from '../../shared/errors.ts'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { Database } from './database.ts'
import { identityOfSeed, openIdentity } from './identity-store.ts'
import { MetricStore } from './metric-store.ts'
import { RecordBook } from './record-book.ts'
import { trustedSwarm } from './testing/trusted.ts'

const identity = identityOfSeed(new Uint8Array(32).fill(1))
const clock = new FakeClock()
let home: string
let counters: Counters
const opened: Database[] = []

function open(maxPages?: number): Database {
  const init = maxPages === undefined ? { home } : { home, maxPages }
  const database = Database.open({ clock, log: silentLog, counters }, init)
  opened.push(database)
  return database
}

const bookOf = (database: Database) =>
  new RecordBook({
    clock,
    log: silentLog,
    counters,
    database,
    identity,
    swarm: trustedSwarm([], { root: identity }).swarm(),
  })

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-db-'))
  counters = new Counters()
})

afterEach(() => {
  for (const database of opened.splice(0)) database.close()
  rmSync(home, { recursive: true, force: true })
})

function codeOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error instanceof SwarmError ? error.code : error
  }
  return undefined
}

describe('a home', () => {
  it('belongs to one at a time, who is named', () => {
    const first = open()
    expect(codeOf(() => open())).toBe('HOME_IN_USE')
    expect(() => open()).toThrow(/This process already runs a peer in .*--home/)
    first.close()
    expect(codeOf(() => open())).toBeUndefined()
  })

  it('is refused to another process too', () => {
    open()
    const script = `
      const { DatabaseSync } = require('node:sqlite')
      try { new DatabaseSync(${JSON.stringify(join(home, 'lock'))}, { timeout: 0 }).exec('BEGIN EXCLUSIVE') }
      catch (error) { process.stdout.write(String(error.errcode)) }`
    expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout).toBe('5')
  })
})

describe('a damaged database', () => {
  it.each([
    [
      'overwritten',
      (path: string) => writeFileSync(path, 'this is no database, and long enough to be read as one'.repeat(20)),
    ],
    ['cut', (path: string) => truncateSync(path, 5_000)],
    [
      'scribbled over',
      (path: string) => {
        const bytes = readFileSync(path)
        bytes.fill(0xa5, 4_096, bytes.length - 4_096)
        writeFileSync(path, bytes)
      },
    ],
  ])('that was %s is moved aside, counted, and a fresh one begun', (_, damage) => {
    const before = open()
    const book = bookOf(before)
    for (let i = 0; i < 50; i++) book.author({ bucket: 'files', key: `${i}`, value: {}, validForMs: 1_000 })
    before.close()
    damage(join(home, 'swarm.db'))
    const after = bookOf(open())
    expect(after.live('files')).toEqual([])
    expect(after.author({ bucket: 'files', key: 'a', value: {}, validForMs: 1_000 }).record.body.seq).toBe(1)
    expect(readdirSync(home).filter((name) => name.startsWith('swarm.db.corrupt-'))).toHaveLength(1)
    expect(counters.get('store.moved-aside:corrupt')).toBe(1)
  })
})

describe('a large database', () => {
  const unchecked = { clock, log: silentLog }
  const openLarge = (folder: string): Database => {
    const database = Database.open({ ...unchecked, counters }, { home: folder, alwaysCheckBytes: 0 })
    opened.push(database)
    return database
  }
  /** Its pages but the first ten and the last: what is needed to open it stays. */
  const damage = (path: string): void => {
    const bytes = readFileSync(path)
    bytes.fill(0xa5, 40_960, bytes.length - 4_096)
    writeFileSync(path, bytes)
  }
  const fill = (database: Database): void => {
    const book = bookOf(database)
    for (let i = 0; i < 300; i++) book.author({ bucket: 'files', key: `${i}`, value: { i }, validForMs: 1_000 })
  }
  const asideIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('swarm.db.corrupt-'))

  it('that was closed is opened unread; damage that a query meets leads to a fresh one at the next start', () => {
    const before = openLarge(home)
    fill(before)
    before.close()
    damage(join(home, 'swarm.db'))
    const damaged = openLarge(home)
    expect(asideIn(home)).toEqual([])
    expect(codeOf(() => bookOf(damaged).live('files'))).toBe('DATABASE_CORRUPT')
    expect(counters.get('store.failed:corrupt')).toBe(1)
    damaged.close()
    expect(bookOf(openLarge(home)).live('files')).toEqual([])
    expect(asideIn(home).some((name) => name.endsWith('-damaged'))).toBe(true)
    expect(counters.get('store.moved-aside:corrupt')).toBe(1)
    for (const database of opened.splice(0)) database.close()
    openLarge(home)
    expect(counters.get('store.moved-aside:corrupt')).toBe(1)
  })

  it('whose process died is checked', () => {
    const before = openLarge(home)
    fill(before)
    before.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const killed = mkdtempSync(join(tmpdir(), 'dt-swarm-killed-'))
    try {
      for (const name of ['swarm.db', 'swarm.db-wal']) copyFileSync(join(home, name), join(killed, name))
      damage(join(killed, 'swarm.db'))
      openLarge(killed).close()
      expect(asideIn(killed).length).toBeGreaterThan(0)
    } finally {
      rmSync(killed, { recursive: true, force: true })
    }
  })
})

describe('a full disk', () => {
  it('is an error with a remedy, and leaves what was there', () => {
    const database = open(64)
    const book = bookOf(database)
    const value = { x: 'y'.repeat(8_000) }
    const kept: string[] = []
    const code = codeOf(() => {
      for (let i = 0; i < 100; i++) {
        kept.push(book.author({ bucket: 'files', key: `${i}`, value, validForMs: 1_000 }).record.id)
      }
    })
    expect(code).toBe('DISK_FULL')
    expect(kept.length).toBeGreaterThan(2)
    expect(book.live('files').map(({ record }) => record.id)).toEqual(kept)
    expect(book.counts().find(({ bucket }) => bucket === 'files')?.records).toBe(kept.length)
  })
})

it('of an earlier release is brought up to date, with all that it held', () => {
  const before = open()
  const book = bookOf(before)
  const { record } = book.author({ bucket: 'files', key: 'log', value: {}, validForMs: 60_000 })
  // As the second schema was.
  before.connection
    .exec(`DROP TABLE swarm; DROP TABLE buried; DROP INDEX records_attested; ALTER TABLE records DROP COLUMN channel;
    PRAGMA user_version = 2`)
  before.close()
  const after = bookOf(open())
  expect(after.live('files').map((stored) => [stored.record.id, stored.arrival.channel])).toEqual([[record.id, null]])
  after.attest(record.id, 'dismiss')
  expect(after.live('files')).toEqual([])
})

describe('an identity', () => {
  it('is made once, for its owner only', () => {
    const made = openIdentity({ home })
    expect(openIdentity({ home }).peerId).toBe(made.peerId)
    expect(statSync(join(home, 'identity.json')).mode & 0o777).toBe(0o600)
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })

  it('that is damaged is refused, never overwritten', () => {
    openIdentity({ home })
    const path = join(home, 'identity.json')
    const damaged = readFileSync(path, 'utf8').slice(0, 40)
    writeFileSync(path, damaged)
    expect(codeOf(() => openIdentity({ home }))).toBe('IDENTITY_UNREADABLE')
    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })

  it('is wrapped when the system can, and then not read without it', () => {
    const turn = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a)
    const protector = { protect: turn, unprotect: turn }
    const made = openIdentity({ home, protector })
    expect(made.protection).toBe('system')
    expect(readFileSync(join(home, 'identity.json'), 'utf8')).not.toContain(Buffer.from(made.seed).toString('base64'))
    expect(openIdentity({ home, protector }).peerId).toBe(made.peerId)
    expect(codeOf(() => openIdentity({ home }))).toBe('IDENTITY_UNREADABLE')
  })
})

describe('health over time', () => {
  it('comes back as min, mean and max, before and after it was rolled up', () => {
    const metrics = new MetricStore({ database: open(), clock }, { fullForMs: 0 })
    const fromMs = Math.floor(clock.now() / 60_000) * 60_000 - 600_000
    for (let i = 0; i < 300; i++) metrics.append(identity.peerId, fromMs + i * 2_000, { cpuPercent: i % 30 })
    const ask = {
      peer: identity.peerId,
      metrics: ['cpuPercent'] as const,
      fromMs,
      toMs: fromMs + 600_000,
      maxPoints: 10,
    }
    const full = metrics.history(ask)
    expect(full.series[0]?.points).toHaveLength(10)
    expect(full.series[0]?.points[0]).toEqual({ atMs: fromMs, min: 0, avg: 14.5, max: 29 })
    expect(metrics.latest(identity.peerId)).toEqual({ atMs: fromMs + 598_000, values: { cpuPercent: 29 } })
    expect(metrics.sweep()).toEqual({ rolledUp: 300, dropped: 0 })
    expect(metrics.history(ask)).toEqual(full)
    expect(codeOf(() => metrics.history({ ...ask, toMs: fromMs }))).toBe('INVALID_INPUT')
  })

  it('keeps to its size', () => {
    const metrics = new MetricStore({ database: open(), clock }, { maxSamples: 100, maxMinutes: 5 })
    const fromMs = clock.now() - 1_200_000
    for (let i = 0; i < 600; i++) metrics.append(identity.peerId, fromMs + i * 2_000, { load1: i })
    metrics.sweep()
    const { series } = metrics.history({
      peer: identity.peerId,
      metrics: ['load1'],
      fromMs,
      toMs: clock.now(),
      maxPoints: 1_000,
    })
    expect(series[0]?.points.length).toBeLessThanOrEqual(105)
    expect(series[0]?.points.at(-1)?.max).toBe(599)
  })
})
