export const bucketNames = [
  'machines',
  'files',
  'diagnostics',
  'usage',
  'releases',
  'rollouts',
  'rollout-control',
  'rollout-status',
  'trust',
  'channels',
  'checkpoints',
] as const

export type BucketName = (typeof bucketNames)[number]

export interface BucketPolicy {
  /** keyed: of an author's records under one key only the newest counts. set: each counts until it ends. */
  readonly kind: 'keyed' | 'set'
  /** Longest span from validFrom to validUntil. */
  readonly maxValidityMs: number
  /** Largest canonical encoding of the value. */
  readonly maxValueBytes: number
  readonly maxRecordsPerAuthor: number
  /** Of all authors together: what a flood of fresh identities can cost this peer. */
  readonly maxRecords: number
}

const dayMs = 24 * 60 * 60_000
const kib = 1_024

/**
 * The one table of what each bucket takes. 100,000 records of any kind are fine for the store; the limits here
 * keep one author, or a crowd of invented ones, from filling a robot's card.
 */
export const buckets: Readonly<Record<BucketName, BucketPolicy>> = {
  // A week: a robot that left on Friday is still on the screen, greyed, on Monday. A peer also speaks for robots
  // near it that run no dt-swarm, hence more than one key an author.
  machines: keyed(7 * dayMs, 8 * kib, 256, 20_000),
  // A year: a log is looked up long after its course has ended. The value may list a bag's topics.
  files: set(366 * dayMs, 16 * kib, 50_000, 500_000),
  // As long as the machine itself is shown: the last health of a silent robot is what one wants to see.
  diagnostics: keyed(7 * dayMs, 8 * kib, 256, 20_000),
  // Running totals (distance, runs) of robots that may stay in a cupboard between two courses.
  usage: keyed(366 * dayMs, 4 * kib, 1_024, 100_000),
  // Two years: a robot found in a drawer must still be able to check what it may install. Lists many artifacts.
  releases: set(731 * dayMs, 48 * kib, 2_000, 20_000),
  rollouts: set(366 * dayMs, 32 * kib, 2_000, 20_000),
  // Pause, resume, abort: the last word of each operator about each rollout, as long as the rollout may live.
  'rollout-control': keyed(366 * dayMs, 4 * kib, 2_000, 20_000),
  // What a robot did about a rollout, for as long as somebody may ask.
  'rollout-status': keyed(90 * dayMs, 4 * kib, 1_000, 200_000),
  // Two years, as a TUF root: long enough to be found by a robot that was away.
  trust: set(731 * dayMs, 48 * kib, 1_000, 10_000),
  channels: keyed(31 * dayMs, 4 * kib, 1_000, 50_000),
  // Announced every few minutes; one of yesterday is no use when there is one of today.
  checkpoints: keyed(dayMs, 16 * kib, 16, 5_000),
}

/** How far another's clock may be ahead: NTP on a fresh boot settles within minutes. */
export const maxFutureMs = 10 * 60_000

/**
 * Most marks (of keyed records that have ended, but still outdate older ones) in one bucket, of all authors together:
 * as many as the largest fleet's keys for a week of `machines`, about 4 MiB.
 */
export const maxMarksPerBucket = 20_000

export function isBucketName(name: unknown): name is BucketName {
  return typeof name === 'string' && Object.hasOwn(buckets, name)
}

function keyed(
  maxValidityMs: number,
  maxValueBytes: number,
  maxRecordsPerAuthor: number,
  maxRecords: number,
): BucketPolicy {
  return { kind: 'keyed', maxValidityMs, maxValueBytes, maxRecordsPerAuthor, maxRecords }
}

function set(
  maxValidityMs: number,
  maxValueBytes: number,
  maxRecordsPerAuthor: number,
  maxRecords: number,
): BucketPolicy {
  return { kind: 'set', maxValidityMs, maxValueBytes, maxRecordsPerAuthor, maxRecords }
}
