import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { silentLog } from '../../base/log.ts'
import { askProof } from '../../model/invite.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { dialFirst } from './invite-addresses.ts'
import { InviteBook, usesLeft } from './invite-book.ts'

const swarm = `bafyrei${'a'.repeat(52)}` as RecordId
const peers = [1, 2, 3].map((n) => identityOfSeed(new Uint8Array(32).fill(n)).peerId)
const [one, two, three] = peers as [PeerId, PeerId, PeerId]
const now = Date.UTC(2026, 5, 1)
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-invites-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const open = (of = swarm) => new InviteBook({ log: silentLog }, { home, swarm: of })
const wish = { role: 'robot', uses: 2, createdAtMs: now, expiresAtMs: now + 60_000 } as const

test('uses are counted for each peer once, all that is granted is on disk before it is told', () => {
  const book = open()
  const { id } = book.make(wish)
  const granted = book.use(
    [one, one, two, three].map((peer) => ({ peer, id })),
    now,
  )
  expect(granted.map(({ peer }) => peer)).toEqual([one, one, two])
  const again = open()
  expect(again.open(now)).toEqual([])
  expect(again.get(id)?.usedBy).toEqual([one, two])
  // Nothing may have been signed for it before the power went: its use is still its own.
  expect(
    again.use(
      [
        { peer: two, id },
        { peer: three, id },
      ],
      now,
    ),
  ).toEqual([{ peer: two, role: 'robot' }])
})

test('an invite is proven by its secret for one peer, and is none after its time or its withdrawal', () => {
  const book = open()
  const { id, secret } = book.make(wish)
  expect(book.provenBy(one, { invite: id, proof: askProof(secret, one) })?.id).toBe(id)
  expect(book.provenBy(two, { invite: id, proof: askProof(secret, one) })).toBeUndefined()
  expect(book.provenBy(one, { invite: 'other', proof: askProof(secret, one) })).toBeUndefined()
  expect(book.provenBy(one, { invite: id, proof: null })).toBeUndefined()
  expect(book.use([{ peer: one, id }], now + 60_000)).toEqual([])
  book.withdraw(id, now)
  expect(book.provenBy(one, { invite: id, proof: askProof(secret, one) })).toBeUndefined()
  expect(open().open(now)).toEqual([])
})

test('one that only lets ask admits nobody, and is not used up', () => {
  const book = open()
  const { id } = book.make({ ...wish, role: null, uses: 1 })
  expect(book.use([{ peer: one, id }], now)).toEqual([])
  expect(book.open(now).map(usesLeft)).toEqual([1])
})

test('the secrets are their owner’s alone; a damaged file, or one of another swarm, costs only the invites', () => {
  open().make(wish)
  const path = join(home, 'invites.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(open(`bafyrei${'b'.repeat(52)}` as RecordId).open(now)).toEqual([])
  expect(open().open(now)).toHaveLength(1)
  for (const damaged of ['', '{', '[]', '{"v":2}', readFileSync(path, 'utf8').replace('robot', 'king')]) {
    writeFileSync(path, damaged)
    const book = open()
    expect(book.open(now)).toEqual([])
    expect(book.make(wish).role).toBe('robot')
    expect(open().open(now)).toHaveLength(1)
  }
})

test('a folder that cannot be written is told, and nothing is granted', () => {
  const book = open()
  const { id } = book.make(wish)
  if (process.getuid?.() === 0) {
    // Root may write anywhere: a file in place of the folder stops it as well as a missing permission.
    const text = readFileSync(join(home, 'invites.json'))
    rmSync(home, { recursive: true })
    writeFileSync(home, '')
    expect(() => book.use([{ peer: one, id }], now)).toThrow(/invites\.json/)
    rmSync(home)
    mkdirSync(home)
    writeFileSync(join(home, 'invites.json'), text)
  } else {
    chmodSync(home, 0o500)
    expect(() => book.use([{ peer: one, id }], now)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }))
    chmodSync(home, 0o700)
  }
  expect(book.get(id)?.usedBy).toEqual([])
  expect(open().get(id)?.usedBy).toEqual([])
})

test('one that has ended admits nobody, not even who has its use already', () => {
  const book = open()
  const { id } = book.make(wish)
  expect(book.use([{ peer: one, id }], now)).toHaveLength(1)
  expect(book.use([{ peer: one, id }], now + 1)).toHaveLength(1)
  expect(book.use([{ peer: one, id }], wish.expiresAtMs)).toEqual([])
})

test('invites name first where other machines reach the peer', () => {
  expect(
    dialFirst([
      '/ip4/127.0.0.1/tcp/4040',
      '/ip6/::1/tcp/4040',
      '/ip6/fe80::1/tcp/4040',
      '/ip6/2001:db8::1/tcp/4040',
      '/ip4/192.168.1.5/udp/4040/quic-v1',
      '/ip4/192.168.1.5/tcp/4040',
    ]),
  ).toEqual([
    '/ip4/192.168.1.5/tcp/4040',
    '/ip4/192.168.1.5/udp/4040/quic-v1',
    '/ip6/2001:db8::1/tcp/4040',
    '/ip4/127.0.0.1/tcp/4040',
    '/ip6/::1/tcp/4040',
  ])
})
