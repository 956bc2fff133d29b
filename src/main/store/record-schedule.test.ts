import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TrustRole } from '../../shared/trust-views.ts'
import { FakeClock } from '../base/clock.ts'
import { bucketNames, buckets, type BucketName } from '../model/bucket.ts'
import { recordState } from '../model/state.ts'
import { isAcceptedByHand } from '../model/testing/trust-by-hand.ts'
import { evaluateTrust } from '../model/trust-evaluate.ts'
import { nextVersionFor } from '../model/trust-needs.ts'
import { keepsFor } from '../model/trust-resting.ts'
import { encodeRole, encodeRoot, roleKey, rootKey } from '../model/trust-records.ts'
import { RangeIndex } from './range-index.ts'
import type { TimeBasis } from './steady-time.ts'
import { OwnClock } from './testing/own-clock.ts'
import { arrivalAt, give, identities, TestBook } from './testing/schedule-book.ts'
import { trustedSwarm } from './testing/trusted.ts'

/**
 * Real books on real databases under any schedule of words, partitions, restarts and time; each on a machine whose clock
 * somebody sets wrong now and then.
 */
const roleChoices: readonly (readonly TrustRole[])[] = [['robot'], ['operator'], []]
const used: readonly BucketName[] = ['files', 'rollouts', 'machines', 'usage']
const hourMs = 3_600_000
/** How far a clock is set wrong: past the ends of roles and words. */
const maxWrongHours = 40

type Step =
  | { readonly do: 'say'; readonly who: number; readonly bucket: number; readonly hours: number; readonly key: number }
  | { readonly do: 'attest'; readonly who: number; readonly what: number; readonly endorse: boolean }
  | { readonly do: 'role'; readonly who: number; readonly whom: number; readonly roles: number; readonly days: number }
  | { readonly do: 'rotate'; readonly who: number; readonly keys: readonly number[]; readonly keep: boolean }
  | { readonly do: 'meet'; readonly who: number; readonly whom: number }
  | { readonly do: 'restart' | 'sweep'; readonly who: number }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'set' | 'glitch'; readonly who: number; readonly hours: number }

const who = fc.nat(2)
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      who,
      bucket: fc.nat(used.length - 1),
      hours: fc.integer({ min: 1, max: 90 }),
      key: fc.nat(2),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('attest' as const), who, what: fc.nat(30), endorse: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      who,
      whom: who,
      // Past the choices: revoked.
      roles: fc.nat(roleChoices.length),
      days: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rotate' as const),
      who,
      keys: fc.uniqueArray(who, { minLength: 1 }),
      keep: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('meet' as const), who, whom: who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'sweep' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      who,
      hours: fc.oneof(fc.constant(0), fc.integer({ min: -maxWrongHours, max: maxWrongHours })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('glitch' as const), who, hours: fc.integer({ min: -30_000, max: 30_000 }) }),
  },
)

async function run(
  step: Step,
  books: readonly TestBook[],
  clocks: readonly OwnClock[],
  clock: FakeClock,
): Promise<void> {
  if (step.do === 'wait') {
    await clock.advance(step.hours * hourMs)
    return
  }
  if (step.do === 'set') {
    clocks[step.who]?.set(step.hours * hourMs)
    return
  }
  if (step.do === 'glitch') {
    await glitch(step, books[step.who], clocks[step.who])
    return
  }
  const one = books[step.who]
  if (one === undefined) throw new Error('there are three')
  const { book } = one
  const trust = book.trust()
  switch (step.do) {
    case 'say': {
      const bucket = used[step.bucket] ?? 'files'
      book.author({ bucket, key: `k${step.key}`, value: {}, validForMs: step.hours * hourMs })
      break
    }
    case 'attest': {
      const held = one.held()
      const record = held[step.what % Math.max(1, held.length)]
      if (record === undefined) break
      try {
        book.attest(record.id, step.endorse ? 'endorse' : 'dismiss')
      } catch (error) {
        expect(error).toMatchObject({ code: 'NOT_TRUSTED' })
      }
      break
    }
    case 'role': {
      const subject = identities[step.whom]?.peerId
      if (subject === undefined) break
      const revoked = step.roles === roleChoices.length
      const roles = roleChoices[step.roles] ?? []
      const value = encodeRole({ version: nextVersionFor(trust, subject), roles, revoked, note: null })
      book.author({ bucket: 'trust', key: roleKey(subject), value, validForMs: step.days * 24 * hourMs })
      break
    }
    case 'rotate': {
      const keys = step.keys.flatMap((i) => identities[i]?.peerId ?? [])
      const current = trust.root ?? trust.expiredRoot
      if (current === null) break
      const { version, record } = current
      const next = { version: version + 1, name: 'lab', keys, threshold: 1, rules: new Map(), previous: record.id }
      const keeps = step.keep ? keepsFor(trust, { ...next, keeps: [] }).map(({ record: { id } }) => id) : []
      const value = encodeRoot({ ...next, keeps })
      book.author({ bucket: 'trust', key: rootKey, value, validForMs: 700 * 24 * hourMs })
      break
    }
    case 'meet': {
      const other = books[step.whom]
      if (other === undefined || other === one) break
      give(one, other, clock.now())
      give(other, one, clock.now())
      break
    }
    case 'restart':
      await one.restart()
      break
    case 'sweep':
      book.sweep()
      break
  }
}

