import { describe, expect, test } from 'vitest'
import { fakeRecordView } from '../testing/fake-records.ts'
import { checkChannelAddress } from './channel-words.ts'
import { checkProposal } from './proposal.ts'
import { skewWords } from './skew.ts'
import { validityOf } from './validity.ts'

describe('skewWords', () => {
  test.each([
    [null, null],
    [0, null],
    [-1_999, null],
    [2_000, '2 s ahead'],
    [-3_600_000 * 5, '5 h behind'],
    [-1.75e12, '55 years behind'],
  ])('%s ms is %s', (skewMs, words) => {
    expect(skewWords(skewMs)).toBe(words)
  })
})

describe('checkChannelAddress', () => {
  test.each([
    '/ip4/239.18.7.5/udp/7601/dswarm-line',
    '/ip6/ff02::1/udp/7601/dswarm-line',
    '/ip4/10.0.0.1/tcp/7602/dswarm-line',
    '/dns4/irc.example.org/tcp/6697/irc/duckies/dswarm-line',
  ])('%s will do', (address) => expect(checkChannelAddress(address)).toBeNull())

  test.each(['10.0.0.1', '/ip4/10.0.0.1/tcp/7602', '/ip4//tcp/1/dswarm-line', '/ip4/1.2.3.4/sctp/1/dswarm-line'])(
    '%s will not',
    (address) => expect(checkChannelAddress(address)).not.toBeNull(),
  )
})

describe('checkProposal', () => {
  const draft = { bucket: 'releases', key: ' a ', value: '{"b":1}', amount: 2, unit: 'hours' as const }

  test('reads what is well formed', () => {
    expect(checkProposal(draft).proposal).toEqual({
      bucket: 'releases',
      key: 'a',
      value: { b: 1 },
      validForMs: 7_200_000,
    })
  })

  test.each(['', '[]', 'null', '3', '{'])('%j is no value', (value) => {
    const { proposal, errors } = checkProposal({ ...draft, value })
    expect(proposal).toBeNull()
    expect(errors.value).toBeDefined()
  })

  test('no key, no length of time, or too much, is not sent', () => {
    expect(checkProposal({ ...draft, key: ' ' }).proposal).toBeNull()
    expect(checkProposal({ ...draft, amount: 0 }).errors.amount).toBeDefined()
    expect(checkProposal({ ...draft, value: `{"a":"${'x'.repeat(70_000)}"}` }).errors.value).toContain('64 KiB')
  })
})

describe('validityOf', () => {
  const record = fakeRecordView(1, 1_000_000, { validFromMs: 1_000_000, validUntilMs: 2_000_000 })

  test.each([
    [900_000, 'not yet'],
    [1_000_000, 'valid'],
    [1_999_999, 'valid'],
    [2_000_000, 'over'],
  ] as const)('at %d it is %s', (nowMs, phase) => {
    expect(validityOf(record, nowMs).phase).toBe(phase)
  })

  test('everything lies on the line, whatever the times are', () => {
    const { marks, ...line } = validityOf({ ...record, receivedAtMs: 9e12 }, 1_500_000)
    for (const percent of [line.fromPercent, line.nowPercent, line.toPercent, ...marks.map((one) => one.atPercent)]) {
      expect(percent).toBeGreaterThanOrEqual(0)
      expect(percent).toBeLessThanOrEqual(100)
    }
    expect(line.fromPercent).toBeLessThan(line.nowPercent)
    expect(line.nowPercent).toBeLessThan(line.toPercent)
  })
})
