import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { SwarmError } from '../../shared/errors.ts'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { Database } from './database.ts'
import { identityOfSeed } from './identity-store.ts'
import { RecordBook } from './record-book.ts'
import { SettingsStore } from './settings-store.ts'
import { SmallDisks } from './testing/small-disk.ts'
import { trustedSwarm } from './testing/trusted.ts'

const disks = new SmallDisks()

let disk: string
let database: Database | undefined

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'dt-swarm-disk-'))
})

afterEach(() => {
  database?.close()
  disks.unmount()
  rmSync(disk, { recursive: true, force: true })
})

it.skipIf(disks.whyNot !== null)(
  'a full disk is told, keeps what was there, and is left behind when there is room again',
  () => {
    disks.mount(disk, 4)
    const clock = new FakeClock()
    const components = { clock, log: silentLog, counters: new Counters() }
    const identity = identityOfSeed(new Uint8Array(32).fill(1))
    const home = join(disk, 'home')
    const open = () => {
      database = Database.open(components, { home })
      return new RecordBook({ ...components, database, identity, swarm: trustedSwarm([], { root: identity }).swarm() })
    }
    const schema = z.object({ name: z.string() })
    const settings = new SettingsStore(components, {
      path: join(home, 'settings.json'),
      schema,
      defaults: { name: 'a' },
    })
    const book = open()
    settings.update({ name: 'duckie' })
    writeFileSync(join(disk, 'log.bag'), new Uint8Array(2 * 1_024 * 1_024))

    const kept: string[] = []
    const author = (to: RecordBook, i: number) => {
      const draft = { bucket: 'files', key: `${i}`, value: { text: 'y'.repeat(4_000) }, validForMs: 60_000 } as const
      kept.push(to.author(draft).record.id)
    }
    const failure = errorOf(() => {
      for (let i = 0; i < 2_000; i++) author(book, i)
    })
    expect(failure).toBeInstanceOf(SwarmError)
    expect((failure as SwarmError).code).toBe('DISK_FULL')
    expect((failure as SwarmError).message).toMatch(/free some space/)
    expect(kept.length).toBeGreaterThan(50)
    expect(book.live('files').map(({ record }) => record.id)).toEqual(kept)
    // A small file, too, is the old or the new one, never a part, and leaves nothing behind.
    const said = errorOf(() => settings.update({ name: 'x'.repeat(200_000) }))
    expect((said as SwarmError).code).toBe('DISK_FULL')
    expect(settings.get().name).toBe('duckie')
    expect(readdirSync(home).filter((name) => name.endsWith('.tmp'))).toEqual([])

    rmSync(join(disk, 'log.bag'))
    author(book, 5_000)
    settings.update({ name: 'other' })
    database?.close()
    const again = open()
    expect(again.live('files').map(({ record }) => record.id)).toEqual(kept)
    const seqs = again.live('files').map(({ record }) => record.body.seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(again.counts().find(({ bucket }) => bucket === 'files')?.records).toBe(kept.length)
  },
)

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
