import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { signAttestation } from '../../model/attestation.ts'
import { Database } from '../../store/database.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { RecordBook } from '../../store/record-book.ts'
import { trustedSwarm } from '../../store/testing/trusted.ts'
import { HeliaStore } from './helia-store.ts'
import { ShareBook } from './share-book.ts'
import { ShareCare } from './share-care.ts'
import { ShareIndex } from './share-index.ts'

const dayMs = 24 * 60 * 60_000
const { signal } = new AbortController()
const identity = identityOfSeed(randomBytes(32))
const trusted = trustedSwarm([], { root: identity })
const safety = { copies: 1, aliveCopies: 1, risk: 'low', why: 'only copy' } as const
const nowhere = { held: () => undefined, isKept: () => false, safetyOf: () => safety }

let home: string
let clock: FakeClock
let counters: Counters
let database: Database
let book: RecordBook
let shares: ShareBook
let index: ShareIndex
let store: HeliaStore
let care: ShareCare
let repaired: Cid[]
let fetched: Cid[]
let kept: Set<Cid>
let whenDeleted: 'unshare' | 'keep'

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dt-swarm-care-'))
  clock = new FakeClock()
  counters = new Counters()
  repaired = []
  fetched = []
  kept = new Set()
  whenDeleted = 'unshare'
  const basics = { clock, counters, log: silentLog, random: () => 0.5 }
  database = Database.open(basics, { home })
  book = new RecordBook({ ...basics, database, identity, swarm: trusted.swarm() })
  await open()
})

/** As at the start of a process: what is in memory is made anew. */
async function open(): Promise<void> {
  const basics = { clock, counters, log: silentLog, random: () => 0.5 }
  const exchange = {
    start: async () => {},
    stop: async () => {},
    announce: async () => {},
    request: () => Promise.reject(new Error('nobody is there')),
  }
  const libp2p = (): never => {
    throw new Error('there is no network in this test')
  }
  store = new HeliaStore(
    { ...basics, libp2p, exchange, onCorrupt: () => care.repairSoon() },
    { blocksDir: join(home, 'blocks') },
  )
  await store.start()
  shares = new ShareBook({
    book,
    counters,
    self: identity.peerId,
    nameOf: (peer) => peer,
    isAlive: () => true,
    now: () => clock.now(),
    changed: () => {},
  })
  await shares.start()
  index = new ShareIndex(basics, { path: join(home, 'files.json') })
  await index.load()
  care = new ShareCare({
    whenDeleted: () => whenDeleted,
    isKept: (cid) => kept.has(cid),
    fetchAgain: (cid) => fetched.push(cid),
    ...basics,
    store,
    shares,
    index,
    repaired: (cids) => repaired.push(...cids),
  })
}

async function restart(): Promise<void> {
  await close()
  await open()
  await care.start()
  await settled()
}

async function close(): Promise<void> {
  await care.stop()
  await index.save()
  shares.stop()
  await store.stop()
}

afterEach(async () => {
  await close()
  database.close()
  await rm(home, { recursive: true })
})

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function added(bytes: Uint8Array): Promise<Cid> {
  const { cid, release } = await store.add(once(bytes), { signal })
  release()
  return cid
}

async function share(name: string, bytes = randomBytes(600_000), { linked = false } = {}): Promise<Cid> {
  const cid = await added(bytes)
  const nowMs = clock.now()
  const recordId = shares.share(cid, {
    name,
    sizeBytes: bytes.length,
    mediaType: 'text/plain',
    modifiedAtMs: nowMs,
    sharedAtMs: nowMs,
    simulated: false,
  })
  const facts = { sizeBytes: bytes.length, mtimeMs: 1, cid, recordId, sharedAtMs: nowMs }
  index.setFile(join('/share', name), { ...facts, name, linked })
  index.changed(signal)
  return cid
}

const found = (name: string) => ({ path: join('/share', name), name, sizeBytes: 600_000, mtimeMs: 1 })
const recordsOf = (cid: Cid) => book.live('files', { key: cid })
const horizonOf = (cid: Cid): number => Math.max(...recordsOf(cid).map(({ record }) => record.body.validUntil))

