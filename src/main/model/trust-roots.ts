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
 * Peers that rotate apart from each other, with enough keys on both sides, make two roots of one version. All peers
 * must choose the same one, whichever they saw first: all that can be reached are followed, and of the highest
 * version the lowest id wins. A threshold of stolen keys can fork a swarm in any scheme; FORKED says so.
 */
export function walkRoots(anchor: TrustAnchor, entries: readonly RootEntry[], now: number): RootWalk {
  const policy = buckets.trust
  const usable = entries.filter(({ record }) => {
    const invalid = checkValidity(record.body, policy, now)
    return invalid === undefined || invalid === 'expired'
  })
  const reached = reachable(anchor, usable)
  const top = Math.max(0, ...reached.keys())
  const tops = [...(reached.get(top) ?? [])].sort((a, b) => (a.record.id < b.record.id ? -1 : 1))
  const [newest] = tops
  const problems: TrustProblem[] = []
  let root: RootState | null = null
  if (newest === undefined || top < anchor.rootVersion) {
    problems.push(newest === undefined ? noRoot(anchor) : rolledBack(anchor, top))
  } else {
    if (tops.length > 1) problems.push(forked(top, tops.length))
    const endsAt = newest.record.body.validUntil
    if (endsAt <= now) problems.push(expired(top))
    else {
      root = { record: newest.record, ...newest.root }
      if (endsAt - now < endsSoonMs) problems.push(endsSoon(top, endsAt))
    }
  }
  return { root, problems, verdicts: verdictsOf(entries, reached, root, anchor, now) }
}

/** The roots that the anchor leads to, by version. */
function reachable(anchor: TrustAnchor, entries: readonly RootEntry[]): ReadonlyMap<number, readonly RootEntry[]> {
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
      ({ record, root }) =>
        record.id === anchor.swarm ||
        record.id === anchor.root ||
        before.some((parent) => missingFor(parent.root, { record, root }) === null),
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
  reached: ReadonlyMap<number, readonly RootEntry[]>,
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
