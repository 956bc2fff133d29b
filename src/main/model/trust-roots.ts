import type { PeerId, RecordId } from '../../shared/ids.ts'
import { buckets } from './bucket.ts'
import type { SignedRecord } from './record.ts'
import type { RootValue } from './trust-records.ts'
import type { RootState, TrustAnchor, TrustProblem, TrustVerdict } from './trust.ts'
import { countIn, rootKeyWords, trustSigners, tookBack } from './trust-words.ts'
import { checkValidity } from './validity.ts'

export interface RootEntry {
  readonly record: SignedRecord
  readonly root: RootValue
}

export interface RootWalk {
  /** What is believed now; null: nobody is. */
  readonly root: RootState | null
  readonly problems: readonly TrustProblem[]
  readonly verdicts: ReadonlyMap<RecordId, TrustVerdict>
}

/** A month: time enough for people on holiday to sign the next one. */
const endsSoonMs = 30 * 24 * 60 * 60_000

/**
 * Walks from what is believed already to the newest root: version n+1 counts when the threshold of version n's keys
 * and the threshold of its own keys have signed it (The Update Framework, 5.3). As with TUF the roots on the way may have expired;
 * the last one may not.
 *
 * The walk begins at the root that this peer has believed last, not at the first one of the swarm: keys that a root
 * has removed may sign as long a chain beside it as they like.
 *
 * Peers that rotate apart from each other, with enough keys on both sides, make two roots of one version. All peers
 * must choose the same one, whichever they saw first: so the walk begins at the siblings of the believed root too, all
 * that can be reached are followed, and of the highest version the lowest id wins. Hence keys that only the newest root
 * has removed can still fork a swarm, and two sides that rotated more than once apart stay apart; FORKED says so.
 */
export function walkRoots(anchor: TrustAnchor, entries: readonly RootEntry[], now: number): RootWalk {
  const policy = buckets.trust
  const usable = entries.filter(({ record }) => {
    const invalid = checkValidity(record.body, policy, now)
    return invalid === undefined || invalid === 'expired'
  })
  const byFirst = usable.filter(({ record }) => record.id === anchor.swarm || record.id === anchor.root)
  const known = reachable(byFirst, usable)
  const reached = reachable(beginnings(anchor, known), usable)
  const top = Math.max(0, ...reached.keys())
  const tops = [...(reached.get(top) ?? [])].sort((a, b) => (a.record.id < b.record.id ? -1 : 1))
  const [newest] = tops
  const problems: TrustProblem[] = []
  let root: RootState | null = null
  if (newest === undefined || top < anchor.rootVersion) {
    const held = Math.max(0, ...known.keys())
    problems.push(held === 0 || held >= anchor.rootVersion ? noRoot(anchor) : rolledBack(anchor, held))
  } else {
    const beside = [...known].flatMap(([version, same]) =>
      version < top ? [] : same.filter((one) => !has(reached, one)),
    )
    if (tops.length > 1) problems.push(forked(top, tops.length))
    else if (beside.length > 0) problems.push(forkedBeside(top))
    const endsAt = newest.record.body.validUntil
    if (endsAt <= now) problems.push(expired(top))
    else {
      root = { record: newest.record, ...newest.root }
      if (endsAt - now < endsSoonMs) problems.push(endsSoon(top, endsAt))
    }
  }
  return { root, problems, verdicts: verdictsOf(entries, known, root, anchor, now) }
}

type Reached = ReadonlyMap<number, readonly RootEntry[]>

function has(reached: Reached, { record, root }: RootEntry): boolean {
  return (reached.get(root.version) ?? []).some((one) => one.record.id === record.id)
}

/**
 * The root believed last and those that may replace it: of its version, and signed by the threshold of each root held
 * that it follows. Each, not any: removed keys can make another "parent" for a root that they have not made. (Where the true
 * parent is not held, theirs cannot be told from it.)
 */
function beginnings(anchor: TrustAnchor, known: Reached): readonly RootEntry[] {
  const same = known.get(anchor.rootVersion) ?? []
  const believed = same.find(({ record }) => record.id === anchor.root)
  if (believed === undefined) return []
  const parents = (known.get(anchor.rootVersion - 1) ?? []).filter(({ root }) => missingFor(root, believed) === null)
  if (parents.length === 0) return [believed]
  return same.filter((one) => one === believed || parents.every(({ root }) => missingFor(root, one) === null))
}

/** The roots that these lead to, themselves among them, by version. */
function reachable(from: readonly RootEntry[], entries: readonly RootEntry[]): Reached {
  const begin = new Set(from.map(({ record }) => record.id))
  const byVersion = new Map<number, RootEntry[]>()
  for (const entry of entries) {
    const same = byVersion.get(entry.root.version)
    if (same === undefined) byVersion.set(entry.root.version, [entry])
    else same.push(entry)
  }
  const reached = new Map<number, readonly RootEntry[]>()
  for (const version of [...byVersion.keys()].sort((a, b) => a - b)) {
    const before = reached.get(version - 1) ?? []
    const counting = (byVersion.get(version) ?? []).filter(
      (entry) => begin.has(entry.record.id) || before.some((parent) => missingFor(parent.root, entry) === null),
    )
    if (counting.length > 0) reached.set(version, counting)
  }
  return reached
}

