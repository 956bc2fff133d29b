import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/main/base/clock.ts'
import { Counters } from '../src/main/base/counters.ts'
import { silentLog } from '../src/main/base/log.ts'
import { keyOfPeerId } from '../src/main/model/peer-key.ts'
import { recordDigest } from '../src/main/model/record-id.ts'
import type { SignedRecord } from '../src/main/model/record.ts'
import { evaluateTrust } from '../src/main/model/trust-evaluate.ts'
import { TrustRoom } from '../src/main/store/trust-room.ts'
import { BucketTally } from '../src/main/store/bucket-tally.ts'
import { Database } from '../src/main/store/database.ts'
import { identityOfSeed } from '../src/main/store/identity-store.ts'
import { RecordBook } from '../src/main/store/record-book.ts'
import { trustedSwarm, type TrustedSwarm } from '../src/main/store/testing/trusted.ts'
import { RecordChanges } from '../src/main/store/record-changes.ts'
import type { DoorView } from '../src/main/store/record-door.ts'
import { RecordStore } from '../src/main/store/record-store.ts'
import { makeRecords } from './ingest-records.ts'

/**
 * How fast are records kept, against bare node:sqlite with the same tables, indexes and transactions, which checks,
 * counts and tells nothing? Both write by turns in one process, so that whatever else the machine does hits both.
 * And how long is a whole bucket read, and the loop held up? `node bench/store.ts [--rows 1000000] [--batch 500]`
 */
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, batch: { type: 'string', default: '500' } },
})
const rows = Number(values.rows)
const batch = Number(values.batch)
const arrival = { via: 'direct', from: null, channel: null, receivedAtMs: Date.now(), hops: 1 } as const
/** Signing a million records takes longer than storing them: they are made slice by slice, outside the measurement. */
const sliceRows = Math.min(rows / 5, 20_000)

