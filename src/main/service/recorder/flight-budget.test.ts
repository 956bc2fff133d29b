import fc from 'fast-check'
import { expect, it } from 'vitest'
import { faultKinds, type FlightCause } from '../../../shared/recorder-views.ts'
import { maxAllBytes, maxFlights, refusal, surplus, type Flown } from './flight-budget.ts'

const nowMs = Date.UTC(2030, 0, 1)
const minuteMs = 60_000
const flown = (cause: FlightCause, agoMs: number, sizeBytes = 1_000): Flown & { readonly sizeBytes: number } => ({
  cause,
  atMs: nowMs - agoMs,
  sizeBytes,
})

it.each([
  ['nothing was saved yet', [], 'temperature', null],
  ['the same fault 14 minutes later', [flown('temperature', 14 * minuteMs)], 'temperature', 'same fault'],
  ['the same fault 15 minutes later', [flown('temperature', 15 * minuteMs)], 'temperature', null],
  ['another fault a minute later', [flown('temperature', minuteMs)], 'throttled', '2 minutes'],
  ['another fault 3 minutes later', [flown('temperature', 3 * minuteMs)], 'throttled', null],
  ['a mark a minute after a fault', [flown('temperature', minuteMs)], 'mark', null],
  ['a fault a minute after a mark', [flown('mark', minuteMs)], 'temperature', null],
  ['two marks at once', [flown('mark', 1_000)], 'mark', 'a moment ago'],
  ['a clock that was set back', [flown('temperature', -400 * 24 * 60 * minuteMs)], 'temperature', null],
] as const)('%s', (_, before, cause, why) => {
  const said = refusal(before, cause, nowMs)
  if (why === null) expect(said).toBeNull()
  else expect(said).toContain(why)
})

it('a fault that comes again and again is saved twelve times a day at most', () => {
  const saved: Flown[] = []
  for (let atMs = nowMs; atMs < nowMs + 24 * 60 * minuteMs - 1; atMs += 10_000) {
    const cause = faultKinds[Math.floor(atMs / 10_000) % faultKinds.length] ?? 'disk'
    if (refusal(saved, cause, atMs) === null) saved.push({ cause, atMs })
  }
  expect(saved).toHaveLength(12)
})

it('what is kept is within its bounds, and is the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 130_000_000 }), { maxLength: 60 }), (sizes) => {
      const all = sizes.map((sizeBytes, at) => flown('mark', at * minuteMs, sizeBytes))
      const gone = new Set(surplus(all))
      const kept = all.filter((flight) => !gone.has(flight))
      expect(kept.length).toBeLessThanOrEqual(maxFlights)
      expect(kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(maxAllBytes)
      expect(all.slice(0, kept.length)).toEqual(kept)
    }),
  )
})
