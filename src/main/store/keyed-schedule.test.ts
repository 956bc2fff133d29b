import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TrustRole } from '../../shared/trust-views.ts'
import { FakeClock } from '../base/clock.ts'
import type { BucketName } from '../model/bucket.ts'
import { encodeRole, roleKey } from '../model/trust-records.ts'
import { nextVersionFor } from '../model/trust-needs.ts'
import { burialMs } from './record-sweep.ts'
import { arrivalAt, five, give, TestBook } from './testing/schedule-book.ts'
import { trustedSwarm } from './testing/trusted.ts'

/**
 * What has a key, on five real books: words of any validity that outdate each other, are dismissed, end, and are looked
 * at again after hours in which one peer or another was away; and authors that lose their place and come back.
 */
const used: readonly BucketName[] = ['usage', 'rollout-control', 'machines', 'channels']
const roleChoices: readonly (readonly TrustRole[])[] = [['robot'], ['operator'], []]
/** Of all but the first, which is the root key. */
const firstRoles: readonly (readonly TrustRole[])[] = [['operator'], ['operator'], ['robot'], ['robot']]
const hourMs = 3_600_000

interface Word {
  readonly who: number
  readonly bucket: number
  readonly key: number
  readonly hours: number
}

type Step =
  | ({ readonly do: 'say' } & Word)
  /** Known to all, then outdated by one that is dismissed and forgotten by the others while somebody is away. */
  | ({ readonly do: 'outdate'; readonly away: number; readonly by: number; readonly dismissed: boolean } & Word)
  | { readonly do: 'attest'; readonly who: number; readonly what: number; readonly endorse: boolean }
  | { readonly do: 'role'; readonly whom: number; readonly roles: number }
  | { readonly do: 'meet'; readonly who: number; readonly whom: number }
  | { readonly do: 'restart' | 'sweep'; readonly who: number }
  | { readonly do: 'wait'; readonly hours: number }

const who = fc.nat(4)
const word = { who, bucket: fc.nat(used.length - 1), key: fc.nat(1), hours: fc.integer({ min: 1, max: 100 }) }
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), ...word }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('outdate' as const),
      ...word,
      away: who,
      by: who,
      dismissed: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('attest' as const), who, what: fc.nat(20), endorse: fc.boolean() }),
  },
  // Past the choices: revoked.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      whom: fc.integer({ min: 1, max: 4 }),
      roles: fc.nat(roleChoices.length),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('meet' as const), who, whom: who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'sweep' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 }) }) },
)

function at(books: readonly TestBook[], index: number): TestBook {
  const one = books[index]
  if (one === undefined) throw new Error('there are five')
  return one
}

function say(books: readonly TestBook[], { who: by, bucket, key, hours }: Word): void {
  const name = used[bucket] ?? 'usage'
  at(books, by).book.author({ bucket: name, key: `k${key}`, value: {}, validForMs: hours * hourMs })
}

/** Until none of them has news. */
function talk(books: readonly TestBook[], clock: FakeClock): void {
  for (let again = true, rounds = 0; again; rounds++) {
    expect(rounds).toBeLessThan(20)
    again = false
    for (const from of books) for (const to of books) if (from !== to) again = give(from, to, clock.now()) || again
  }
}

function attest(one: TestBook, id: Parameters<TestBook['book']['attest']>[0], endorse: boolean): void {
  try {
    one.book.attest(id, endorse ? 'endorse' : 'dismiss')
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_TRUSTED' })
  }
}

async function run(step: Step, books: readonly TestBook[], clock: FakeClock): Promise<void> {
  switch (step.do) {
    case 'say':
      return say(books, step)
    case 'outdate': {
      const others = books.filter((_, i) => i !== step.away)
      say(books, step)
      talk(books, clock)
      await clock.advance(1)
      const { book } = at(books, step.who)
      const bucket = used[step.bucket] ?? 'usage'
      const later = book.author({ bucket, key: `k${step.key}`, value: {}, validForMs: hourMs })
      talk(others, clock)
      // By somebody who may have no say in it, or may not have heard.
      const by = at(books, step.by)
      if (step.dismissed && by.book.has(bucket, later.record.id)) attest(by, later.record.id, false)
      talk(others, clock)
      await clock.advance(burialMs + 1)
      for (const one of others) one.book.sweep()
      return
    }
    case 'attest': {
      const one = at(books, step.who)
      const held = one.held().filter(({ body }) => body.bucket !== 'trust')
      const record = held[step.what % Math.max(1, held.length)]
      if (record !== undefined) attest(one, record.id, step.endorse)
      return
    }
    case 'role': {
      const { book } = at(books, 0)
      const subject = at(books, step.whom).book.self
      const revoked = step.roles === roleChoices.length
      const roles = roleChoices[step.roles] ?? []
      const value = encodeRole({ version: nextVersionFor(book.trust(), subject), roles, revoked, note: null })
      book.author({ bucket: 'trust', key: roleKey(subject), value, validForMs: 300 * 24 * hourMs })
      return
    }
    case 'meet': {
      const pair = [at(books, step.who), at(books, step.whom)]
      if (step.who !== step.whom) talk(pair, clock)
      return
    }
    case 'restart':
      return at(books, step.who).restart()
    case 'sweep':
      at(books, step.who).book.sweep()
      return
    case 'wait':
      await clock.advance(step.hours * hourMs)
  }
}

async function heal(books: readonly TestBook[], clock: FakeClock): Promise<void> {
  // Twice more: what went may have been brought again by one who had not let it go yet.
  for (let round = 0; round < 3; round++) {
    talk(books, clock)
    for (const { book } of books) await book.settled()
    for (const { book } of books) book.sweep()
    await clock.advance(burialMs + 1)
    for (const { book } of books) while (book.sweep().more);
  }
}

it('ends alike on five books, whoever was away while words were outdated, dismissed and over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25, size: 'max' }), async (schedule) => {
      const clock = new FakeClock()
      const [root, ...others] = five
      if (root === undefined) throw new Error('there are five')
      const trusted = trustedSwarm(
        others.map(({ peerId }, i) => ({ peer: peerId, roles: firstRoles[i] ?? [] })),
        { root },
      )
      const books = five.map((_, i) => new TestBook(i, clock, trusted))
      try {
        for (const { book } of books) book.merge(trusted.records, arrivalAt(clock.now()))
        for (const step of schedule) await run(step, books, clock)
        await heal(books, clock)
        const [first, ...rest] = books
        const isNobody = books.some(({ book }) => book.trust().of(book.self).roles.size === 0)
        for (const { book } of books) await book.index.load()
        for (const one of rest) {
          expect(one.accepted()).toEqual(first?.accepted())
          // Those who are nobody keep their own words, which others do not take.
          if (isNobody) continue
          for (const bucket of used) {
            expect(one.book.index.fingerprint(bucket)).toBe(first?.book.index.fingerprint(bucket))
          }
        }
      } finally {
        for (const one of books) one.close()
      }
    }),
    {
      numRuns: Number(process.env['SCHEDULES'] ?? 12),
      ...(process.env['SCHEDULE_SEED'] === undefined ? {} : { seed: Number(process.env['SCHEDULE_SEED']) }),
    },
  )
}, 120_000)
