import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { OneBook, operator, robot, stranger } from './testing/one-book.ts'

let w: OneBook

beforeEach(() => {
  w = new OneBook()
})

afterEach(() => w.remove())

describe('what is told', () => {
  it('is only what counts; what a stranger said counts once it is admitted, without being sent again', async () => {
    const [machine, health] = [w.record('machines', 'self', stranger), w.record('diagnostics', 'health', stranger)]
    const stored: string[] = []
    w.book.events.on('records:stored', ({ records }) => stored.push(...records.map((one) => one.record.body.key)))
    w.take(machine, health)
    expect(stored).toEqual(['self', 'health'])
    expect(w.stateOf(machine)).toBe('proposed')
    expect(w.told).toEqual([])
    const changed: PeerId[] = []
    w.book.events.on('trust:changed', ({ peers }) => changed.push(...peers))
    w.take(w.trusted.grant(stranger.peerId, ['robot']))
    expect(changed).toEqual([stranger.peerId])
    expect(w.told.filter((one) => !one.startsWith('+trust'))).toEqual(['+machines self', '+diagnostics health'])
    expect(w.book.live('machines').map(({ record: one }) => one.id)).toEqual([machine.id])
    await w.book.settled()
  })

  it('takes back what a revoked peer said, and what it had dismissed counts again', () => {
    const [share, other] = [w.record('files', 'log', operator), w.record('files', 'other', robot)]
    w.take(share, w.attested(other, 'dismiss', operator))
    expect([w.stateOf(share), w.stateOf(other)]).toEqual(['accepted', 'dismissed'])
    w.told = []
    w.take(w.trusted.revoke(operator.peerId))
    expect([w.stateOf(share), w.stateOf(other)]).toEqual(['dismissed', 'accepted'])
    expect(w.told).toEqual(expect.arrayContaining(['-files log', '+files other']))
    expect(w.told.filter((one) => one.startsWith('+files'))).toEqual(['+files other'])
  })

  it('of thousands of records of one that is revoked comes in slices', async () => {
    const shares = Array.from({ length: 5_000 }, (_, i) => w.record('files', `log-${i}`, robot))
    for (let i = 0; i < shares.length; i += 500) w.book.merge(shares.slice(i, i + 500), w.arrival())
    w.told = []
    let turns = 0
    const turn = (): void => {
      turns += 1
      if (w.told.length < shares.length) setImmediate(turn)
    }
    setImmediate(turn)
    w.take(w.trusted.revoke(robot.peerId))
    expect(w.told.length).toBeLessThan(1_000)
    await w.book.settled()
    expect(w.told.filter((one) => one.startsWith('-files'))).toHaveLength(shares.length)
    expect(turns).toBeGreaterThan(10)
  })

  it('ends with the last word when trust changes while it is being told', async () => {
    const shares = Array.from({ length: 2_000 }, (_, i) => w.record('files', `log-${i}`, robot))
    w.book.merge(shares, w.arrival())
    w.told = []
    w.take(w.trusted.revoke(robot.peerId))
    w.take(w.trusted.grant(robot.peerId, ['robot']))
    await w.book.settled()
    const last = new Map<string, string>()
    for (const one of w.told) last.set(one.slice(1), one.slice(0, 1))
    for (const { body } of shares) expect(last.get(`files ${body.key}`) ?? '+').toBe('+')
    expect(w.book.live('files')).toHaveLength(shares.length)
  })
})
