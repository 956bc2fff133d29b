import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { patienceMs, SteadyTime, type TimeBasis } from './steady-time.ts'
import { hourMs, OneBook, operator, robot } from './testing/one-book.ts'

const yearMs = 366 * 24 * hourMs

describe('a clock that jumps', () => {
  let clock: FakeClock
  let basis: TimeBasis
  let steady: SteadyTime
  const lagMs = (): number => clock.now() - steady.at().overMs

  beforeEach(() => {
    clock = new FakeClock()
    basis = 'own'
    steady = new SteadyTime(clock, () => basis)
  })

  it('ahead makes nothing be over until it has run on for hours', async () => {
    await clock.advance(48 * hourMs)
    clock.jump(3 * yearMs)
    expect(lagMs()).toBe(3 * yearMs)
    await clock.advance(patienceMs / 2)
    expect(lagMs()).toBe(3 * yearMs)
    expect(steady.isEven(0)).toBe(false)
    await clock.advance(patienceMs / 2)
    expect(lagMs()).toBe(0)
  })

  it('is believed at once when neighbours bear it out, and never by one voice', async () => {
    basis = 'told'
    clock.jump(yearMs)
    for (let i = 0; i < 5; i++) {
      expect(lagMs()).toBe(yearMs)
      await clock.advance(patienceMs)
    }
    expect(steady.isSettled).toBe(false)
    basis = 'borne-out'
    expect(lagMs()).toBe(0)
    expect(steady.isSettled).toBe(true)
  })

  it('and is right again leaves no trace, whichever way it went', async () => {
    await clock.advance(hourMs)
    for (const ms of [-5 * hourMs, 5 * hourMs, yearMs]) {
      clock.jump(ms)
      expect(lagMs()).toBe(Math.max(0, ms))
      await clock.advance(60_000)
      expect(lagMs()).toBe(Math.max(0, ms))
      clock.jump(-ms)
      expect(lagMs()).toBe(0)
    }
    expect(steady.isEven(hourMs)).toBe(true)
  })

  it('may take away what nobody can bring back only hours after the start', async () => {
    steady.at()
    expect(steady.isSettled).toBe(false)
    await clock.advance(patienceMs)
    steady.at()
    expect(steady.isSettled).toBe(true)
  })
})

describe('one look of the sweep by a wrong clock', () => {
  let w: OneBook
  beforeEach(() => {
    w = new OneBook()
  })
  afterEach(() => w.remove())

  it.each([
    ['an hour behind', -hourMs],
    ['three years ahead', 3 * yearMs],
    ['thirteen months ahead, when roles have ended and the root has not', 400 * 24 * hourMs],
  ])('%s takes away nothing', async (_, jumpMs) => {
    await w.clock.advance(48 * hourMs)
    const share = w.record('files', 'log', robot)
    const standing = () => w.book.trust().of(operator.peerId).standing
    expect(w.take(share, w.trusted.revoke(operator.peerId, { atMs: w.clock.now() }))).toEqual(['ok', 'ok'])
    const own = w.book.author({ bucket: 'files', key: 'mine', value: {}, validForMs: 24 * hourMs })
    expect(standing()).toBe('revoked')
    w.clock.jump(jumpMs)
    for (let look = 0; look < 3; look++) {
      w.book.sweep()
      expect(standing()).toBe('revoked')
      await w.clock.advance(60_000)
    }
    w.clock.jump(-jumpMs)
    w.book.sweep()
    expect(standing()).toBe('revoked')
    expect([share.id, own.record.id].map((id) => w.book.get(id) !== undefined)).toEqual([true, true])
    expect(w.stateOf(share)).toBe('accepted')
  })

  it('also right after the start', () => {
    w.take(w.trusted.revoke(operator.peerId, { atMs: w.clock.now() }))
    w.clock.jump(3 * yearMs)
    w.database.close()
    w.open()
    w.book.sweep()
    w.clock.jump(-3 * yearMs)
    w.book.sweep()
    expect(w.book.trust().of(operator.peerId).standing).toBe('revoked')
  })

  it('what is from the future goes once neighbours bear out the time, so that what its author says now finds its place', () => {
    w.clock.jump(5 * hourMs)
    const early = w.record('usage', 'km', robot)
    const own = w.book.author({ bucket: 'files', key: 'mine', value: {}, validForMs: 24 * hourMs })
    expect(w.take(early)).toEqual(['ok'])
    w.clock.jump(-5 * hourMs)
    const now = w.record('usage', 'km', robot)
    w.book.sweep()
    expect(w.take(now)).toEqual(['superseded'])
    w.timeBasis = 'borne-out'
    w.book.sweep()
    expect(w.take(now)).toEqual(['ok'])
    expect(w.book.get(own.record.id)).toBeDefined()
  })

  it('a role from the future counts here until neighbours bear out that it is one, and is not lost', () => {
    w.clock.jump(5 * hourMs)
    w.take(w.trusted.revoke(operator.peerId, { atMs: w.clock.now() }))
    const standing = () => w.book.trust().of(operator.peerId).standing
    w.clock.jump(-5 * hourMs)
    w.book.sweep()
    expect(standing()).toBe('revoked')
    w.timeBasis = 'borne-out'
    w.book.sweep()
    expect(standing()).toBe('member')
    w.clock.jump(5 * hourMs)
    w.book.sweep()
    expect(standing()).toBe('revoked')
  })
})