/** What the next root lacks to follow `current`, in words; null: nothing. */
function missingFor(current: Pick<RootValue, 'keys' | 'threshold'>, next: RootEntry): string | null {
  const signers = trustSigners(next.record, { sticky: true })
  const old = countIn(signers, current.keys)
  const own = countIn(signers, next.root.keys)
  const missing: string[] = []
  if (old < current.threshold) missing.push(rootKeyWords(old, current.threshold, 'root key'))
  if (own < next.root.threshold) missing.push(rootKeyWords(own, next.root.threshold, 'of its own new root keys'))
  return missing.length === 0 ? null : `needs ${missing.join(' and ')}`
}

function verdictsOf(
  entries: readonly RootEntry[],
  reached: Reached,
  root: RootState | null,
  anchor: TrustAnchor,
  now: number,
): ReadonlyMap<RecordId, TrustVerdict> {
  const believed = new Set([...reached.values()].flat().map(({ record }) => record.id))
  const verdicts = new Map<RecordId, TrustVerdict>()
  for (const entry of entries) verdicts.set(entry.record.id, verdictOf(entry, believed, root, anchor, now))
  return verdicts
}

function verdictOf(
  entry: RootEntry,
  believed: ReadonlySet<RecordId>,
  root: RootState | null,
  anchor: TrustAnchor,
  now: number,
): TrustVerdict {
  const { record } = entry
  const { version } = entry.root
  const invalid = checkValidity(record.body, buckets.trust, now)
  if (invalid === 'expired') return { state: 'expired', reason: 'its validity is over' }
  if (invalid !== undefined) return { state: 'proposed', reason: 'it has not begun, or is valid for too long' }
  if (root === null) return { state: 'proposed', reason: 'the root record that this peer believes is not here' }
  if (record.id === root.record.id) {
    const reason = record.id === anchor.swarm ? 'it is the first root record of this swarm' : signedWords(entry)
    return { state: 'accepted', reason }
  }
  // Peers that were away, and newcomers with an old invite, need each step up to the newest.
  if (version < root.version && believed.has(record.id)) {
    return { state: 'accepted', reason: `it leads to root ${root.version}, which counts now` }
  }
  if (version < root.version) return { state: 'dismissed', reason: 'a newer version counts' }
  if (version === root.version) return { state: 'dismissed', reason: `another root of version ${version} counts` }
  if (tookBack(record)) return { state: 'dismissed', reason: 'its author took it back' }
  if (version > root.version + 1) {
    return { state: 'proposed', reason: `root ${root.version} counts, and root ${version - 1} is not here` }
  }
  return { state: 'proposed', reason: missingFor(root, entry) ?? 'needs a look at its keys' }
}

function signedWords({ record, root }: RootEntry): string {
  const signed = countIn(trustSigners(record, { sticky: true }), root.keys)
  return `${signed} of its ${root.keys.length} root keys have signed, and ${root.threshold} must`
}

/** Keys of all roots, also of those that are only proposed. */
export function rootKeysOf(entries: readonly RootEntry[]): ReadonlySet<PeerId> {
  return new Set(entries.flatMap(({ root }) => root.keys))
}

function noRoot(anchor: TrustAnchor): TrustProblem {
  return {
    code: 'NO_ROOT',
    message: `The root record of this swarm (version ${anchor.rootVersion}) has not been received yet, so nobody is believed.`,
  }
}

function rolledBack(anchor: TrustAnchor, top: number): TrustProblem {
  return {
    code: 'ROLLED_BACK',
    message:
      `This peer has believed root ${anchor.rootVersion}, and holds only root ${top} now: its records were set back, or somebody ` +
      'withholds the newer ones. Nobody is believed until root ' +
      `${anchor.rootVersion} is here again; connect to a peer that has it.`,
  }
}

function expired(version: number): TrustProblem {
  return {
    code: 'ROOT_EXPIRED',
    message: `Root ${version} has expired, so nobody is believed. Its keys must sign a new one on a peer that still holds it.`,
  }
}

function endsSoon(version: number, endsAtMs: number): TrustProblem {
  const date = new Date(endsAtMs).toISOString().slice(0, 10)
  return { code: 'ROOT_ENDS_SOON', message: `Root ${version} ends on ${date}: its keys must sign the next one before.` }
}

function forked(version: number, count: number): TrustProblem {
  return {
    code: 'FORKED',
    message:
      `There are ${count} root records of version ${version} with enough signatures; all peers go by the one with the lowest id. ` +
      'If nobody of you made the other, root keys were stolen: propose a root without them.',
  }
}

function forkedBeside(version: number): TrustProblem {
  return {
    code: 'FORKED',
    message:
      `Another chain of root records has got as far as version ${version} without the root that this peer believes; this ` +
      'peer stays with its own. If nobody of you made the other, root keys that were removed are in the hands of ' +
      'somebody else; if some of you did, those must join this swarm anew.',
  }
}