it('a share is signed anew when half of its time is over, and only then', async () => {
  const cid = await share('a.log')
  const untilMs = horizonOf(cid)
  expect(untilMs).toBe(clock.now() + 60 * dayMs)
  await care.start()
  await settled()
  await clock.advance(29 * dayMs)
  expect(horizonOf(cid)).toBe(untilMs)
  await clock.advance(2 * dayMs)
  expect(horizonOf(cid)).toBeGreaterThan(untilMs + 29 * dayMs)
  expect(recordsOf(cid)).toHaveLength(1)
  // The index follows: the next look at the folder finds the record that counts.
  expect(index.files.get('/share/a.log')?.recordId).toBe(recordsOf(cid)[0]?.record.id)
  await clock.advance(300 * dayMs)
  expect(recordsOf(cid)).toHaveLength(1)
  expect(shares.view(cid, nowhere)).toMatchObject({ name: 'a.log' })
})

it('a copy is signed anew too', async () => {
  const cid = await added(randomBytes(1_000))
  index.keepCopy(cid, 1_000)
  shares.copy(cid, 1_000)
  const untilMs = horizonOf(cid)
  await care.start()
  await settled()
  await clock.advance(40 * dayMs)
  expect(horizonOf(cid)).toBeGreaterThan(untilMs)
  expect(recordsOf(cid)).toHaveLength(1)
})

it('a peer that is on for minutes at a time renews at its start', async () => {
  const cid = await share('a.log')
  const untilMs = horizonOf(cid)
  await close()
  await clock.advance(45 * dayMs)
  await open()
  await care.start()
  expect(horizonOf(cid)).toBeGreaterThan(untilMs)
})

it('a share whose record ended while its origin was off is shared again', async () => {
  const cid = await share('a.log')
  await close()
  await clock.advance(61 * dayMs)
  while (book.sweep().more);
  await open()
  expect(index.files.size).toBe(1)
  await care.start()
  await vi.waitFor(() => expect(repaired).toEqual([cid]))
  expect(index.files.size).toBe(0)
})

it('a linked file whose record ended is still known, and to be read anew', async () => {
  const cid = await share('a.log', randomBytes(600_000), { linked: true })
  await close()
  await clock.advance(61 * dayMs)
  while (book.sweep().more);
  await open()
  await care.start()
  await vi.waitFor(() => expect(repaired).toEqual([cid]))
  expect([...index.files.values()]).toMatchObject([{ cid, linked: true, mtimeMs: -1 }])
})

it('a share that an operator has dismissed is not shared again, also when only the mark of it is left', async () => {
  const operator = identityOfSeed(randomBytes(32))
  const at = { via: 'direct', from: operator.peerId, channel: null, receivedAtMs: clock.now(), hops: 1 } as const
  book.merge([trusted.grant(operator.peerId, ['operator'])], at)
  const cid = await share('a.log')
  await care.start()
  await settled()
  const [shared] = recordsOf(cid)
  if (shared === undefined) throw new Error('it is shared')
  const { id } = shared.record
  book.mergeAttestations(
    [{ id, attestations: [signAttestation({ id, swarm: trusted.anchor.swarm }, 'dismiss', clock.now(), operator)] }],
    at,
  )
  await clock.advance(2 * 60 * 60_000)
  expect(recordsOf(cid)).toEqual([])
  book.sweep()
  expect(book.get(id)).toBeUndefined()
  await restart()
  await clock.advance(2 * 60 * 60_000)
  expect([recordsOf(cid), repaired]).toEqual([[], []])
})

it('a clock that was set back does not take shares for lost', async () => {
  await share('a.log')
  clock.jump(-10 * dayMs)
  await restart()
  expect(index.files.size).toBe(1)
  expect(repaired).toEqual([])
})

