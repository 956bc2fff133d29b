/**
 * What is risky about so many root keys of which so many must sign, as a sentence without its full stop; null: nothing
 * that a person should be warned of. Two sides of a cut can both change the root when enough keys are on each.
 */
export function rootRisk(keys: number, threshold: number): string | null {
  if (keys <= 1 || threshold * 2 > keys) return null
  return (
    `${threshold} of ${keys} root keys can change the root, so two halves of a swarm that is cut apart can each do ` +
    `so, and whoever steals ${threshold === 1 ? 'one key' : `${threshold} keys`} too: let ` +
    `${Math.floor(keys / 2) + 1} of ${keys} sign`
  )
}
