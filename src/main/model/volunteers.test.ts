import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cid, PeerId } from '../../shared/ids.ts'
import { placeInLine, whoFetches, type Volunteer } from './volunteers.ts'

const peerId = (n: number): PeerId => `12D3KooW${n}` as PeerId
const cid = fc.nat().map((n) => `bafy${hash('sha256', String(n), 'hex')}` as Cid)
const volunteers = fc
  .uniqueArray(fc.record({ n: fc.nat(40), copies: fc.integer({ min: 1, max: 6 }) }), {
    selector: ({ n }) => n,
    maxLength: 12,
  })
  .map((some) => some.map(({ n, copies }): Volunteer => ({ peer: peerId(n), copies })))
const holders = fc.array(fc.nat(40).map(peerId), { maxLength: 4 }).map((some) => new Set(some))

describe('who fetches a file with too few copies', () => {
  it('all peers agree, in whatever order they know of each other', () => {
    fc.assert(
      fc.property(cid, holders, volunteers, (file, held, some) => {
        expect(whoFetches(file, held, some.toReversed())).toEqual(whoFetches(file, held, some))
      }),
    )
  })

  it('the number is reached for each that wants it, as far as there are volunteers, and is not passed', () => {
    fc.assert(
      fc.property(cid, holders, volunteers, (file, held, some) => {
        const fetching = whoFetches(file, held, some)
        const after = held.size + fetching.length
        const most = Math.max(0, ...some.filter(({ peer }) => !held.has(peer)).map(({ copies }) => copies))
        expect(after).toBeLessThanOrEqual(Math.max(held.size, most))
        for (const { peer, copies } of some) {
          if (!held.has(peer) && !fetching.includes(peer)) expect(after).toBeGreaterThanOrEqual(copies)
        }
      }),
    )
  })

  it('nobody fetches what it has, nobody twice, and nobody once those that were chosen have it', () => {
    fc.assert(
      fc.property(cid, holders, volunteers, (file, held, some) => {
        const fetching = whoFetches(file, held, some)
        expect(new Set(fetching).size).toBe(fetching.length)
        expect(fetching.some((peer) => held.has(peer))).toBe(false)
        expect(whoFetches(file, new Set([...held, ...fetching]), some)).toEqual([])
      }),
    )
  })

  it('one that came first does not change who else is chosen, when all want as many', () => {
    fc.assert(
      fc.property(cid, fc.integer({ min: 2, max: 6 }), volunteers, (file, copies, some) => {
        const same = some.map(({ peer }) => ({ peer, copies }))
        const origin = new Set([peerId(99)])
        const chosen = whoFetches(file, origin, same)
        // Their records come one after the other; whoever hears only of some of them must not step in.
        for (let done = 0; done <= chosen.length; done += 1) {
          const held = new Set([...origin, ...chosen.slice(done)])
          for (const peer of whoFetches(file, held, same)) expect(chosen).toContain(peer)
        }
      }),
    )
  })

  it('files are spread over the volunteers', () => {
    const four = [0, 1, 2, 3].map((n) => ({ peer: peerId(n), copies: 2 }))
    const counts = new Map<PeerId, number>()
    for (let n = 0; n < 2_000; n += 1) {
      const chosen = whoFetches(`bafy${n}` as Cid, new Set([peerId(99)]), four)
      expect(chosen).toHaveLength(1)
      for (const peer of chosen) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    }
    // 500 each, give or take five standard deviations (19.4).
    for (const { peer } of four) expect(Math.abs((counts.get(peer) ?? 0) - 500)).toBeLessThan(97)
  })

  it('those that were not chosen stand in line, each at a place of its own', () => {
    fc.assert(
      fc.property(cid, holders, volunteers, (file, held, some) => {
        const chosen = new Set(whoFetches(file, held, some))
        const places = some.map(({ peer }) => ({ peer, place: placeInLine(file, peer, held, some) }))
        for (const { peer, place } of places) expect(place === 0).toBe(chosen.has(peer))
        const waiting = places.flatMap(({ place }) => (place === null || place === 0 ? [] : [place]))
        expect(waiting.toSorted((a, b) => a - b)).toEqual(waiting.map((_, at) => at + 1))
      }),
    )
  })
})