it('a file that is gone is taken back, and no longer held, unless another file has its content', async () => {
  const bytes = randomBytes(600_000)
  const cid = await share('a.log', bytes)
  await share('b.log', bytes)
  await care.start()
  await clock.advance(1)
  const released = vi.fn<() => void>()
  index.onReleased = released
  care.forgetGone(new Map([['/share/b.log', found('b.log')]]), clock.monotonic())
  expect(shares.view(cid, nowhere)).toMatchObject({ name: 'b.log' })
  expect(index.held.has(cid)).toBe(true)
  expect(released).not.toHaveBeenCalled()
  care.forgetGone(new Map(), clock.monotonic())
  expect(shares.view(cid, nowhere)).toBeUndefined()
  expect(recordsOf(cid)).toEqual([])
  expect(index.held.has(cid)).toBe(false)
  expect(released).toHaveBeenCalledTimes(1)
})

it('where deleted files are kept, flights are not: the flight recorder removes them to keep its bounds', async () => {
  whenDeleted = 'keep'
  const log = await share('a.log')
  const flight = await share('flight/2030-01-01_00-00-00Z-mark/a.log')
  await care.start()
  await clock.advance(1)
  care.forgetGone(new Map(), clock.monotonic())
  expect(shares.ownShares().map(({ cid }) => cid)).toEqual([log])
  expect([...index.held.keys()]).toEqual([log])
  expect(recordsOf(flight)).toEqual([])
})

it('what was shared after a look at the folder began is not missed in it', async () => {
  await care.start()
  const lookedAtMs = clock.monotonic()
  const cid = await share('upload.bin')
  care.forgetGone(new Map(), lookedAtMs)
  expect(shares.view(cid, nowhere)).toBeDefined()
})

it('a fetched file that is taken back from the share folder is told to be a copy', async () => {
  const cid = await share('a.log')
  index.keepCopy(cid, 600_000)
  await care.start()
  await clock.advance(1)
  care.forgetGone(new Map(), clock.monotonic())
  expect(index.held.get(cid)).toEqual({ sizeBytes: 600_000, copy: true })
  expect(recordsOf(cid).map(({ record }) => record.body.value)).toEqual([{ kind: 'copy', sizeBytes: 600_000 }])
})

it('a damaged copy is no longer offered, a kept one fetched again, a damaged share is added again', async () => {
  const cid = await share('a.log')
  const linked = await share('b.log', randomBytes(600_000), { linked: true })
  const dear = await added(randomBytes(400_000))
  index.keepCopy(dear, 400_000)
  kept.add(dear)
  const copy = await added(randomBytes(500_000))
  index.keepCopy(copy, 500_000)
  shares.copy(copy, 500_000)
  await care.start()
  await settled()
  const blocks = (await readdir(join(home, 'blocks'), { withFileTypes: true, recursive: true })).filter((e) =>
    e.isFile(),
  )
  await Promise.all(blocks.map((entry) => rm(join(entry.parentPath, entry.name))))
  care.repairSoon()
  care.repairSoon()
  await clock.advance(2_000)
  await vi.waitFor(() => expect(repaired).toHaveLength(4))
  expect(new Set(repaired)).toEqual(new Set([cid, linked, copy, dear]))
  expect(fetched).toEqual([dear])
  expect(index.held.size).toBe(0)
  // Where a linked file lies is known still, and that it is to be read.
  expect([...index.files]).toMatchObject([['/share/b.log', { cid: linked, linked: true, mtimeMs: -1 }]])
  expect(recordsOf(linked)).toHaveLength(1)
  // The share stays said: its file is there, and is being added.
  expect(recordsOf(cid)).toHaveLength(1)
  expect(recordsOf(copy)).toEqual([])
})

it('after the index was lost, copies are found again by their records, and those that are gone are taken back', async () => {
  const here = await added(randomBytes(500_000))
  shares.copy(here, 500_000)
  const gone = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' as Cid
  shares.copy(gone, 12)
  await restart()
  await vi.waitFor(() => expect(index.held.get(here)).toEqual({ sizeBytes: 500_000, copy: true }))
  await vi.waitFor(() => expect(recordsOf(gone)).toEqual([]))
  expect(recordsOf(here)).toHaveLength(1)
})
