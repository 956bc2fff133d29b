import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { readChunk } from '../model/checkpoint-chunk.ts'
import type { Block } from '../model/checkpoint.ts'
import { keyOfPeerId } from '../model/peer-key.ts'
import { SetSum } from '../model/set-sum.ts'
import type { SignedRecord } from '../model/record.ts'
import { buildParts, type BuiltChunk, type BuiltPart } from './checkpoint-build.ts'
import { Database } from './database.ts'
import { identityOfSeed } from './identity-store.ts'
import { RecordBook } from './record-book.ts'
import { trustedSwarm } from './testing/trusted.ts'
import type { Arrival } from './stored-record.ts'

const identities = [1, 2, 3].map((n) => identityOfSeed(new Uint8Array(32).fill(n)))
const [self, friend, stranger] = identities as [(typeof identities)[0], (typeof identities)[0], (typeof identities)[0]]
const clock = new FakeClock()
const swarm = trustedSwarm([self.peerId, friend.peerId])
const arrival: Arrival = { via: 'direct', from: friend.peerId, channel: null, receivedAtMs: clock.now(), hops: 1 }

interface Shelf {
  readonly home: string
  readonly database: Database
  readonly book: RecordBook
}

const shelves: Shelf[] = []

function open(identity = self): Shelf {
  const home = mkdtempSync(join(tmpdir(), 'dt-swarm-checkpoint-'))
  const basics = { clock, log: silentLog, counters: new Counters() }
  const database = Database.open(basics, { home })
  const book = new RecordBook({ ...basics, database, identity, swarm: swarm.swarm() })
  book.merge(swarm.records, arrival)
  const shelf = { home, database, book }
  shelves.push(shelf)
  return shelf
}

async function build(
  { home }: Shelf,
  known: ReadonlyMap<string, BuiltChunk> = new Map(),
): Promise<{ parts: ReadonlyMap<string, BuiltPart>; blocks: Block[] }> {
  const blocks: Block[] = []
  const authors = [self, friend].map(({ peerId }) =>
    Buffer.from(keyOfPeerId(peerId) ?? [])
      .toString('hex')
      .toUpperCase(),
  )
  const parts = await buildParts(
    { path: join(home, 'swarm.db'), swarm: swarm.anchor.swarm, nowMs: clock.now(), authors: new Set(authors), known },
    async (block) => void blocks.push(block),
  )
  return { parts, blocks }
}

function say({ book }: Shelf, key: string, count: number, bucket: 'files' | 'usage' = 'files'): SignedRecord[] {
  return Array.from(
    { length: count },
    (_, i) => book.author({ bucket, key: `${key}${i}`, value: { i }, validForMs: 3_600_000 }).record,
  )
}

const names = (part: BuiltPart | undefined): string[] => (part?.chunks ?? []).map(({ cid }) => `${cid}`)

let a: Shelf
let b: Shelf
beforeEach(() => {
  a = open()
  b = open(friend)
})
afterEach(() => {
  for (const { home, database } of shelves.splice(0)) {
    database.close()
    rmSync(home, { recursive: true })
  }
})

it('two peers that hold the same make the same chunks, whatever the order in which it came', async () => {
  const said = [...say(a, 'log', 2_500), ...say(a, 'km', 3, 'usage')]
  const attested = a.book.attest(said[7]?.id ?? swarm.anchor.root, 'endorse').record
  b.book.merge(said.toReversed(), arrival)
  const before = await build(b)
  b.book.merge([attested], arrival)
  const [one, other] = [await build(a), await build(b)]
  expect(names(other.parts.get('files'))).toEqual(names(one.parts.get('files')))
  expect(one.parts.get('files')?.chunks.length).toBeGreaterThan(2)
  for (const bucket of ['files', 'usage', 'trust']) {
    expect(other.parts.get(bucket)?.fingerprint).toEqual(one.parts.get(bucket)?.fingerprint)
  }
  // An attestation that one lacks is a difference.
  expect(before.parts.get('files')?.fingerprint).not.toEqual(one.parts.get('files')?.fingerprint)
})

it('chunks are read back as their entries say, and add up to the fingerprint', async () => {
  const said = say(a, 'log', 1_800)
  a.book.attest(said[3]?.id ?? swarm.anchor.root, 'endorse')
  const { parts, blocks } = await build(a)
  const part = parts.get('files')
  const sum = new SetSum()
  const read = (part?.chunks ?? []).flatMap((entry) => {
    const block = blocks.find(({ cid }) => cid.equals(entry.cid))
    const chunk = readChunk('files', entry, block?.bytes ?? new Uint8Array(0), sum)
    if (chunk.kind === 'bad') throw new Error(chunk.problem)
    return chunk.value
  })
  expect(read.map(({ id }) => id).toSorted()).toEqual(said.map(({ id }) => id).toSorted())
  expect(sum.fingerprint()).toEqual(part?.fingerprint)
})

it('only what changed is made again', async () => {
  for (let day = 0; day < 6; day += 1) {
    say(a, `day${day}-`, 400)
    clock.jump(86_400)
  }
  const first = await build(a)
  const known = new Map([...first.parts.values()].flatMap(({ chunks }) => chunks.map((chunk) => [chunk.leaf, chunk])))
  expect((await build(a, known)).blocks).toEqual([])
  say(a, 'late', 1)
  const second = await build(a, known)
  expect(second.blocks.length).toBeLessThanOrEqual(2)
  expect(names(second.parts.get('files'))).toEqual(names((await build(a)).parts.get('files')))
})

it('strangers, what has ended, and announcements of checkpoints stay out', async () => {
  const c = open(stranger)
  const foreign = c.book.author({ bucket: 'machines', key: 'self', value: {}, validForMs: 60_000 }).record
  a.book.merge([foreign], arrival)
  a.book.author({ bucket: 'checkpoints', key: 'latest', value: {}, validForMs: 60_000 })
  a.book.author({ bucket: 'files', key: 'soon over', value: {}, validForMs: 1_000 })
  expect(a.book.get(foreign.id)).toBeDefined()
  clock.jump(2_000)
  const { parts } = await build(a)
  expect([...parts.keys()]).toEqual(['trust'])
  expect(parts.get('trust')?.count).toBe(swarm.records.length)
})
