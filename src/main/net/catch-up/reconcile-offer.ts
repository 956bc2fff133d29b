import { bucketNames, type BucketName } from '../../model/bucket.ts'
import type { Difference } from '../../model/reconcile.ts'
import { maxOffered, type Answer, type Part, type Question } from './reconcile-frames.ts'
import { unexpected } from './reconcile-stream.ts'

/**
 * Of items that the other side lacks, those that it still wants: somebody else may be bringing them, or it refused them.
 * @throws ReconcileFailed; what `ask` throws
 */
export async function stillWanted<Lack extends Difference & { readonly bucket: BucketName }>(
  items: readonly Lack[],
  ask: (question: Question) => Promise<Answer>,
): Promise<readonly Lack[]> {
  const wanted: Lack[] = []
  // In the order of buckets, as the parts of a question list them.
  const sorted = items.toSorted((a, b) => bucketNames.indexOf(a.bucket) - bucketNames.indexOf(b.bucket))
  for (let from = 0; from < sorted.length; from += maxOffered) {
    const offered = sorted.slice(from, from + maxOffered)
    const byBucket = Map.groupBy(offered, ({ bucket }) => bucket)
    const parts = [...byBucket].map(([bucket, list]): Part => [bucket, Buffer.concat(list.map(({ id }) => id))])
    const answer = await ask(['offer', parts])
    if (answer[0] !== 'offer') throw unexpected(answer)
    const [, bits] = answer
    wanted.push(...offered.filter((_, i) => (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1))
  }
  return wanted
}
