import type { BucketName } from '../model/bucket.ts'
import type { BucketCount } from './bucket-tally.ts'

export interface GrowthPoint {
  readonly atMs: number
  readonly records: number
}

/** A chart's worth: five hours at one point in five minutes. */
const maxPoints = 60
const everyMs = 5 * 60_000

/** How many records each bucket held, over the last hours of this run. */
export class BucketGrowth {
  readonly #points = new Map<BucketName, GrowthPoint[]>()

  /** Notes the counts when it is time for another point. A clock that was set back begins anew. */
  note(atMs: number, counts: readonly BucketCount[]): void {
    for (const { bucket, records } of counts) {
      const points = this.#points.get(bucket) ?? []
      const last = points.at(-1)
      if (last !== undefined && last.atMs > atMs) points.length = 0
      if (last !== undefined && points.length > 0 && atMs - last.atMs < everyMs) continue
      points.push({ atMs, records })
      // One less: what is now comes on top.
      if (points.length >= maxPoints) points.shift()
      this.#points.set(bucket, points)
    }
  }

  /** Oldest first, what is now last. */
  of(bucket: BucketName, now: GrowthPoint): readonly GrowthPoint[] {
    const before = (this.#points.get(bucket) ?? []).filter(({ atMs }) => atMs < now.atMs)
    return [...before, now]
  }
}
