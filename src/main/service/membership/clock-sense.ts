import { span } from './span-words.ts'

/** No release is older than this, so no clock that says so is right: a robot without a clock battery boots in 1970. */
const firstReleaseMs = Date.UTC(2026, 0, 1)

/** False for a time at which this program did not exist yet. */
export function isPossibleTime(nowMs: number): boolean {
  return nowMs >= firstReleaseMs
}

export interface ClockEvidence {
  readonly nowMs: number
  /** Neighbours linked now. */
  readonly neighbours: number
  /** Of those whose own records are refused for their time: how far their clocks are behind ours (ahead: negative). */
  readonly behindMs: readonly number[]
}

const remedy = 'Set it (`timedatectl set-ntp true`, or `date -s`), or give the machine a time server it can reach.'

/** What an operator should know about this machine's own clock; null when nothing speaks against it. */
export function clockWarning({ nowMs, neighbours, behindMs }: ClockEvidence): { code: string; message: string } | null {
  if (!isPossibleTime(nowMs)) {
    const day = new Date(nowMs).toISOString().slice(0, 10)
    return {
      code: 'CLOCK_WRONG',
      message: `This machine's clock says ${day}, which cannot be: others refuse what it says as expired. ${remedy}`,
    }
  }
  // One that is alone with its time is wrong; of two nobody can tell which.
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
