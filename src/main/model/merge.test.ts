import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Signer } from './attestation.ts'
import { signAttestation } from './attestation.ts'
import { buckets } from './bucket.ts'
import { signRecord, type SignedRecord } from './record.ts'
import { recordState } from './state.ts'
import { emptyBucket, mergeRecord, sweepBucket, type BucketState } from './testing/bucket-value.ts'
import { anchorAt, makeSigner, rootRecord, testSwarm } from './testing/trust-steps.ts'
import { evaluateTrust } from './trust-evaluate.ts'

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs
const startMs = 1_700_000_000_000

const signers = [makeSigner(), makeSigner(), makeSigner()]
const firstRoot = rootRecord({ keys: signers.slice(0, 2) })
const trust = evaluateTrust({ anchor: anchorAt(firstRoot), records: [firstRoot], now: startMs })

/** Records with starts and seqs that contradict each other, as liars and broken clocks make them. */
const recordArbitrary = (bucket: 'machines' | 'files') =>
  fc
    .record({
      author: fc.integer({ min: 0, max: 1 }),
      key: fc.constantFrom('a', 'b'),
      seq: fc.integer({ min: 1, max: 4 }),
      from: fc.integer({ min: -8 * 24, max: 0 }),
      hours: fc.integer({ min: 1, max: 7 * 24 }),
      attesters: fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }), fc.boolean()), {
        maxLength: 3,
      }),
    })
    .map(({ author, key, seq, from, hours, attesters }) => {
      const signer = signers[author] as Signer
      const validFrom = startMs + from * hourMs
      const record = signRecord(
        {
          v: 1,
          bucket,
          key,
          value: { seq },
          author: signer.peerId,
          seq,
          validFrom,
          validUntil: validFrom + hours * hourMs,
        },
        signer,
        testSwarm,
      )
      const attestations = attesters.map(([who, at, endorse]) =>
        signAttestation(
          { id: record.id, swarm: testSwarm },
          endorse ? 'endorse' : 'dismiss',
          startMs + at,
          signers[who] as Signer,
        ),
      )
      return { ...record, attestations }
    })

/** What anybody can see at `now`: the live records and their attestations. */
function seen(state: BucketState, bucket: 'machines' | 'files', now: number): unknown {
  return [...sweepBucket(state, buckets[bucket], now)]
    .filter(([, slot]) => slot.record !== undefined)
    .map(([name, { record }]) => [name, record?.id, record?.attestations.map((a) => [a.author, a.verdict, a.at])])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

describe.each(['machines', 'files'] as const)('merging %s', (bucket) => {
  const policy = buckets[bucket]
  const mergeAll = (records: readonly SignedRecord[], times: readonly number[], sweeps: readonly boolean[]) =>
    records.reduce((state, record, i) => {
      const now = times[i] ?? startMs
      const swept = sweeps[i] === true ? sweepBucket(state, policy, now) : state
      return mergeRecord(swept, record, policy, now).state
    }, emptyBucket)

  it('gives the same state in any order, with any repetition, sweeps and clock advances between', () => {
    fc.assert(
      fc.property(
        fc.array(recordArbitrary(bucket), { minLength: 1, maxLength: 8 }).chain((records) =>
          fc.tuple(
            fc.constant(records),
            fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 }),
            fc.array(fc.boolean(), { minLength: records.length * 2, maxLength: records.length * 2 }),
            fc.array(fc.integer({ min: 0, max: 48 * hourMs }), {
              minLength: records.length * 2,
              maxLength: records.length * 2,
            }),
          ),
        ),
        ([records, shuffled, sweeps, advances]) => {
          const times = advances.toSorted((a, b) => a - b).map((advance) => startMs + advance)
          const end = times.at(-1) as number
          // Records of a set bucket that end before they come are not taken; those are no one's loss.
          const first = mergeAll(records, [], [])
          const second = mergeAll(shuffled, times, sweeps)
          for (const now of [end, end + dayMs, end + 6 * dayMs]) {
            expect(seen(second, bucket, now)).toEqual(seen(first, bucket, now))
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it('is never undone by a swept record that comes back', () => {
    fc.assert(
      fc.property(recordArbitrary(bucket), (record) => {
        const before = mergeRecord(emptyBucket, record, policy, record.body.validFrom).state
        const swept = sweepBucket(before, policy, record.body.validUntil)
        const again = mergeRecord(swept, record, policy, record.body.validUntil)
        expect(again.outcome).toBe('expired')
        expect(again.state).toEqual(swept)
      }),
    )
  })

  it('finds a state with a reason for every record at every time', () => {
    fc.assert(
      fc.property(recordArbitrary(bucket), fc.maxSafeNat(), (record, now) => {
        const { state, reason } = recordState({ record, trust, policy, now })
        expect(['proposed', 'accepted', 'dismissed', 'expired']).toContain(state)
        expect(reason).not.toBe('')
      }),
    )
  })
})
