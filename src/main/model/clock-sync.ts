import type { PeerId } from '../../shared/ids.ts'
import type { SwarmTimeView } from '../../shared/trust-views.ts'

/** No release is older than this, so no clock that says so is right: a robot without a clock battery boots in 1970. */
export const firstReleaseMs = Date.UTC(2026, 0, 1)

/** Round trips over Wi-Fi and a busy Raspberry Pi; nothing here needs time to be better than that. */
const noiseMs = 1_500

/** False for a time at which this program did not exist yet, or that has been already. */
export function isPossibleTime(nowMs: number, lastSeenMs = 0): boolean {
  return nowMs >= firstReleaseMs && nowMs >= lastSeenMs - noiseMs
}

/** What was measured of one neighbour lately. Offsets are its time minus our own machine's clock, in ms. */
export interface ClockSample {
  readonly peer: PeerId
  /** It has a role in this swarm. */
  readonly trusted: boolean
  /** It is an operator, or more. */
  readonly privileged: boolean
  /** Of its machine's clock; null when it says itself that this cannot be right, or was never set. */
  readonly ownOffsetMs: number | null
  /** Of the swarm time by which it stamps; null when it has none. */
  readonly swarmOffsetMs: number | null
}

export interface ClockEvidence {
  readonly samples: readonly ClockSample[]
  /** What our own machine's clock says now. */
  readonly ownMs: number
  /**
   * Nobody has set our clock since the machine started, as far as it knows: it goes on from its last shutdown. And we are
   * no operator, whose clock others would rather go by.
   */
  readonly ownUnset: boolean
  /** The last swarm time on which somebody agreed with us, or that an invite told: kept over restarts. 0: none. */
  readonly lastSeenMs: number
  /** For how long time has gone on since `lastSeenMs`, as far as is known. Default 0. */
  readonly sinceSeenMs?: number
  /**
   * When the invite ends by which one is coming in; none: Infinity. Until it is known whom to trust, nobody's word is
   * believed that says it is later: by then the invite lets nobody in anyway.
   */
  readonly inviteEndsMs?: number
  /** A root of the swarm is believed, so that it can be told who is trusted. */
  readonly rootKnown: boolean
  /** The offset in use. */
  readonly offsetMs: number
  /** Where it comes from. Default: floor. */
  readonly source?: SwarmTimeView['source']
}

/** An offset in use is let go only once it is well within the noise, so that one at its edge does not flap. */
const calmMs = 750
/** And corrected only when it is off by more than what measuring is. */
const correctionMs = 500

/**
 * What is to be added to our own clock to get swarm time. Votes are the machines' own clocks, not the swarm times
 * that they derive: so nobody's word is counted twice by way of those who follow it. The median decides, our own clock
 * is one vote as long as what it says is possible, and with an even number of votes the one nearer to our own
 * clock. So as long as fewer votes lie than not, the result lies among the honest ones. Of a machine whose own clock cannot
 * be right it is the one nearer to the time in use, or to the last time seen: half of the votes must not set it back.
 */
export function decideTime(evidence: ClockEvidence): SwarmTimeView {
  const { samples, ownMs, ownUnset, lastSeenMs, sinceSeenMs = 0, inviteEndsMs = Infinity } = evidence
  const { rootKnown, offsetMs, source = 'floor' } = evidence
  // It has been later already: an invite, or somebody who agreed with us, says so.
  const ownPossible = isPossibleTime(ownMs, lastSeenMs)
  const trusted = samples.filter((sample) => sample.trusted)
  const votes = trusted.flatMap(({ ownOffsetMs }) => ownOffsetMs ?? [])
  const floorMs = Math.max(lastSeenMs + (lastSeenMs > 0 ? sinceSeenMs : 0), firstReleaseMs)
  const nearMs = Math.max(offsetMs, floorMs - ownMs)
  const possible = votes.filter((vote) => isPossibleVote(vote, ownMs, lastSeenMs))
  if (ownPossible) {
    return (ownUnset ? deferToOperators(evidence, trusted) : undefined) ?? decideBesideOwn(possible, offsetMs)
  }
  const says = isPossibleTime(ownMs)
    ? `this machine's clock says ${day(ownMs)}, and it has been later already`
    : `this machine's clock says ${day(ownMs)}, which cannot be`
  if (possible.length > 0) {
    const agreed = settle(median(possible, nearMs), offsetMs)
    return {
      offsetMs: agreed,
      source: 'swarm',
      peers: possible.length,
      reason: `${says}; ${trustedWords(possible.length)}`,
    }
  }
  // Neighbours whose own clocks are wrong too, and who heard the time from others.
  const relayed = trusted
    .flatMap(({ swarmOffsetMs }) => swarmOffsetMs ?? [])
    .filter((vote) => isPossibleTime(ownMs + vote))
  if (relayed.length > 0) {
    const agreed = settle(median(relayed, nearMs), offsetMs)
    const reason = `${says}; ${trustedWords(relayed.length)}, which heard it from others`
    return { offsetMs: agreed, source: 'swarm', peers: relayed.length, reason }
  }
  if (!rootKnown) {
    // A newcomer cannot know yet whom to trust, and cannot learn it in 1970: every trust record is of the future then.
    const anybody = samples
      .flatMap(({ ownOffsetMs, swarmOffsetMs }) => ownOffsetMs ?? swarmOffsetMs ?? [])
      .filter((vote) => isPossibleTime(ownMs + vote, lastSeenMs) && ownMs + vote <= inviteEndsMs)
    if (anybody.length > 0) {
      const agreed = settle(median(anybody, nearMs), offsetMs)
      const reason = `${says}; until it is known whom to trust, the time is that of ${count(anybody.length, 'neighbour')}`
      return { offsetMs: agreed, source: 'swarm', peers: 0, reason }
    }
  }
  // Time has gone on since the floor was first used: what runs already is kept, but not what others said who are not heard
  // or trusted any more. What was borne out is the floor itself.
  const isRunning = source === 'floor' && ownMs + offsetMs >= floorMs
  const floorOffsetMs = isRunning ? offsetMs : floorMs - ownMs
  const reason = `${says}, and no trusted neighbour has told the time yet: it goes on from ${day(floorMs)}`
  return { offsetMs: floorOffsetMs, source: 'floor', peers: 0, reason }
}

