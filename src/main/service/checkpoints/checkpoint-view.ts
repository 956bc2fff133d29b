import type { CheckpointView } from '../../../shared/checkpoint-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Announcement } from '../../model/checkpoint-announcement.ts'
import { quorum, type Candidate } from './announcements.ts'
import type { Shelved } from './shelf.ts'

export interface ViewParts {
  /** What is said of it; undefined when nobody in reach announces it. */
  readonly candidate: Candidate | undefined
  /** Undefined when its blocks are not all here. */
  readonly shelved: Shelved | undefined
  readonly doubt: string | undefined
  readonly difference: CheckpointView['difference']
  readonly nameOf: (peer: PeerId) => string
}

/** A checkpoint as a screen shows it; undefined when there is nothing to show. */
export function viewOf({ candidate, shelved, doubt, difference, nameOf }: ViewParts): CheckpointView | undefined {
  const facts: Announcement | undefined = shelved ?? candidate?.announced
  if (facts === undefined) return undefined
  const signers = candidate?.signers ?? []
  const reason = doubt ?? believedBecause(candidate, shelved, nameOf)
  return {
    root: facts.root.toString() as Cid,
    atMs: facts.at,
    records: facts.records,
    bytes: facts.bytes,
    chunks: facts.chunks,
    sharedChunks: shelved?.sharedChunks ?? 0,
    buckets: [...facts.buckets].map(([bucket, { count, chunks, fingerprint }]) => ({
      bucket,
      records: count,
      fingerprint: Buffer.from(fingerprint).toString('hex').slice(0, 32),
      chunks,
    })),
    signers: signers.map(({ peer, atMs, how, recordId }) => ({
      peer,
      name: nameOf(peer),
      trusted: true,
      atMs,
      how,
      recordId,
    })),
    local: shelved !== undefined,
    own: shelved?.how === 'made',
    believable: doubt === undefined && (candidate !== undefined || shelved?.how === 'made'),
    reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    difference,
  }
}

function believedBecause(
  candidate: Candidate | undefined,
  shelved: Shelved | undefined,
  nameOf: ViewParts['nameOf'],
): string {
  if (candidate === undefined) {
    if (shelved?.how === 'made') return 'made here, and announced no more'
    return shelved?.how === 'imported'
      ? 'it came as a file: its records were checked one by one, and nobody in reach announces it'
      : 'nobody announces it any more'
  }
  const { announced, signers } = candidate
  const others = signers.length - 1
  const by = `announced by ${nameOf(announced.by)}`
  if (others < 1) return `${by}, who has a role in this swarm`
  const agreed = `${others} more ${others === 1 ? 'member agrees' : 'members agree'} with it`
  return signers.length >= quorum ? `${by}; ${agreed}` : `${by}; ${agreed}, of ${quorum - 1} wanted`
}
