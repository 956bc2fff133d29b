import { createRouterClient } from '@orpc/server'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { bucketNames, type BucketName } from '../../model/bucket.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { askKey, encodeAsk, encodeRole, roleKey } from '../../model/trust-records.ts'
import { Database } from '../../store/database.ts'
import { identityOfSeed, type Identity } from '../../store/identity-store.ts'
import { RecordBook } from '../../store/record-book.ts'
import { trustedSwarm, type TrustedSwarm } from '../../store/testing/trusted.ts'
import { createContext } from './context.ts'
import { createRouter } from './router.ts'
import { bareShell, machine, MemoryPeer } from './testing/memory-peer.ts'

const identityOf = (n: number): Identity => identityOfSeed(new Uint8Array(32).fill(n))
const [me, robot, operator, stranger] = [31, 32, 33, 34].map(identityOf) as [Identity, Identity, Identity, Identity]
const hourMs = 3_600_000

let home: string
let clock: FakeClock
let database: Database
let book: RecordBook
let trusted: TrustedSwarm
let client: ReturnType<typeof connect>

function connect(peer: MemoryPeer) {
  return createRouterClient(createRouter(peer, bareShell), { context: createContext() })
}

/** The peer of these tests has these roles. */
function open(roles: Parameters<TrustedSwarm['grant']>[1]): void {
  trusted = trustedSwarm([
    ...(roles.length === 0 ? [] : [{ peer: me.peerId, roles }]),
    robot.peerId,
    { peer: operator.peerId, roles: ['operator'] },
  ])
  const base = { clock, log: silentLog, counters: new Counters() }
  database = Database.open(base, { home })
  book = new RecordBook({ ...base, database, identity: me, swarm: trusted.swarm() })
  take(...trusted.records)
  const peer = new MemoryPeer(clock, book)
  peer.trust.attest = (id, verdict) => book.attest(id, verdict)
  peer.machines.set(operator.peerId, machine(operator.peerId, 'laptop'))
  client = connect(peer)
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-records-'))
  clock = new FakeClock()
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

function take(...records: readonly SignedRecord[]): void {
  book.merge(records, { via: 'relayed', from: operator.peerId, channel: 'irc', receivedAtMs: clock.now(), hops: 3 })
}

let seq = 0
function said(bucket: BucketName, key: string, author: Identity, value: SignedRecord['body']['value'] = {}) {
  const validFrom = clock.now()
  const validUntil = validFrom + hourMs
  return signRecord(
    { v: 1, bucket, key, value, author: author.peerId, seq: ++seq, validFrom, validUntil },
    author,
    trusted.anchor.swarm,
  )
}

const draft = { bucket: 'files', key: 'log', value: { a: 1 }, validForMs: hourMs }

test('a record tells who signed it, what it counts for and why, which way it came, and what may be done', async () => {
  open(['operator'])
  const share = said('files', 'log', robot, { name: 'log' })
  take(share)
  const view = await client.records.get({ id: share.id })
  expect(view).toMatchObject({
    state: 'accepted',
    how: 'relayed',
    from: operator.peerId,
    fromName: 'laptop',
    channel: 'irc',
    hops: 3,
    mayEndorse: false,
    mayDismiss: true,
    signers: [{ peer: robot.peerId, verdict: 'propose', roles: ['robot'], standing: 'member', counts: true }],
  })
  const dismissed = await client.records.attest({ id: share.id, verdict: 'dismiss' })
  expect(dismissed).toMatchObject({ state: 'dismissed', mayDismiss: false, mayEndorse: true })
  expect(dismissed.stateReason).toContain('operator')
  expect(dismissed.signers[1]).toMatchObject({ peer: me.peerId, verdict: 'dismiss', counts: true })
  const again = await client.records.attest({ id: share.id, verdict: 'endorse' })
  expect(again.state).toBe('accepted')
})

test('signs as this peer what it may author, with bytes and links', async () => {
  open(['robot'])
  const link = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  const value = {
    raw: { '/': { bytes: 'AQI' } },
    cid: { '/': link },
    odd: { '/': { map: { '/': 'x' } } },
    list: [1, 'b'],
  }
  const view = await client.records.propose({ ...draft, value })
  expect(view).toMatchObject({ state: 'accepted', how: 'self', value, author: me.peerId, mayDismiss: true })
  expect(book.get(view.id)?.record.body.value['raw']).toEqual(Uint8Array.of(1, 2))
})

test('refuses with the rule’s reason what would count nowhere', async () => {
  open(['robot'])
  const share = said('files', 'log', operator)
  const release = said('releases', 'one', operator)
  take(share, release)
  await expect(client.records.propose({ ...draft, bucket: 'rollouts' })).rejects.toMatchObject({
    code: 'NOT_TRUSTED',
    message: expect.stringMatching(
      /^The record is not signed: in rollouts only an operator may author, and this peer is robot/,
    ),
  })
  for (const verdict of ['endorse', 'dismiss'] as const) {
    await expect(client.records.attest({ id: share.id, verdict })).rejects.toMatchObject({ code: 'NOT_TRUSTED' })
    await expect(client.records.attest({ id: release.id, verdict })).rejects.toMatchObject({ code: 'NOT_TRUSTED' })
  }
  expect(book.get(share.id)?.record.attestations).toEqual([])
  await expect(client.records.attest({ id: said('files', 'x', robot).id, verdict: 'endorse' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a stranger may sign nothing that others would not take', async () => {
  open([])
  await expect(client.records.propose(draft)).rejects.toMatchObject({ code: 'NOT_TRUSTED' })
  expect((await client.records.summary()).filter(({ mayPropose }) => mayPropose)).toEqual([])
})

test.each([
  [{ a: { '/': 5 } }, /link/],
  [{ a: { '/': 'no cid' } }, /CID/],
  [{ '/': { bytes: 'AQI' } }, /map of plain data/],
  [{ a: 2 ** 60 }, /plain data/],
])('takes no value that a record cannot say: %j', async (value, why) => {
  open(['robot'])
  await expect(client.records.propose({ ...draft, value })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(why) as string,
  })
})

test('roles and roots are signed by those who must; asks are turned down by operators', async () => {
  open(['operator'])
  const grant = said(
    'trust',
    roleKey(stranger.peerId),
    robot,
    encodeRole({ version: 1, roles: ['robot'], revoked: false, note: null }),
  )
  const big = said(
    'trust',
    roleKey(stranger.peerId),
    operator,
    encodeRole({ version: 2, roles: ['operator'], revoked: false, note: null }),
  )
  const ask = said(
    'trust',
    askKey,
    stranger,
    encodeAsk({ role: 'robot', name: 'x', simulated: false, invite: null, proof: null }),
  )
  take(grant, big, ask)
  expect(await client.records.get({ id: grant.id })).toMatchObject({
    state: 'proposed',
    mayEndorse: true,
    mayDismiss: false,
  })
  expect(await client.records.get({ id: big.id })).toMatchObject({ state: 'proposed', mayEndorse: false })
  expect(await client.records.get({ id: ask.id })).toMatchObject({
    state: 'proposed',
    mayEndorse: false,
    mayDismiss: true,
  })
  const endorsed = await client.records.attest({ id: grant.id, verdict: 'endorse' })
  expect(endorsed.state).toBe('accepted')
  expect(book.trust().of(stranger.peerId).roles).toEqual(new Set(['robot']))
  await expect(
    client.records.propose({ bucket: 'trust', key: 'mischief', value: {}, validForMs: hourMs }),
  ).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('no trust record') as string })
})

test('lists by bucket, author, state and words, in pages that join', async () => {
  open(['operator'])
  const shares = Array.from({ length: 600 }, (_, i) =>
    said('files', `log-${i}`, i % 2 === 0 ? robot : operator, { n: `Drive${i}` }),
  )
  take(...shares)
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await client.records.list({ bucket: 'files', limit: 70, ...(after === undefined ? {} : { after }) })
    for (const { id } of page.records) seen.add(id)
    after = page.next ?? undefined
  } while (after !== undefined)
  expect(seen).toEqual(new Set(shares.map(({ id }) => id)))
  const of = async (query: Parameters<typeof client.records.list>[0]) => (await client.records.list(query)).records
  expect(await of({ author: robot.peerId, bucket: 'files', limit: 1_000 })).toHaveLength(300)
  expect((await of({ search: 'drive17', limit: 1_000 })).map(({ key }) => key).sort()).toEqual(
    ['17', ...Array.from({ length: 10 }, (_, i) => `17${i}`)].map((n) => `log-${n}`).sort(),
  )
  expect(await of({ search: 'LAPTOP', bucket: 'files', limit: 1_000 })).toHaveLength(300)
  expect(await of({ state: 'proposed', limit: 1_000 })).toEqual([])
  const first = shares[0]
  if (first === undefined) throw new Error('there are shares')
  await client.records.attest({ id: first.id, verdict: 'dismiss' })
  expect((await of({ state: 'dismissed', limit: 1_000 })).map(({ id }) => id)).toEqual([first.id])
})

test('the summary tells rule, fingerprint and growth, and is told anew when something comes', async () => {
  open(['operator'])
  await book.index.load()
  const controller = new AbortController()
  const events = await client.records.watch(undefined, { signal: controller.signal })
  const read = async () => {
    const event = await events.next()
    if (event.done === true) throw new Error('the watch ended')
    return event.value
  }
  const before = await read()
  expect(before.map(({ bucket }) => bucket)).toEqual(bucketNames)
  take(said('files', 'log', robot))
  // The second is due a quarter of a second after the first, by a clock that the test turns.
  const next = read()
  await clock.advance(1_000)
  const files = (await next).find(({ bucket }) => bucket === 'files')
  expect(files).toMatchObject({ records: 1, mayPropose: true, kind: 'set' })
  expect(files?.rule).toBe('any member may author; an operator may dismiss; a record lives up to 366 days')
  expect(files?.fingerprint).toMatch(/^[0-9a-f]{32}$/)
  expect(files?.fingerprint).not.toBe(before.find(({ bucket }) => bucket === 'files')?.fingerprint)
  expect(files?.growth.at(-1)?.records).toBe(1)
  controller.abort()
  await events.return?.(undefined)
})
