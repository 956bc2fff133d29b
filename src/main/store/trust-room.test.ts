import { afterEach, beforeEach, expect, it } from 'vitest'
import { buckets } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import { askKey, encodeAsk, encodeRole, encodeRoot, roleKey, rootKey } from '../model/trust-records.ts'
import { identityOfSeed, type Identity } from './identity-store.ts'
import { hourMs, identityOf, OneBook, operator, robot, stranger } from './testing/one-book.ts'

let w: OneBook

beforeEach(async () => {
  w = new OneBook()
  // What is let in while the trust is being learned is another matter.
  await w.clock.advance(2 * 60_000)
})

afterEach(() => w.remove())

const numbered = (n: number, of = 210): Identity => {
  const seed = new Uint8Array(32).fill(of)
  new DataView(seed.buffer).setUint32(0, n)
  return identityOfSeed(seed)
}
const oks = (outcomes: readonly string[]): number => outcomes.filter((outcome) => outcome === 'ok').length

/** Many at once, their signatures checked. @returns how many found room */
const merged = (records: readonly SignedRecord[]): number => w.book.merge(records, w.arrival()).added.length

/** A word about somebody, of somebody who has no say in it. */
function wordOf(author: Identity, about = identityOf(90)) {
  const value = encodeRole({ version: w.nextSeq() + 1, roles: ['operator'], revoked: false, note: null })
  return w.record('trust', roleKey(about.peerId), author, { value })
}

it('keeps little of what those say who decide nothing, and has room for those who do', () => {
  const mine = Array.from({ length: 30 }, () => wordOf(robot))
  expect(oks(w.take(...mine))).toBe(16)
  // Also as roots, in the same share.
  const value = (n: number) =>
    encodeRoot({
      version: 2,
      name: `mine ${n}`,
      keys: [robot.peerId],
      threshold: 1,
      rules: new Map(),
      previous: w.trusted.anchor.root,
    })
  expect(w.take(w.record('trust', rootKey, robot, { value: value(1) }))).toEqual(['quota'])
  const many = Array.from({ length: 60 }, () => wordOf(operator))
  expect(oks(w.take(...many))).toBe(60)
  // One that an operator signs counts for something: it comes in besides.
  expect(w.take(w.attested(wordOf(robot), 'endorse', operator))).toEqual(['ok'])
})

it('has a share for all of them together', async () => {
  const members = Array.from({ length: 40 }, (_, n) => numbered(n))
  merged(members.map(({ peerId }) => w.trusted.grant(peerId, ['robot'])))
  // Each admission was a change of trust, after which there is more room for a minute.
  const words = () => members.flatMap((author) => Array.from({ length: 16 }, () => wordOf(author)))
  await w.clock.advance(2 * 60_000)
  expect(merged(words())).toBe(500)
  const grants = Array.from({ length: 50 }, (_, n) => w.trusted.grant(numbered(n, 211).peerId, ['robot']))
  expect(merged(grants)).toBe(50)
})

it('gives the place back of what goes, or comes to count', () => {
  const mine = Array.from({ length: 17 }, () => wordOf(robot))
  expect(oks(w.take(...mine))).toBe(16)
  const [first, , , , , , , , , , , , , , , , last] = mine
  if (first === undefined || last === undefined) throw new Error('there are 17')
  expect(w.take(last)).toEqual(['quota'])
  expect(w.take(w.attested(first, 'endorse', operator))).toEqual(['ok'])
  expect(w.take(last)).toEqual(['ok'])
})

it('counts the same after a restart', () => {
  expect(oks(w.take(...Array.from({ length: 10 }, () => wordOf(robot))))).toBe(10)
  w.database.close()
  w.open()
  expect(oks(w.take(...Array.from({ length: 30 }, () => wordOf(robot))))).toBeGreaterThanOrEqual(6)
})

it('takes no ask that lasts for more than a week', () => {
  const value = encodeAsk({ role: 'robot', name: 'duckie', simulated: false, invite: null, proof: null })
  const from = w.clock.now()
  const ask = (ms: number) => w.record('trust', askKey, stranger, { value, validFrom: from, validUntil: from + ms })
  expect(w.take(ask(7 * 24 * hourMs), ask(7 * 24 * hourMs + 1))).toEqual(['ok', 'bad-validity'])
})

it('has the oldest ask make room when a crowd asks, those with an invite made here last', async () => {
  const most = buckets.trust.strangers.maxRecords
  const invited = w.askOf(numbered(0))
  const plain = w.askOf(numbered(1))
  w.invited = (ask) => ask.id === invited.id
  expect(w.take(invited, plain)).toEqual(['ok', 'ok'])
  await w.clock.advance(1_000)
  const crowd = Array.from({ length: most - 2 }, (_, n) => w.askOf(numbered(n + 2)))
  expect(merged(crowd)).toBe(most - 2)
  const missed = w.askOf(numbered(most + 1))
  await w.clock.advance(1_000)
  const late = w.askOf(numbered(most + 2))
  expect(w.take(late)).toEqual(['ok'])
  expect([invited, plain, late].map(({ id }) => w.book.get(id) !== undefined)).toEqual([true, false, true])
  // One that is older than all that are there finds no place, and who asks for the third time none either.
  expect(w.take(plain)).toEqual(['quota'])
  expect(w.take(missed).concat(w.take(w.askOf(numbered(most + 2)), w.askOf(numbered(most + 2))))).toContain('quota')
  const held = w.book.getMany(w.book.idsPage('trust', null, 10_000)).filter(({ record }) => record.body.key === askKey)
  expect(held).toHaveLength(most)
  expect(w.book.get(invited.id)).toBeDefined()
})
