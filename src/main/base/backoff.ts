export interface BackoffInit {
  /** First wait. Default 500 ms: a flapping Wi-Fi link is usually back by then. */
  readonly minMs?: number
  /** Longest wait. Default 30 s: a peer that was away is found again soon after its link is. */
  readonly maxMs?: number
  /** Growth a try. Default 2. */
  readonly factor?: number
}

/**
 * Exponential backoff with full jitter: uniform in [min/2, min * factor^attempt], capped at max.
 * @param attempt how many tries have failed in a row, from 0
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, random: number, init: BackoffInit = {}): number {
  const { minMs = 500, maxMs = 30_000, factor = 2 } = init
  const ceiling = Math.min(maxMs, minMs * factor ** Math.min(attempt, 30))
  const floor = Math.min(minMs / 2, ceiling)
  return floor + random * (ceiling - floor)
}
