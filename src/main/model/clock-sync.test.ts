import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../shared/ids.ts'
import { decideTime, firstReleaseMs, isBorneOut, isSure, type ClockEvidence, type ClockSample } from './clock-sync.ts'

const nowMs = Date.UTC(2027, 4, 1)
const hourMs = 3_600_000

const evidence = (more: Partial<ClockEvidence>): ClockEvidence => ({
  samples: [],
  ownMs: nowMs,
  ownUnset: false,
  lastSeenMs: 0,
  rootKnown: true,
  offsetMs: 0,
  ...more,
})

const told = (ownOffsetMs: number | null, more: Partial<ClockSample> = {}): ClockSample => ({
  peer: '12D3KooW' as PeerId,
  trusted: true,
  privileged: false,
  ownOffsetMs,
  swarmOffsetMs: ownOffsetMs,
  ...more,
})

describe('swarm time', () => {
  it.each<[string, Partial<ClockEvidence>, { offsetMs: number; source: string; peers: number }]>([
    ['is the own clock when alone', {}, { offsetMs: 0, source: 'own', peers: 0 }],
    ['is not moved by noise', { samples: [told(1_400), told(1_450)] }, { offsetMs: 0, source: 'own', peers: 2 }],
    [
      'of two, nobody can tell who is right: the own',
      { samples: [told(hourMs)] },
      { offsetMs: 0, source: 'own', peers: 1 },
    ],
    [
      'is that of two who agree against the own clock',
      { samples: [told(hourMs), told(hourMs + 100)] },
      { offsetMs: hourMs, source: 'swarm', peers: 2 },
    ],
    [
      'is not moved by one liar among three',
      { samples: [told(50), told(99 * hourMs), told(-40)] },
      { offsetMs: 0, source: 'own', peers: 3 },
    ],
    [
      'never asks strangers while the root is known',
      { ownMs: 0, samples: [told(nowMs, { trusted: false })] },
      { offsetMs: firstReleaseMs, source: 'floor', peers: 0 },
    ],
    [
      'of a newcomer in 1970 is that of whoever is there, until it knows whom to trust',
      { ownMs: 0, rootKnown: false, samples: [told(nowMs, { trusted: false })] },
      { offsetMs: nowMs, source: 'swarm', peers: 0 },
    ],
    [
      'in 1970 is that of a trusted neighbour',
      { ownMs: 5_000, samples: [told(nowMs), told(1, { trusted: false })] },
      { offsetMs: nowMs, source: 'swarm', peers: 1 },
    ],
    [
      'in 1970 comes from a neighbour that boots in 1970 too, and heard it',
      { ownMs: 5_000, samples: [told(null, { swarmOffsetMs: nowMs })] },
      { offsetMs: nowMs, source: 'swarm', peers: 1 },
    ],
    [
      'in 1970 with nobody there goes on from the last time seen',
      { ownMs: 5_000, lastSeenMs: nowMs },
      { offsetMs: nowMs - 5_000, source: 'floor', peers: 0 },
    ],
    [
      'runs on from its floor',
      { ownMs: 15_000, lastSeenMs: nowMs, offsetMs: nowMs - 5_000 },
      { offsetMs: nowMs - 5_000, source: 'floor', peers: 0 },
    ],
    [
      'is not set back by robots that boot with the time of their last shutdown',
      { lastSeenMs: nowMs - 60_000, samples: [told(-24 * hourMs), told(-25 * hourMs), told(-90 * hourMs)] },
      { offsetMs: 0, source: 'own', peers: 0 },
    ],
    [
      'is not held up by a memory that a liar has set ahead',
      { lastSeenMs: nowMs + 9_000 * hourMs, samples: [told(hourMs), told(hourMs), told(2 * hourMs)] },
      { offsetMs: hourMs, source: 'swarm', peers: 3 },
    ],
    [
      'of a robot whose clock was never set is that of an operator, not that of other robots from last week',
      {
        ownUnset: true,
        samples: [told(50 * hourMs, { privileged: true }), told(null, { swarmOffsetMs: 60 }), told(-20), told(30)],
      },
      { offsetMs: 50 * hourMs, source: 'swarm', peers: 1 },
    ],
    [
      'of a robot whose clock was never set comes also from an operator who is offline, too',
      { ownUnset: true, samples: [told(null, { privileged: true, swarmOffsetMs: hourMs })] },
      { offsetMs: hourMs, source: 'swarm', peers: 1 },
    ],
    [
      'of a robot whose clock was never set is the median without an operator',
      { ownUnset: true, samples: [told(hourMs), told(hourMs)] },
      { offsetMs: hourMs, source: 'swarm', peers: 2 },
    ],
    [
      'of a robot whose clock was set is not that of a single operator',
      { samples: [told(50 * hourMs, { privileged: true }), told(-20)] },
      { offsetMs: 0, source: 'own', peers: 2 },
    ],
    [
      'of a newcomer whose clock is behind its invite is that of whoever is there',
      { rootKnown: false, lastSeenMs: nowMs + hourMs, samples: [told(2 * hourMs, { trusted: false })] },
      { offsetMs: 2 * hourMs, source: 'swarm', peers: 0 },
    ],
    [
      'of a newcomer lies between the beginning and the end of its invite, whatever strangers say',
      {
        ownMs: 0,
        rootKnown: false,
        lastSeenMs: nowMs,
        inviteEndsMs: nowMs + 24 * hourMs,
        samples: [nowMs - hourMs, nowMs + 25 * hourMs, nowMs + 900 * hourMs, nowMs + 2 * hourMs].map((at) =>
          told(at, { trusted: false }),
        ),
      },
      { offsetMs: nowMs + 2 * hourMs, source: 'swarm', peers: 0 },
    ],
    [
      'of a newcomer to whom strangers say impossible times goes on from the invite',
      {
        ownMs: 0,
        rootKnown: false,
        lastSeenMs: nowMs,
        inviteEndsMs: nowMs + 24 * hourMs,
        samples: [told(nowMs + 25 * hourMs, { trusted: false })],
      },
      { offsetMs: nowMs, source: 'floor', peers: 0 },
    ],
    [
      'of a newcomer whose clock is behind its invite, with nobody there, goes on from the invite',
      { rootKnown: false, lastSeenMs: nowMs + hourMs },
      { offsetMs: hourMs, source: 'floor', peers: 0 },
    ],
  ])('%s', (_, given, expected) => {
    const decided = decideTime(evidence(given))
    expect(decided).toMatchObject(expected)
    expect(decided.reason).not.toBe('')
  })

  it('stays among the honest clocks as long as fewer lie than not', () => {
    const honest = fc.array(fc.integer({ min: -hourMs, max: hourMs }), { minLength: 1, maxLength: 8 })
    const wild = fc.oneof(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom(-nowMs, 8.64e15, 1e15))
    fc.assert(
      fc.property(
        honest.chain((right) =>
          fc.tuple(fc.constant(right), fc.array(wild, { maxLength: right.length - 1 }), fc.boolean(), fc.nat(100)),
        ),
        ([right, lies, ownHonest, order]) => {
          // Our own clock is one of the honest votes, or cannot be right and is none.
          const base = ownHonest ? 0 : nowMs
          const others = ownHonest ? right.slice(1) : right
          const all = [...others, ...lies]
          const turned = [...all.slice(order % (all.length + 1)), ...all.slice(0, order % (all.length + 1))]
          const { offsetMs } = decideTime(
            evidence({ ownMs: nowMs - base, samples: turned.map((offset) => told(base + offset)) }),
          )
          const truth = ownHonest ? [0, ...others] : right
          expect(offsetMs - base).toBeGreaterThanOrEqual(Math.min(...truth))
          expect(offsetMs - base).toBeLessThanOrEqual(Math.max(...truth))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('does not flap at the edge of the noise, nor follow each measurement', () => {
    let offsetMs = 0
    const seen = new Set<number>()
    for (let i = 0; i < 50; i++) {
      const jitter = (i % 5) * 60
      offsetMs = decideTime(evidence({ offsetMs, samples: [told(1_400 + jitter), told(1_420 + jitter)] })).offsetMs
      seen.add(offsetMs)
    }
    // Once over the edge it stays: 0, then the first offset beyond it.
    expect(seen.size).toBe(2)
  })
})

it.each<[string, Partial<ClockEvidence>, boolean]>([
  ['alone', {}, false],
  ['with one that agrees', { samples: [told(40)] }, true],
  ['with one that says otherwise', { samples: [told(-3 * hourMs)] }, false],
  ['with one for and one against', { samples: [told(0), told(-3 * hourMs)] }, false],
  ['moved by two', { samples: [told(-3 * hourMs), told(-3 * hourMs)] }, true],
  ['with two for and a liar', { samples: [told(0), told(90), told(hourMs)] }, true],
  ['with strangers only', { ownMs: 0, rootKnown: false, samples: [told(nowMs, { trusted: false })] }, false],
])('the time of a peer %s: whether it is borne out', (_, given, borneOut) => {
  expect(isBorneOut(decideTime(evidence(given)), evidence(given))).toBe(borneOut)
})

it.each([[[0, -400]], [[0, 2_500, -400, -390]]])(
  'a robot of 1970 is not set back months by half of its neighbours',
  (offDays) => {
    const lastSeenMs = nowMs - 60_000
    const samples = offDays.map((days) => told(nowMs + days * 24 * hourMs))
    const { offsetMs } = decideTime(evidence({ ownMs: 0, lastSeenMs, offsetMs: lastSeenMs, samples }))
    expect(offsetMs).toBe(nowMs)
  },
)

it('what others said who are not heard any more is not gone by, but time runs on from what was borne out', () => {
  const lastSeenMs = nowMs - hourMs
  const running = { ownMs: 5_000, lastSeenMs, sinceSeenMs: 60_000, offsetMs: nowMs + 9_000 * hourMs }
  const expected = lastSeenMs + 60_000 - 5_000
  expect(decideTime(evidence({ ...running, source: 'swarm' }))).toMatchObject({ source: 'floor', offsetMs: expected })
})

it.each<[string, Partial<ClockEvidence>, boolean]>([
  ['one says', { ownMs: 0, samples: [told(nowMs)] }, false],
  ['two say', { ownMs: 0, samples: [told(nowMs), told(nowMs + 90)] }, true],
  ['two say, who do not agree', { ownMs: 0, samples: [told(nowMs), told(nowMs + hourMs)] }, false],
  ['one says who agrees with the own clock', { samples: [told(90)] }, true],
  ['one says against the own clock', { samples: [told(hourMs)] }, false],
])('nothing is taken away for a time that %s: %s', (_, given, sure) => {
  expect(isSure(decideTime(evidence(given)), evidence(given))).toBe(sure)
})
