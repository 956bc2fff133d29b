const units = [
  { ms: 86_400_000, word: 'd' },
  { ms: 3_600_000, word: 'h' },
  { ms: 60_000, word: 'min' },
  { ms: 1_000, word: 's' },
] as const

/** A span of time in words for people, rounded down: "4 s", "2 min", "3 d". Never negative. */
export function span(ms: number): string {
  for (const { ms: unitMs, word } of units) if (ms >= unitMs) return `${Math.floor(ms / unitMs)} ${word}`
  return '0 s'
}