/** A clock that is right, and wrong for one look, takes nothing away and changes nothing. */
async function glitch({ hours }: { readonly hours: number }, one?: TestBook, own?: OwnClock): Promise<void> {
  if (one === undefined || own === undefined) throw new Error('there are three')
  const { book } = one
  const look = async (): Promise<unknown> => {
    while (book.sweep().more);
    await book.settled()
    await book.index.load()
    const held = bucketNames.map((bucket) => book.index.fingerprint(bucket))
    return { held, believed: book.trust().fingerprint, accepted: one.accepted() }
  }
  own.set(0)
  // Twice: what turned out to be nobody's goes with the second.
  await look()
  const before = await look()
  const hadRoot = book.trust().root !== null
  own.set(hours * hourMs)
  await look()
  expect(book.trust().root !== null).toBe(hadRoot)
  own.set(0)
  expect(await look()).toEqual(before)
}

/** The first is alone with its own clock; to the others neighbours say whether theirs is right. */
const basisOf = (own: OwnClock, i: number) => (): TimeBasis => (i > 0 && own.isRight ? 'borne-out' : 'own')

/** What must hold at any moment. */
async function check(one: TestBook, now: number, wasSet: boolean): Promise<void> {
  const { book, swarm, followed } = one
  await book.settled()
  const trust = book.trust()
  const records = one.held('trust')
  // What had ended by a clock that went ahead is not listed any more, and counts until that is sure.
  const isEven = trust.time.overMs === trust.time.now
  const facts = { records, root: trust.root?.record.id ?? null, now, sure: trust.time.sure }
  const afresh = evaluateTrust({ anchor: swarm.get().anchor, records, ...trust.time })
  if (isEven && records.some(({ id }) => id === swarm.get().anchor.root))
    expect(trust.fingerprint).toBe(afresh.fingerprint)
  await book.index.load()
  const fresh = new RangeIndex({ database: one.database })
  await fresh.load()
  for (const bucket of bucketNames) {
    expect(book.index.fingerprint(bucket)).toBe(fresh.fingerprint(bucket))
    const live = book.live(bucket).map(({ record }) => record.id)
    const believed = [...(followed.get(bucket) ?? [])].filter((id) => (book.get(id)?.record.body.validUntil ?? 0) > now)
    // What a clock that is set makes begin or be over is told by nobody.
    if (!wasSet) expect(believed.sort(), `what is told of ${bucket}`).toEqual([...live].sort())
    const counted = book.counts().find((count) => count.bucket === bucket)
    const rows = book.getMany(book.idsPage(bucket, null, 10_000))
    // Those that have ended are counted until they are swept.
    expect(counted?.records).toBeGreaterThanOrEqual(rows.length)
    for (const { record } of rows) {
      const { state } = recordState({ record, trust, policy: buckets[bucket], now })
      if (isEven && bucket !== 'trust' && state === 'accepted') expect(isAcceptedByHand(record, facts)).toBe(true)
    }
  }
}

it('ends in the same state on all books, tells exactly what counts, and accepts nothing without its policy', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60, size: 'max' }), async (schedule) => {
      const clock = new FakeClock()
      const [root] = identities
      if (root === undefined) throw new Error('there are three')
      const others = identities.slice(1).map(({ peerId }, i) => ({ peer: peerId, roles: roleChoices[i] ?? [] }))
      const trusted = trustedSwarm(others, { root })
      const clocks = identities.map(() => new OwnClock(clock))
      const books = clocks.map((own, i) => new TestBook(i, own, trusted, basisOf(own, i)))
      const checkOne = async (i: number): Promise<void> => {
        const [one, own] = [books[i], clocks[i]]
        if (one !== undefined && own !== undefined) await check(one, own.now(), own.wasSet)
      }
      try {
        for (const { book } of books) book.merge(trusted.records, arrivalAt(clock.now()))
        for (const step of schedule) {
          await run(step, books, clocks, clock)
          if (step.do === 'restart' || step.do === 'sweep') await checkOne(step.who)
        }
        // Every clock is right again, and what was stamped by those that were ahead begins.
        for (const own of clocks) own.set(0)
        if (clocks.some(({ wasSet }) => wasSet)) await clock.advance((maxWrongHours + 1) * hourMs)
        // Healed: all meet until nobody has news, and what is over has time to go, twice, as what went may have
        // been brought again by one who had not let it go yet.
        for (let round = 0; round < 3; round++) {
          for (let again = true, meetings = 0; again; meetings++) {
            expect(meetings).toBeLessThan(50)
            again = false
            for (const from of books)
              for (const to of books) if (from !== to) again = give(from, to, clock.now()) || again
            for (const { book } of books) await book.settled()
          }
          for (const { book } of books) book.sweep()
          await clock.advance(1.1 * hourMs)
          for (const { book } of books) while (book.sweep().more);
        }
        for (const i of books.keys()) await checkOne(i)
        // Two sides that rotated more than once apart stay apart; but not without a word.
        const roots = new Set(books.map(({ book }) => book.trust().root?.record.id))
        if (roots.size > 1) {
          const said = books.flatMap(({ book }) => book.trust().problems.map(({ code }) => code))
          expect(said).toContain('FORKED')
          return
        }
        const [first, ...rest] = books
        for (const one of rest) {
          expect(one.book.trust().fingerprint).toBe(first?.book.trust().fingerprint)
          expect(one.accepted()).toEqual(first?.accepted())
          // Those who are nobody keep their own words, which others do not take.
          if (books.some(({ book }) => book.trust().of(book.self).roles.size === 0)) continue
          await Promise.all([one.book.index.load(), first?.book.index.load()])
          for (const bucket of bucketNames) {
            expect(one.book.index.fingerprint(bucket)).toBe(first?.book.index.fingerprint(bucket))
          }
        }
      } finally {
        for (const one of books) one.close()
      }
    }),
    {
      numRuns: Number(process.env['SCHEDULES'] ?? 40),
      ...(process.env['SCHEDULE_SEED'] === undefined ? {} : { seed: Number(process.env['SCHEDULE_SEED']) }),
    },
  )
}, 120_000)
