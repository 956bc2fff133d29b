export type MemberStatus = 'alive' | 'suspect' | 'gone' | 'unknown'

export interface MemberEvidence {
  /** When this peer last heard of the member, by kind of evidence, ms on one clock; absent when never. */
  readonly lastHeardAtMs: Readonly<Partial<Record<'self' | 'direct' | 'relayed' | 'caught-up', number>>>
  /** How often the member promises to speak. */
  readonly announceEveryMs: number
  /** It said that it is leaving, and has not been heard since. */
  readonly leftAtMs?: number | undefined
  /** There is a live connection to it. */
  readonly connected?: boolean
  readonly nowMs: number
}

export interface MemberState {
  readonly status: MemberStatus
  readonly silentForMs: number | undefined
}

/** Announcements missed before doubt: gossip loses some, and Wi-Fi naps for seconds. */
const suspectAfter = 3
/** Announcements missed before a machine is given up: long enough for a reboot. */
const goneAfter = 12
/** A suspect is trusted again only when what was heard is this fresh, so that status does not flap at the edge. */
const aliveWithin = 2
/** However often a member speaks: a lost Wi-Fi beacon is no reason for doubt. */
const minSuspectMs = 10_000
const minGoneMs = 60_000

/** How long a member of this pace may be silent: until doubt, until it is given up, and to be trusted again. */
export function memberSpans(announceEveryMs: number): {
  readonly suspectMs: number
  readonly goneMs: number
  readonly aliveMs: number
} {
  const every = Math.max(1, announceEveryMs)
  return {
    suspectMs: Math.max(minSuspectMs, every * suspectAfter),
    goneMs: Math.max(minGoneMs, every * goneAfter),
    aliveMs: Math.max((minSuspectMs * aliveWithin) / suspectAfter, every * aliveWithin),
  }
}

/**
 * alive, suspect or gone as a function of the evidence and the status before. What was brought by catching up is
 * as old as it says, so `lastHeardAtMs['caught-up']` is when the member spoke, never when this peer learned of it.
 */
export function memberStatus(evidence: MemberEvidence, before: MemberStatus = 'unknown'): MemberState {
  const heard = Math.max(-Infinity, ...Object.values(evidence.lastHeardAtMs))
  if (!Number.isFinite(heard)) return { status: 'unknown', silentForMs: undefined }
  // Clocks step back: what was heard "later than now" was heard just now.
  const silentForMs = Math.max(0, evidence.nowMs - heard)
  if (evidence.leftAtMs !== undefined && evidence.leftAtMs >= heard) return { status: 'gone', silentForMs }
  const { suspectMs, goneMs, aliveMs } = memberSpans(evidence.announceEveryMs)
  if (silentForMs >= goneMs) {
    // A connection that is up says that the process lives, though it says nothing.
    return { status: evidence.connected === true ? 'suspect' : 'gone', silentForMs }
  }
  if (silentForMs >= suspectMs) return { status: before === 'gone' ? 'gone' : 'suspect', silentForMs }
  const doubted = before === 'suspect' || before === 'gone'
  return { status: doubted && silentForMs > aliveMs ? before : 'alive', silentForMs }
}
