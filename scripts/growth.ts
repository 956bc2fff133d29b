/**
 * How many times as long a task takes for `large` as for `small`, each the quickest of five, taken by turns: a test of how its cost
 * grows that says the same on a slow machine and a busy one.
 */
export function growth(small: () => void, large: () => void): number {
  let [smallMs, largeMs] = [Infinity, Infinity]
  for (let i = 0; i < 5; i += 1) {
    smallMs = Math.min(smallMs, taken(small))
    largeMs = Math.min(largeMs, taken(large))
  }
  return largeMs / smallMs
}

function taken(task: () => void): number {
  const startedMs = performance.now()
  task()
  return performance.now() - startedMs
}
