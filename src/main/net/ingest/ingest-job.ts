import type { PeerId } from '../../../shared/ids.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RejectReason } from '../../model/reject.ts'

/** Where a batch came from. */
export interface Source {
  /** The neighbour that handed it over; on line channels as it says itself. */
  readonly from: PeerId
  /** `gossip`: said to all, on any channel. `catch-up`: asked for. */
  readonly how: 'gossip' | 'catch-up'
  /** `Channel.id`; none when it came over a stream between the two. */
  readonly channel?: string
  /** On line channels the link, which is what is judged there: names are only said. */
  readonly link?: string
  /** Channels passed before the last one. */
  readonly hops?: number
}

/** Under which name refusals and rates of a source are kept: a peer that is linked is proven, a name on a line is not. */
export function judgedAs(source: {
  readonly from?: PeerId
  readonly channel?: string
  readonly link?: string
}): string {
  return source.link === undefined ? (source.from ?? '') : `${source.channel ?? ''} ${source.link}`
}

/** What became of a batch. */
export interface Verdict {
  readonly added: number
  readonly known: number
  readonly refused: number
  /** Of the refused, those that no honest peer passes on. */
  readonly garbage: number
  /** Of the refused, those whose bringer or author has brought enough for now: later they may be welcome. */
  readonly overRate: number
  /** The queue was full: nothing was looked at. */
  readonly dropped: boolean
  /** Those that were new here, or brought new attestations, as they are now: for others to hear. */
  readonly news: readonly SignedRecord[]
  /** Those that were known, as they came: others on the same channel have heard them too. */
  readonly repeats: readonly SignedRecord[]
}

/** A batch that waits, and what is known of it so far. */
export interface Job {
  readonly batch: Uint8Array
  readonly source: Source
  readonly settle: (verdict: Verdict) => void
  added: number
  refused: number
  garbage: number
  overRate: number
  readonly news: SignedRecord[]
  readonly repeats: SignedRecord[]
}

/** Honest peers may differ in these: by their clock, their version, or what they already hold. */
const honestReasons: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'expired',
  'future',
  'unknown-version',
  'unknown-bucket',
  'superseded',
  'quota',
  'rate',
  // Whoever passes these on may not know yet who is trusted, or what was dismissed.
  'stranger',
  'revoked',
  'dismissed',
])

export function newJob(batch: Uint8Array, source: Source, settle: (verdict: Verdict) => void): Job {
  return { batch, source, settle, added: 0, refused: 0, garbage: 0, overRate: 0, news: [], repeats: [] }
}

/** Whoever refuses counts; here it is noted who sent it. */
export function refuse(job: Job, reason: RejectReason): void {
  job.refused += 1
  if (reason === 'rate') job.overRate += 1
  if (!honestReasons.has(reason)) job.garbage += 1
}

export function verdictOf(job: Job, dropped: boolean): Verdict {
  const { added, refused, garbage, overRate, news, repeats } = job
  return { added, known: repeats.length, refused, garbage, overRate, dropped, news, repeats }
}
