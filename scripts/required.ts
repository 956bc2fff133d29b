/** What some tests need of a machine and not every machine has; each says why when it skips them. */
export type Need =
  | 'ngircd'
  /** Network namespaces, to cut and slow networks: root on Linux. */
  | 'namespaces'
  /** A file system of a few MiB: root on Linux. */
  | 'small-disk'
  | 'kubo'
  /** `python3` with its package `requests`. */
  | 'python'

/**
 * Tells why tests are skipped. Where `DT_SWARM_REQUIRE` names the need, or says `all`, it is a failure instead: a machine
 * that is meant to run them must not pass without.
 * @param why null: all that they need is here
 * @param required needs, parted by commas
 * @returns `why`
 */
export function skipFor(
  need: Need,
  why: string | null,
  required = process.env['DT_SWARM_REQUIRE'] ?? '',
): string | null {
  if (why === null) return null
  const line = `tests that need ${need} cannot run here: ${why}`
  const names = required.split(',').map((name) => name.trim())
  if (names.includes('all') || names.includes(need)) throw new Error(`${line} (DT_SWARM_REQUIRE=${required})`)
  process.stderr.write(`skipped: ${line}\n`)
  return why
}
