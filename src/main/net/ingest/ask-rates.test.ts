import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { AskRates } from './ask-rates.ts'
import type { Source } from '../ingest/ingest-job.ts'

const [member, other, server] = ['member' as PeerId, 'other' as PeerId, 'server' as PeerId]
const members = new Set([member, other, server])
const said = (from: string, link?: string): Source => {
  const source = { from: from as PeerId, how: 'gossip', channel: 'channel' } as const
  return link === undefined ? source : { ...source, link }
}
const make = () => {
  const clock = new FakeClock()
  return { clock, rates: new AskRates({ clock, isStranger: (peer) => !members.has(peer) }) }
}

/** How many asks of authors that are not seen twice are taken, of so many. */
function taken(rates: AskRates, source: Source, count: number) {
  const all = Array.from({ length: count }, (_, i) => rates.take(`invented${i}` as PeerId, source))
  return { taken: all.filter((one) => one === 'taken').length, floods: all.filter((one) => one === 'flood').length }
}

test('strangers together have one small share, and each a place of its own beside it', async () => {
  const { clock, rates } = make()
  expect(taken(rates, said('flooder'), 800)).toEqual({ taken: 204, floods: 0 })
  expect(taken(rates, said('honest'), 10)).toEqual({ taken: 4, floods: 0 })
  await clock.advance(10_000)
  expect(taken(rates, said('flooder'), 100).taken).toBe(6)
})

test('who asks for itself over its own link is heard beside any flood; a name on a line proves nothing', () => {
  const { rates } = make()
  taken(rates, said('flooder'), 800)
  expect(rates.take('robot' as PeerId, said('robot'))).toBe('taken')
  taken(rates, said('invented0', 'nick'), 10)
  expect(rates.take('robot' as PeerId, said('robot', 'nick'))).toBe('rate')
})

test('a stranger that floods is to blame; a member that passes a flood on, a line and whoever was asked are not', () => {
  const { rates } = make()
  expect(taken(rates, said('flooder'), 1_000)).toEqual({ taken: 204, floods: 196 })
  expect(taken(rates, { ...said('relay'), how: 'catch-up' }, 1_000)).toEqual({ taken: 4, floods: 0 })
  expect(taken(rates, said(member), 1_800)).toEqual({ taken: 1_000, floods: 0 })
  expect(taken(rates, said(member, 'nick'), 1_000)).toEqual({ taken: 4, floods: 0 })
})

test('one member leaves others their share, and all together have an end', () => {
  const { rates } = make()
  expect(taken(rates, said(member), 1_800).taken).toBe(1_000)
  expect(taken(rates, said(other), 500).taken).toBe(500)
  expect(taken(rates, said(server), 1_000).taken).toBe(500)
})
