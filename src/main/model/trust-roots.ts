import type { RecordId } from '../../shared/ids.ts'
import { ancestorsOf, chainOf, missingFor, type RootEntry, type Roots } from './trust-chain.ts'
import { ahead, endsSoon, expired, forked, forkedBeside, noRoot, rolledBack } from './trust-problems.ts'
import type { RootState, TrustAnchor, TrustProblem, TrustVerdict } from './trust.ts'
import { countIn, trustSigners, tookBack } from './trust-words.ts'
import { checkTrustTime, type TrustTime } from './validity.ts'

export interface RootWalk {
  /** What is believed now; null: nobody is. */
  readonly root: RootState | null
  /** The newest root, when that has ended: its keys may still sign the next one. */
  readonly expired: RootState | null
  readonly problems: readonly TrustProblem[]
  readonly verdicts: ReadonlyMap<RecordId, TrustVerdict>
  readonly held: Roots
  readonly reached: Roots
  /** The newest root and all that led to it. */
  readonly line: Roots
}

/** A month: time enough for people on holiday to sign the next one. */
const endsSoonMs = 30 * 24 * 60 * 60_000

/**
 * Finds the newest root: of all that may be believed (see `chainOf`) the highest version, of two alike one that has not
 * ended, then the lowest id. As with TUF the roots on the way may have expired, or be from the future; the last one may
 * not, but for one that was believed already. Of two alike one that has begun goes before one that has not.
 *
 * Hence keys that only the newest root has removed can still fork a swarm, and two sides of a cut that rotated more than
 * once apart stay apart; FORKED says so. Either takes keys that reach the threshold on both sides.
 */
export function walkRoots(anchor: TrustAnchor, entries: readonly RootEntry[], time: TrustTime): RootWalk {
  const usable = entries.filter(({ record }) => checkTrustTime(record.body, time) !== 'bad-validity')
  const chain = chainOf(anchor, usable)
  const { known, reached } = chain
  const hasEnded = ({ record }: RootEntry): boolean => record.body.validUntil <= time.overMs
  const isAhead = ({ record }: RootEntry): boolean => checkTrustTime(record.body, { ...time, sure: true }) === 'future'
  const after = chain.held.get(anchor.root)?.root.previous
  // Believed once stays believed, and what may stand in its place with it, when the clock turns out to have been ahead.
  const isBelieved = ({ record: { id }, root }: RootEntry): boolean =>
    id === anchor.root || (root.previous !== null && root.previous === after)
  const begun = new Map([...reached].filter(([, entry]) => !isAhead(entry) || isBelieved(entry)))
  const top = highest(begun)
  const tops = [...begun.values()]
    .filter(({ root }) => root.version === top)
    .sort(
      (a, b) =>
        Number(isAhead(a)) - Number(isAhead(b)) ||
        Number(hasEnded(a)) - Number(hasEnded(b)) ||
        (a.record.id < b.record.id ? -1 : 1),
    )
  const [newest] = tops
  const found = { held: chain.held, reached }
  if (newest === undefined || top < anchor.rootVersion) {
    const held = highest(known)
    const problem = held === 0 || held >= anchor.rootVersion ? noRoot(anchor) : rolledBack(anchor, held)
    const verdicts = verdictsOf(entries, { root: null, line: noRoots, anchor, time })
    return { ...found, root: null, expired: null, problems: [problem], verdicts, line: noRoots }
  }
  const problems: TrustProblem[] = []
  const isBeside = [...known.values()].some(({ record, root }) => root.version >= top && !reached.has(record.id))
  if (tops.length > 1) problems.push(forked(top, tops.length))
  else if (isBeside) problems.push(forkedBeside(top))
  const line = new Map([newest, ...ancestorsOf(chain.held, newest)].map((entry) => [entry.record.id, entry]))
  const state: RootState = { record: newest.record, ...newest.root }
  const isOver = hasEnded(newest)
  const endsAt = newest.record.body.validUntil
  if (isOver) problems.push(expired(top))
  else if (endsAt - time.now < endsSoonMs) problems.push(endsSoon(top, endsAt))
  if (isAhead(newest)) problems.push(ahead(top, newest.record.body.validFrom))
  const root = isOver ? null : state
  const verdicts = verdictsOf(entries, { root, line, anchor, time })
  return { ...found, root, expired: isOver ? state : null, problems, verdicts, line }
}

const noRoots: Roots = new Map()

function highest(roots: Roots): number {
  let version = 0
  for (const { root } of roots.values()) version = Math.max(version, root.version)
  return version
}

interface Context {
  readonly root: RootState | null
  readonly line: Roots
  readonly anchor: TrustAnchor
  readonly time: TrustTime
}

function verdictsOf(entries: readonly RootEntry[], context: Context): ReadonlyMap<RecordId, TrustVerdict> {
  return new Map(entries.map((entry) => [entry.record.id, verdictOf(entry, context)]))
}

function verdictOf(entry: RootEntry, { root, line, anchor, time }: Context): TrustVerdict {
  const { record } = entry
  const { version, previous } = entry.root
  const invalid = checkTrustTime(record.body, { ...time, sure: true })
  if (invalid === 'expired') return { state: 'expired', reason: 'its validity is over' }
  const counts = record.id === root?.record.id || line.has(record.id)
  if (invalid !== undefined && !counts)
    return { state: 'proposed', reason: 'it has not begun, or is valid for too long' }
  if (root === null) return { state: 'proposed', reason: 'no root record of this swarm is believed now' }
  if (record.id === root.record.id) {
    const reason = record.id === anchor.swarm ? 'it is the first root record of this swarm' : signedWords(entry)
    return { state: 'accepted', reason }
  }
  // Peers that were away, and newcomers with an old invite, need each step up to the newest.
  if (line.has(record.id)) {
    return { state: 'accepted', reason: `it leads to root ${root.version}, which counts now` }
  }
  if (version < root.version) return { state: 'dismissed', reason: 'a newer version counts' }
  if (version === root.version) return { state: 'dismissed', reason: `another root of version ${version} counts` }
  if (tookBack(record)) return { state: 'dismissed', reason: 'its author took it back' }
  if (previous !== root.record.id) {
    return version === root.version + 1
      ? { state: 'dismissed', reason: `it follows another root ${root.version} than the one that counts` }
      : { state: 'proposed', reason: `root ${root.version} counts, and root ${version - 1} is not here` }
  }
  return { state: 'proposed', reason: missingFor(root, entry) ?? 'its version is not the next one' }
}

function signedWords({ record, root }: RootEntry): string {
  const signed = countIn(trustSigners(record), root.keys)
  return `${signed} of its ${root.keys.length} root keys have signed, and ${root.threshold} must`
}
