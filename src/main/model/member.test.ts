import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memberSpans, memberStatus, type MemberEvidence, type MemberStatus } from './member.ts'

const everyMs = 10_000
const spans = memberSpans(everyMs)
const nowMs = 1_000_000_000

/** Heard so long ago, directly, at a pace of ten seconds. */
const silent = (ms: number, more: Partial<MemberEvidence> = {}): MemberEvidence => ({
  lastHeardAtMs: { direct: nowMs - ms },
  announceEveryMs: everyMs,
  nowMs,
  ...more,
})

describe('status', () => {
  it.each<readonly [what: string, evidence: MemberEvidence, before: MemberStatus, after: MemberStatus]>([
    ['never heard', { lastHeardAtMs: {}, announceEveryMs: everyMs, nowMs }, 'unknown', 'unknown'],
    ['just heard', silent(0), 'unknown', 'alive'],
    ['one announcement missed', silent(2 * everyMs - 1), 'alive', 'alive'],
    ['just before doubt', silent(spans.suspectMs - 1), 'alive', 'alive'],
    ['at doubt', silent(spans.suspectMs), 'alive', 'suspect'],
    ['just before it is given up', silent(spans.goneMs - 1), 'suspect', 'suspect'],
    ['given up', silent(spans.goneMs), 'suspect', 'gone'],
    ['given up, but linked', silent(spans.goneMs, { connected: true }), 'alive', 'suspect'],
    ['gone does not become suspect by stale news', silent(spans.suspectMs), 'gone', 'gone'],
    ['doubted, heard not freshly enough', silent(spans.aliveMs + 1), 'suspect', 'suspect'],
    ['doubted, heard freshly', silent(spans.aliveMs), 'suspect', 'alive'],
    ['gone, heard freshly', silent(0), 'gone', 'alive'],
    ['heard later than now', silent(-60_000), 'unknown', 'alive'],
    ['said goodbye', silent(1_000, { leftAtMs: nowMs - 1_000 }), 'alive', 'gone'],
    ['said goodbye, still linked', silent(1_000, { leftAtMs: nowMs - 1_000, connected: true }), 'alive', 'gone'],
    ['came back after its goodbye', silent(0, { leftAtMs: nowMs - 1_000 }), 'gone', 'alive'],
    [
      'the newest kind of evidence counts',
      silent(spans.goneMs, { lastHeardAtMs: { direct: 0, relayed: nowMs } }),
      'gone',
      'alive',
    ],
  ])('%s', (_, evidence, before, after) => {
    expect(memberStatus(evidence, before).status).toBe(after)
  })

  it('is known of every pace, doubt before giving up, and trust closer than doubt', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 3_600_000 }), (pace) => {
        const { aliveMs, suspectMs, goneMs } = memberSpans(pace)
        expect(aliveMs).toBeLessThan(suspectMs)
        expect(suspectMs).toBeLessThan(goneMs)
      }),
    )
  })
})

describe('under jitter', () => {
  /** Status as it is looked at every second while announcements come; what it changed to, in order. */
  function changes(gapsMs: readonly number[], everyMsOf: number): MemberStatus[] {
    const seen: MemberStatus[] = ['alive']
    let heardMs = 0
    for (const gapMs of gapsMs) {
      for (let atMs = heardMs; atMs < heardMs + gapMs; atMs += 1_000) {
        const before = seen.at(-1) ?? 'alive'
        const { status } = memberStatus(
          { lastHeardAtMs: { direct: heardMs }, announceEveryMs: everyMsOf, nowMs: atMs },
          before,
        )
        if (status !== before) seen.push(status)
      }
      heardMs += gapMs
    }
    return seen
  }

  it('stays alive while announcements are up to half late and no two in a row are lost', () => {
    const gap = fc.tuple(fc.double({ min: 0.5, max: 1.5, noNaN: true }), fc.boolean())
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 60 }), fc.integer({ min: 5_000, max: 60_000 }), (gaps, pace) => {
        // A lost one makes one gap of two; each is late by at most half its pace.
        const gapsMs = gaps.map(([late, lost]) => pace * (lost ? Math.min(2.9, late + 1.4) : late))
        expect(changes(gapsMs, pace)).toEqual(['alive'])
      }),
    )
  })

  it('changes at most twice a gap, however long the gaps: to doubt and on, and back when it is heard', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_000, max: 300_000 }), { maxLength: 30 }), (gapsMs) => {
        const seen = changes(gapsMs, everyMs)
        const doubts = gapsMs.filter((gapMs) => gapMs > spans.suspectMs).length
        const givenUp = gapsMs.filter((gapMs) => gapMs > spans.goneMs).length
        expect(seen.length - 1).toBeLessThanOrEqual(2 * doubts + givenUp)
        expect(seen.filter((status) => status === 'gone').length).toBeLessThanOrEqual(givenUp)
      }),
    )
  })
})
