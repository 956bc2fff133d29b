import { membersRule, operatorsRule, releasersRule, witnessedRule, type BucketRule } from './policy.ts'

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
  /** Whose signatures count, unless the swarm's root says otherwise: see `TrustState.ruleOf`. */
  readonly rule: BucketRule
  /** What is kept of authors without a role; 0 where they may not author at all. */
  readonly strangers: { readonly maxRecordsPerAuthor: number; readonly maxRecords: number }
  /** New records an author may bring by gossip and lines, in the long run and at once; catching up is not counted. */
  readonly ratePerMinute: number
  readonly burst: number
}

const dayMs = 24 * 60 * 60_000
const kib = 1_024

/** A peer that announces itself needs one record of each; the rest is room for robots that it speaks for. */
const fewOfStrangers = { maxRecordsPerAuthor: 4, maxRecords: 1_000 }
const noStrangers = { maxRecordsPerAuthor: 0, maxRecords: 0 }

/** Said every few seconds by a machine, for itself and a handful of others near it. */
const chatty = { ratePerMinute: 600, burst: 600 }
/** Files: a folder of thousands of logs dropped at once, announced as fast as they are hashed. */
const bulky = { ratePerMinute: 3_000, burst: 10_000 }
/** What people decide; a script that admits a classroom of robots or starts a rollout needs the burst. */
const rare = { ratePerMinute: 60, burst: 2_000 }

/**
 * The one table of what each bucket takes. 100,000 records of any kind are fine for the store; the limits here
 * keep one author, or a crowd of invented ones, from filling a robot's card.
 */
export const buckets: Readonly<Record<BucketName, BucketPolicy>> = {
  // A week: a robot that left on Friday is still on the screen, greyed, on Monday. A peer also speaks for robots
  // near it that run no dt-swarm, hence more than one key an author.
  machines: {
    ...limits('keyed', 7 * dayMs, 8 * kib, 256, 20_000),
    rule: membersRule,
    strangers: fewOfStrangers,
    ...chatty,
  },
  // A year: a log is looked up long after its course has ended. The value may list a bag's topics.
  files: {
    ...limits('set', 366 * dayMs, 16 * kib, 50_000, 500_000),
    rule: membersRule,
    strangers: noStrangers,
    ...bulky,
  },
  // As long as the machine itself is shown: the last health of a silent robot is what one wants to see.
  diagnostics: {
    ...limits('keyed', 7 * dayMs, 8 * kib, 256, 20_000),
    rule: membersRule,
    strangers: fewOfStrangers,
    ...chatty,
  },
  // Running totals (distance, runs) of robots that may stay in a cupboard between two courses.
  usage: {
    ...limits('keyed', 366 * dayMs, 4 * kib, 1_024, 100_000),
    rule: membersRule,
    strangers: noStrangers,
    ...chatty,
  },
  // Two years: a robot found in a drawer must still be able to check what it may install. Lists many artifacts.
  releases: {
    ...limits('set', 731 * dayMs, 48 * kib, 2_000, 20_000),
    rule: releasersRule,
    strangers: noStrangers,
    ...rare,
  },
  rollouts: {
    ...limits('set', 366 * dayMs, 32 * kib, 2_000, 20_000),
    rule: operatorsRule,
    strangers: noStrangers,
    ...rare,
  },
  // Pause, resume, abort: the last word of each operator about each rollout, as long as the rollout may live.
  'rollout-control': {
    ...limits('keyed', 366 * dayMs, 4 * kib, 2_000, 20_000),
    rule: operatorsRule,
    strangers: noStrangers,
    ...rare,
  },
  // What a robot did about a rollout, for as long as somebody may ask.
  'rollout-status': {
    ...limits('keyed', 90 * dayMs, 4 * kib, 1_000, 200_000),
    rule: membersRule,
    strangers: noStrangers,
    ...chatty,
  },
  // Two years, as a TUF root: long enough to be found by a robot that was away. An operator speaks for each robot
  // of a large fleet, and again before that ends. A stranger has one thing to say here: that it asks to be let in;
  // one that asks again, because its first words end or were wrong, has two for a while.
  trust: {
    ...limits('set', 731 * dayMs, 48 * kib, 5_000, 20_000),
    rule: operatorsRule,
    strangers: { maxRecordsPerAuthor: 2, maxRecords: 1_000 },
    ...rare,
  },
  channels: {
    ...limits('keyed', 31 * dayMs, 4 * kib, 1_000, 50_000),
    rule: membersRule,
    strangers: fewOfStrangers,
    ...chatty,
  },
  // Announced every few minutes; one of yesterday is no use when there is one of today. Others who hold the same sign it.
  checkpoints: {
    ...limits('keyed', dayMs, 16 * kib, 16, 5_000),
    rule: witnessedRule,
    strangers: noStrangers,
    ...chatty,
  },
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

function limits(
  kind: 'keyed' | 'set',
  maxValidityMs: number,
  maxValueBytes: number,
  maxRecordsPerAuthor: number,
  maxRecords: number,
): Pick<BucketPolicy, 'kind' | 'maxValidityMs' | 'maxValueBytes' | 'maxRecordsPerAuthor' | 'maxRecords'> {
  return { kind, maxValidityMs, maxValueBytes, maxRecordsPerAuthor, maxRecords }
}
