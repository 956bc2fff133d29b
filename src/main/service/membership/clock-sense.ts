import type { SwarmTimeView } from '../../../shared/trust-views.ts'
import { span } from './span-words.ts'

export interface ClockEvidence {
  /** What this machine's own clock says. */
  readonly ownMs: number
  /** The time that is used, and where it comes from. */
  readonly time: SwarmTimeView
  /** Neighbours linked now. */
  readonly neighbours: number
  /** Of those whose own records are refused for their time: how far their clocks are behind ours (ahead: negative). */
  readonly behindMs: readonly number[]
}

/** Less is set right without a word: nothing that people look at depends on a minute. */
const worthSayingMs = 60_000
const remedy = 'Set it (`timedatectl set-ntp true`, or `date -s`), or give the machine a time server it can reach.'

/** What an operator should know about this machine's own clock; null when nothing speaks against it. */
export function clockWarning(evidence: ClockEvidence): { code: string; message: string } | null {
  const { ownMs, time, neighbours, behindMs } = evidence
  const says = `This machine's clock says ${new Date(ownMs).toISOString().slice(0, 10)}`
  if (time.source === 'floor') {
    return {
      code: 'CLOCK_WRONG',
      message: `${says}, which cannot be, and no trusted neighbour has told it the time yet: others may refuse what it says. ${remedy}`,
    }
  }
  if (time.source === 'swarm') {
    if (Math.abs(time.offsetMs) < worthSayingMs) return null
    const way = time.offsetMs > 0 ? 'behind' : 'ahead of'
    return {
      code: 'CLOCK_WRONG',
      message: `${says} and is ${span(Math.abs(time.offsetMs))} ${way} the swarm's: it uses swarm time. ${remedy}`,
    }
  }
  // The swarm's time is its own as long as no majority of trusted neighbours says otherwise: of two nobody can tell
  // which is wrong, and strangers are not asked.
  if (behindMs.length === 0 || behindMs.length * 2 <= neighbours) return null
  const middleMs = behindMs.toSorted((a, b) => a - b)[behindMs.length >> 1] ?? 0
  const way = middleMs < 0 ? 'behind' : 'ahead of'
  return {
    code: 'CLOCK_WRONG',
    message:
      `This machine's clock is ${span(Math.abs(middleMs))} ${way} that of ${behindMs.length} of ${neighbours} neighbours, ` +
      `so they and this machine refuse each other's records. If it is this one that is wrong: ${remedy}`,
  }
}
