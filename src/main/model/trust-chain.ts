import type { RecordId } from '../../shared/ids.ts'
import type { SignedRecord } from './record.ts'
import type { RootValue } from './trust-records.ts'
import type { TrustAnchor } from './trust.ts'
import { countIn, rootKeyWords, trustSigners } from './trust-words.ts'

export interface RootEntry {
  readonly record: SignedRecord
  readonly root: RootValue
}

export type Roots = ReadonlyMap<RecordId, RootEntry>

/** How the roots that are held hang together. */
export interface RootChain {
  readonly held: Roots
  /** All that can be reached by enough signatures from the first root of the swarm, or from the one believed last. */
  readonly known: Roots
  /** What may be believed: the root believed last, those that may stand in its place, and what follows each. */
  readonly reached: Roots
}

/**
 * Follows the roots that are held: one counts after the very root that it names as its `previous`, when the threshold of
 * that root's keys and the threshold of its own keys have signed it (The Update Framework, 5.3, with the parent
 * named). So removed keys can give a genuine root no other parent, and a root of another swarm fits nowhere.
 *
 * What may be believed begins at the root that this peer has believed last, not at the first one of the swarm: keys that
 * a root has removed may sign as long a chain beside it as they like. And at the siblings of that root, which follow the
 * same one: two sides of a cut that rotate apart from each other make two roots, and all peers must choose the same one,
 * whichever they saw first.
 */
export function chainOf(anchor: TrustAnchor, entries: readonly RootEntry[]): RootChain {
  const held = new Map(entries.map((entry) => [entry.record.id, entry]))
  const children = new Map<RecordId, RootEntry[]>()
  for (const entry of held.values()) {
    const { previous } = entry.root
    if (previous === null) continue
    const same = children.get(previous)
    if (same === undefined) children.set(previous, [entry])
    else same.push(entry)
  }
  const reach = (from: readonly (RootEntry | undefined)[]): Roots => {
    const reached = new Map<RecordId, RootEntry>()
    const next = from.filter((entry) => entry !== undefined)
    for (let parent = next.pop(); parent !== undefined; parent = next.pop()) {
      // No root leads back to itself: it would have to hold a hash of itself.
      if (reached.has(parent.record.id)) continue
      reached.set(parent.record.id, parent)
      for (const child of children.get(parent.record.id) ?? []) if (follows(parent.root, child)) next.push(child)
    }
    return reached
  }
  const believed = held.get(anchor.root)
  const parent = believed === undefined ? undefined : parentOf(held, believed)
  const siblings =
    parent === undefined ? [] : (children.get(parent.record.id) ?? []).filter((one) => follows(parent.root, one))
  return {
    held,
    known: reach([held.get(anchor.swarm), believed]),
    reached: reach(believed === undefined ? [] : [believed, ...siblings]),
  }
}

/** The roots that led to this one, the nearest first: as far as they are held. Each is named by its child, so it is genuine. */
export function ancestorsOf(held: Roots, entry: RootEntry): readonly RootEntry[] {
  const found: RootEntry[] = []
  for (let one = parentOf(held, entry); one !== undefined; one = parentOf(held, one)) found.push(one)
  return found
}

function parentOf(held: Roots, { root }: RootEntry): RootEntry | undefined {
  const parent = root.previous === null ? undefined : held.get(root.previous)
  return parent?.root.version === root.version - 1 ? parent : undefined
}

/** Whether `next`, which names `current` as the one before it, counts after it. */
export function follows(current: Pick<RootValue, 'keys' | 'threshold' | 'version'>, next: RootEntry): boolean {
  return next.root.version === current.version + 1 && missingFor(current, next) === null
}

/** What the next root lacks to follow `current`, in words; null: nothing. */
export function missingFor(current: Pick<RootValue, 'keys' | 'threshold'>, next: RootEntry): string | null {
  const signers = trustSigners(next.record)
  const old = countIn(signers, current.keys)
  const own = countIn(signers, next.root.keys)
  const missing: string[] = []
  if (old < current.threshold) missing.push(rootKeyWords(old, current.threshold, 'root key'))
  if (own < next.root.threshold) missing.push(rootKeyWords(own, next.root.threshold, 'of its own new root keys'))
  return missing.length === 0 ? null : `needs ${missing.join(' and ')}`
}
