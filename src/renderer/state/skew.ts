import { formatDuration } from '../format.ts'

/** Below this a clock is as good as any: what a network's delay and a second's rounding make of it. */
const minSkewMs = 2_000
const yearMs = 365.25 * 86_400_000

/** By how much a machine's own clock is off swarm time, in words; null while it is not worth a word. */
export function skewWords(skewMs: number | null): string | null {
  if (skewMs === null || Math.abs(skewMs) < minSkewMs) return null
  const size = Math.abs(skewMs)
  const text = size > 2 * yearMs ? `${Math.floor(size / yearMs)} years` : formatDuration(size)
  return `${text} ${skewMs > 0 ? 'ahead' : 'behind'}`
}