const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-bench-'))
try {
  run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function run(): void {
  const components = { clock: systemClock, log: silentLog, counters: new Counters() }
  const home = join(folder, 'home')
  const database = Database.open(components, { home })
  const identity = identityOfSeed(new Uint8Array(32).fill(1))
  const trusted = trustedSwarm([], { root: identity, atMs: Date.now() - 60_000 })
  const store = new RecordStore({ ...components, database })
  const bare = openBare(database)

  const fifths = Array.from({ length: 5 }, () => ({ ours: 0, bare: 0 }))
  const taken = { ours: 0, bare: 0 }
  const grants: SignedRecord[] = []
  for (let from = 0; from < rows; from += sliceRows) {
    const records = makeRecords(sliceRows, trusted.anchor.swarm)
    // A million are more than a bucket's quota: it starts anew with each slice, whose authors are new too.
    const tally = new BucketTally()
    const authors = [...new Set(records.map(({ body }) => body.author))]
    const granted = trustedSwarm(authors, { root: identity, atMs: arrival.receivedAtMs - 60_000 })
    grants.push(...granted.records)
    const view = viewOf(granted)
    for (let at = 0, turn = 0; at < records.length; at += batch, turn++) {
      const part = records.slice(at, at + batch)
      const time = { ours: 0, bare: 0 }
      const works = [
        () => (time.ours = took(() => database.transaction(() => place(store, tally, part, view)))),
        () => (time.bare = took(() => bare.insert(part))),
      ]
      for (const work of turn % 2 === 0 ? works : works.toReversed()) work()
      const fifth = fifths[Math.floor(((from + at) * 5) / rows)]
      for (const name of ['ours', 'bare'] as const) {
        taken[name] += time[name]
        if (fifth !== undefined) fifth[name] += time[name]
      }
    }
  }
  const rate = (ms: number, count = rows): string => Math.round((count / ms) * 1_000).toLocaleString('en')
  const [first, last] = [fifths[0], fifths.at(-1)]
  console.log(`${rows.toLocaleString('en')} records, ${batch} a transaction, Node ${process.version}

bare node:sqlite        ${rate(taken.bare)} /s
record store            ${rate(taken.ours)} /s
record store / bare     ${(taken.bare / taken.ours).toFixed(2)}   (goal 0.7)
last fifth / first      ${((first?.ours ?? 0) / (last?.ours ?? 1)).toFixed(2)}   (goal 0.5 at a million)   bare: ${((first?.bare ?? 0) / (last?.bare ?? 1)).toFixed(2)}
by fifth                ${fifths.map(({ ours }) => rate(ours, rows / 5)).join('  ')} /s`)

  const opened = took(() => {
    database.close()
    const again = Database.open(components, { home })
    new RecordBook({ ...components, database: again, identity, swarm: trusted.swarm() })
    again.close()
  })
  const again = Database.open(components, { home })
  const reader = new RecordBook({ ...components, database: again, identity, swarm: trusted.swarm() })
  reader.merge(grants, arrival)
  let longestMs = 0
  let read = 0
  const pagedMs = took(() => {
    const pages = reader.livePages('files')
    for (let done = false; !done;) {
      const pageMs = took(() => {
        const page = pages.next()
        done = page.done === true
        read += page.value?.length ?? 0
      })
      longestMs = Math.max(longestMs, pageMs)
    }
  })
  const bareMs = took(() => bare.readAll())
  again.close()
  bare.close()
  console.log(`
closed and opened       ${opened.toFixed(0)} ms
${read.toLocaleString('en')} read in pages  ${pagedMs.toFixed(0)} ms, the longest page ${longestMs.toFixed(1)} ms
bare rows, undecoded    ${bareMs.toFixed(0)} ms
pages / bare            ${(pagedMs / bareMs).toFixed(2)}   (time, with decoding)`)
}

/** The same file settings, tables and indexes, taken from ours; nothing but the insert. */
function openBare(ours: Database) {
  const connection = new DatabaseSync(join(folder, 'bare.db'))
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384')
  const schema = ours.connection.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'records' AND sql IS NOT NULL")
  for (const { sql } of schema.all()) connection.exec(String(sql))
  const statement = connection.prepare(
    `INSERT INTO records (bucket, id, author, key, seq, valid_from, valid_until, bytes, signature, attestations, via,
       from_peer, received_at, hops) VALUES (2, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 'direct', NULL, ?, 1)`,
  )
  return {
    insert(records: readonly SignedRecord[]): void {
      connection.exec('BEGIN IMMEDIATE')
      for (const { id, body, bytes, signature } of records) {
        const digest = recordDigest(id) ?? new Uint8Array(0)
        const author = keyOfPeerId(body.author) ?? new Uint8Array(0)
        const { key, seq, validFrom, validUntil } = body
        statement.run(digest, author, key, seq, validFrom, validUntil, bytes, signature, arrival.receivedAtMs)
      }
      connection.exec('COMMIT')
    },
    readAll(): number {
      return connection.prepare('SELECT * FROM records WHERE bucket = 2').all().length
    },
    close: () => connection.close(),
  }
}

/** Who knocks, as the book's door sees it. */
function viewOf({ anchor, records, root }: TrustedSwarm): DoorView {
  const nowMs = arrival.receivedAtMs
  const trust = evaluateTrust({ anchor, records, now: nowMs })
  const room = new TrustRoom({ records: () => records, trust: () => trust, isInvited: () => false })
  const { time } = trust
  return { trust, self: root.peerId, nowMs, time, isSettled: true, timeKnown: true, learning: false, room }
}

/** What `RecordBook.merge` does within its transaction. */
function place(store: RecordStore, tally: BucketTally, records: readonly SignedRecord[], view: DoorView): void {
  const changes = new RecordChanges(store, tally, view)
  for (const record of records) {
    const { kind } = changes.place(record, arrival)
    if (kind !== 'stored') throw new Error(`a record was ${kind}`)
  }
  changes.finish()
}

function took(work: () => unknown): number {
  const startedMs = performance.now()
  work()
  return performance.now() - startedMs
}
