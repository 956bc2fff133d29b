import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyRisk, fullDiskPercent, longSilenceMs, lowBatteryPercent, type Keeper } from './copy-risk.ts'

const duckie: Keeper = {
  name: 'duckie07',
  status: 'alive',
  silentMs: 4_000,
  role: 'robot',
  archive: false,
  batteryPercent: 80,
  charging: false,
  diskPercent: 40,
}
const hourMs = 60 * 60_000
const silent = (ms: number): Partial<Keeper> => ({ status: 'gone', silentMs: ms })

describe('a file with one copy', () => {
  it.each<readonly [more: Partial<Keeper>, risk: string, why: string]>([
    [{}, 'low', 'only copy, on duckie07'],
    [{ status: 'suspect' }, 'low', 'only copy, on duckie07'],
    [{ batteryPercent: 12 }, 'high', 'only copy, on duckie07, battery 12 %'],
    [{ batteryPercent: 12, charging: true }, 'low', 'only copy, on duckie07'],
    [{ batteryPercent: null, diskPercent: null }, 'low', 'only copy, on duckie07'],
    [{ diskPercent: 96.7 }, 'high', 'only copy, on duckie07, disk 96 % full'],
    [{ diskPercent: 96.7, role: 'server' }, 'low', 'only copy, on duckie07'],
    [{ diskPercent: 99, batteryPercent: 3 }, 'high', 'only copy, on duckie07, battery 3 %'],
    [silent(19 * 60_000), 'low', 'only copy, on duckie07, which has been silent for 10 min'],
    [silent(3 * hourMs), 'high', 'only copy, on duckie07, which has been silent for 3 h'],
    [silent(72 * hourMs), 'high', 'only copy, on duckie07, which has been silent for 3 days'],
    [{ status: 'unknown', silentMs: null }, 'high', 'only copy, on duckie07, which was never heard itself'],
    [{ archive: true, batteryPercent: 5 }, 'none', 'only copy, on duckie07, which keeps an archive'],
    [{ archive: true, ...silent(2 * hourMs) }, 'high', 'only copy, on duckie07, which has been silent for 2 h'],
  ])('%j is at %s risk: %s', (more, risk, why) => {
    expect(copyRisk([{ ...duckie, ...more }])).toMatchObject({ copies: 1, risk, why })
  })
})

describe('a file with several copies', () => {
  it.each<readonly [others: readonly Partial<Keeper>[], alive: number, risk: string, why: string]>([
    [[{}, {}], 2, 'none', '2 copies: k0, k1'],
    [[{}, { batteryPercent: 5 }], 2, 'none', '2 copies: k0, k1 (battery 5 %)'],
    [[{}, silent(hourMs * 30)], 1, 'low', '2 copies: k0, k1 (silent for 30 h)'],
    [[{ batteryPercent: 5 }, { diskPercent: 99 }], 2, 'low', '2 copies: k0 (battery 5 %), k1 (disk 99 % full)'],
    [[silent(hourMs), silent(hourMs)], 0, 'high', '2 copies: k0 (silent for 1 h), k1 (silent for 1 h)'],
    [[silent(0), silent(0)], 0, 'none', '2 copies: k0 (silent for a few minutes), k1 (silent for a few minutes)'],
    [[silent(hourMs), { archive: true }, {}, {}, {}], 4, 'none', '5 copies: k1 (an archive), k2, k3, and 2 more'],
  ])('%j', (others, aliveCopies, risk, why) => {
    const keepers = others.map((more, at) => ({ ...duckie, name: `k${at}`, ...more }))
    expect(copyRisk(keepers)).toEqual({ copies: keepers.length, aliveCopies, risk, why })
  })

  it('that nobody holds is lost', () => {
    expect(copyRisk([])).toEqual({ copies: 0, aliveCopies: 0, risk: 'high', why: 'nobody says that they hold it' })
  })
})

const keeper = fc.record({
  name: fc.string({ maxLength: 8 }),
  status: fc.constantFrom<Keeper['status']>('alive', 'suspect', 'gone', 'unknown'),
  silentMs: fc.option(fc.nat(10 * longSilenceMs)),
  role: fc.constantFrom<Keeper['role']>('robot', 'operator', 'server', null),
  archive: fc.boolean(),
  batteryPercent: fc.option(fc.nat(100)),
  charging: fc.boolean(),
  diskPercent: fc.option(fc.nat(100)),
})
const keepers = fc.array(keeper, { maxLength: 12 })
const badness = { none: 0, low: 1, high: 2 }

describe('whoever holds a file', () => {
  it('one more copy never makes it worse', () => {
    fc.assert(
      fc.property(keepers, keeper, (some, more) => {
        expect(badness[copyRisk([...some, more]).risk]).toBeLessThanOrEqual(badness[copyRisk(some).risk])
      }),
    )
  })

  it('the order in which they are known changes nothing', () => {
    fc.assert(
      fc.property(keepers, (some) => {
        // Of namesakes it is open who is told first.
        const own = some.map((one, at) => ({ ...one, name: `${one.name}${at}` }))
        expect(copyRisk(own.toReversed())).toEqual(copyRisk(own))
      }),
    )
  })

  it('a file is never called safe when nobody well holds it, and never in danger while two machines that are well do', () => {
    fc.assert(
      fc.property(keepers, (some) => {
        const well = some.filter(
          ({ status, batteryPercent, charging, diskPercent }) =>
            status === 'alive' &&
            (charging || batteryPercent === null || batteryPercent > lowBatteryPercent) &&
            (diskPercent === null || diskPercent < fullDiskPercent),
        )
        const heard = some.filter(
          ({ status, silentMs }) =>
            status === 'alive' || status === 'suspect' || (silentMs !== null && silentMs < longSilenceMs),
        )
        const { risk } = copyRisk(some)
        if (heard.length === 0) expect(risk).toBe('high')
        if (well.length >= 2) expect(risk).toBe('none')
      }),
    )
  })

  it('says it in one bounded sentence, with at most three names', () => {
    fc.assert(
      fc.property(fc.array(keeper, { maxLength: 300 }), (some) => {
        const { copies, aliveCopies, why } = copyRisk(some)
        expect(why.length).toBeGreaterThan(0)
        expect(why.length).toBeLessThan(200)
        expect(aliveCopies).toBeLessThanOrEqual(copies)
      }),
    )
  })
})