/**
 * Whether trusted neighbours bear out what was decided, so that no time of this swarm can be before it. The own clock
 * is borne out by most of them only: one that is hours ahead, with a single neighbour to say so, is still used, but
 * as a memory it would make all who say it later look like those that have been set back.
 */
export function isBorneOut({ source, peers }: SwarmTimeView, { samples, ownMs, rootKnown }: ClockEvidence): boolean {
  if (!rootKnown || peers === 0 || source === 'floor') return false
  if (source === 'swarm') return true
  const votes = samples
    .flatMap(({ trusted, ownOffsetMs, swarmOffsetMs }) => (trusted ? (ownOffsetMs ?? swarmOffsetMs ?? []) : []))
    .filter((vote) => isPossibleTime(ownMs + vote))
  return votes.filter((vote) => Math.abs(vote) <= noiseMs).length * 2 > votes.length
}

/**
 * Whether two testimonies at least agree on the time in use, our own clock being one of them where it is what is gone by. By
 * the word of a single neighbour a robot without a clock stamps and judges, but throws nothing away.
 */
export function isSure(time: SwarmTimeView, evidence: ClockEvidence): boolean {
  if (!isBorneOut(time, evidence)) return false
  if (time.source === 'own') return true
  const { samples } = evidence
  const votes = samples.flatMap(({ trusted, ownOffsetMs, swarmOffsetMs }) =>
    trusted ? (ownOffsetMs ?? swarmOffsetMs ?? []) : [],
  )
  return votes.filter((vote) => Math.abs(vote - time.offsetMs) <= noiseMs).length >= 2
}

/**
 * A classroom of robots without internet boots with the time of last week's lesson, each with its own, or all with the
 * same: no median of those is worth anything. So a robot whose clock was never set goes by the clocks of operators.
 */
function deferToOperators(
  { ownMs, offsetMs }: ClockEvidence,
  trusted: readonly ClockSample[],
): SwarmTimeView | undefined {
  const votes = trusted
    .filter(({ privileged }) => privileged)
    .flatMap(({ ownOffsetMs, swarmOffsetMs }) => ownOffsetMs ?? swarmOffsetMs ?? [])
    .filter((vote) => isPossibleTime(ownMs + vote))
  if (votes.length === 0) return undefined
  const middle = median(votes, offsetMs)
  const peers = votes.length
  if (Math.abs(middle) <= (offsetMs === 0 ? noiseMs : calmMs)) {
    return { offsetMs: 0, source: 'own', peers, reason: `the own clock agrees with ${count(peers, 'operator')}` }
  }
  const reason = `this machine's clock goes on from an earlier time; the time is that of ${count(peers, 'operator')}`
  return { offsetMs: settle(middle, offsetMs), source: 'swarm', peers, reason }
}

function decideBesideOwn(votes: readonly number[], offsetMs: number): SwarmTimeView {
  const peers = votes.length
  if (peers === 0) {
    return { offsetMs: 0, source: 'own', peers, reason: 'no trusted neighbour to compare with: the own clock is used' }
  }
  const middle = median([...votes, 0], 0)
  if (Math.abs(middle) <= (offsetMs === 0 ? noiseMs : calmMs)) {
    const agreeing = votes.filter((vote) => Math.abs(vote) <= noiseMs).length
    const reason =
      agreeing === peers
        ? `the own clock agrees with ${count(peers, 'trusted neighbour')}`
        : `the own clock is kept: ${peers - agreeing} of ${count(peers, 'trusted neighbour')} say otherwise, which is no majority`
    return { offsetMs: 0, source: 'own', peers, reason }
  }
  return {
    offsetMs: settle(middle, offsetMs),
    source: 'swarm',
    peers,
    reason: `${trustedWords(peers)}; the own clock differs`,
  }
}

/**
 * A clock that a neighbour says cannot be right is no vote, nor is one that is behind what we know to have been - if
 * our own clock, which ran on meanwhile, bears that out: robots that boot with the time of their last shutdown must not
 * set back those who know better. Our memory alone does not count: it may come from a liar, or from a clock that was
 * wrong then.
 */
function isPossibleVote(vote: number, ownMs: number, lastSeenMs: number): boolean {
  const saysMs = ownMs + vote
  if (!isPossibleTime(saysMs)) return false
  return ownMs < lastSeenMs || saysMs >= lastSeenMs - noiseMs
}

/** Of an even number the one nearer to `nearMs`. */
function median(values: readonly number[], nearMs: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const low = sorted[(sorted.length - 1) >> 1] ?? 0
  const high = sorted[sorted.length >> 1] ?? 0
  return Math.abs(low - nearMs) <= Math.abs(high - nearMs) ? low : high
}

function settle(agreedMs: number, offsetMs: number): number {
  return Math.abs(agreedMs - offsetMs) <= correctionMs ? offsetMs : Math.round(agreedMs)
}

function trustedWords(peers: number): string {
  return `the time is the median of ${count(peers, 'trusted neighbour')}`
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}

function day(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'no date at all' : date.toISOString().slice(0, 10)
}
