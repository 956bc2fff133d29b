import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { burialMs } from './record-sweep.ts'
import { arrivalAt, give, identities, TestBook } from './testing/schedule-book.ts'
import { trustedSwarm, type TrustedSwarm } from './testing/trusted.ts'

const hourMs = 3_600_000

let clock: FakeClock
let trusted: TrustedSwarm
let here: TestBook
let author: TestBook
let away: TestBook

beforeEach(async () => {
  clock = new FakeClock()
  const [root, ...rest] = identities
  if (root === undefined) throw new Error('no root')
  trusted = trustedSwarm(
    rest.map(({ peerId }) => ({ peer: peerId, roles: ['operator'] as const })),
    { root },
  )
  here = new TestBook(0, clock, trusted)
  author = new TestBook(1, clock, trusted)
  away = new TestBook(2, clock, trusted)
  for (const { book } of [here, author, away]) book.merge(trusted.records, arrivalAt(clock.now()))
  await clock.advance(1_000)
})

afterEach(() => {
  for (const one of [here, author, away]) one.close()
})

async function heal(): Promise<void> {
  const books = [here, author, away]
  for (let round = 0; round < 3; round++) {
    for (let again = true; again;) {
      again = false
      for (const from of books) for (const to of books) if (from !== to) again = give(from, to, clock.now()) || again
    }
    for (const { book } of books) book.sweep()
    await clock.advance(1.1 * hourMs)
  }
}

/** What a book accepts of a bucket. */
const saidBy = ({ book }: TestBook, bucket: 'usage' | 'rollout-control'): unknown[] =>
  book.live(bucket).map(({ record }) => record.body.value['say'])

it.each(['usage', 'rollout-control'] as const)(
  'a record in %s that was dismissed long ago still outdates the one before, for who was away too',
  async (bucket) => {
    author.book.author({ bucket, key: 'k', value: { say: 'pause' }, validForMs: 200 * hourMs })
    await heal()
    expect(saidBy(away, bucket)).toEqual(['pause'])
    // `away` is cut off; the author says another word, which is dismissed.
    const later = author.book.author({ bucket, key: 'k', value: { say: 'resume' }, validForMs: 200 * hourMs })
    author.book.attest(later.record.id, 'dismiss')
    give(author, here, clock.now())
    await clock.advance(burialMs + 1)
    for (const { book } of [here, author]) book.sweep()
    expect(saidBy(away, bucket)).toEqual(['pause'])
    await heal()
    for (const one of [here, author, away]) expect(saidBy(one, bucket)).toEqual([])
    // It goes when it ends, and nothing is left of it.
    await clock.advance(201 * hourMs)
    for (const { book } of [here, author, away]) book.sweep()
    for (const one of [here, author, away]) expect(one.book.has(bucket, later.record.id)).toBe(false)
  },
)

it('a word never ends before the one that it outdates', async () => {
  const said = { bucket: 'rollout-control', key: 'k' } as const
  const first = author.book.author({ ...said, value: { say: 'pause' }, validForMs: 200 * hourMs })
  await heal()
  const second = author.book.author({ ...said, value: { say: 'resume' }, validForMs: hourMs })
  expect(second.record.body.validUntil).toBe(first.record.body.validUntil)
  give(author, here, clock.now())
  await clock.advance(2 * hourMs)
  for (const { book } of [here, author]) book.sweep()
  await heal()
  for (const one of [here, author, away]) expect(saidBy(one, said.bucket)).toEqual(['resume'])
})

it('what was dismissed goes with its author, and counts for all alike when the author is back', async () => {
  const [, { peerId } = { peerId: here.book.self }] = identities
  const said = author.book.author({ bucket: 'usage', key: 'k', value: { say: 'x' }, validForMs: 200 * hourMs })
  author.book.attest(said.record.id, 'dismiss')
  give(author, here, clock.now())
  const revocation = trusted.revoke(peerId, { atMs: clock.now() })
  for (const { book } of [here, away]) book.merge([revocation], arrivalAt(clock.now()))
  await clock.advance(burialMs + 1)
  here.book.sweep()
  expect(here.book.has('usage', said.record.id)).toBe(false)
  expect(here.book.buried(said.record.id)).toBeUndefined()
  await Promise.all([here.book.index.load(), away.book.index.load()])
  expect(here.book.index.fingerprint('usage')).toBe(away.book.index.fingerprint('usage'))
  const grant = trusted.grant(peerId, ['operator'], { atMs: clock.now() })
  for (const { book } of [here, author, away]) book.merge([revocation, grant], arrivalAt(clock.now()))
  await heal()
  for (const one of [here, author, away]) expect(one.book.state(stored(one, said.record.id)).state).toBe('dismissed')
})

function stored({ book }: TestBook, id: Parameters<TestBook['book']['get']>[0]) {
  const held = book.get(id)
  if (held === undefined) throw new Error(`${id} is not held`)
  return held
}
