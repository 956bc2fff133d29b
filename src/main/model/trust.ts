import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Standing, TrustRole } from '../../shared/trust-views.ts'
import type { BucketName } from './bucket.ts'
import type { BucketRule } from './policy.ts'
import type { SignedRecord } from './record.ts'
import type { Roots } from './trust-chain.ts'
import type { RoleValue, RootValue } from './trust-records.ts'
import type { TrustTime } from './validity.ts'

/** Where belief begins: a root record that was given by an invite, made here, or seen and kept since. */
export interface TrustAnchor {
  /** The first root record of the swarm: its name among all swarms. */
  readonly swarm: RecordId
  /** The newest root record that this peer has believed; never one with a lower version again. */
  readonly root: RecordId
  readonly rootVersion: number
}

/** Why a trust record counts, or not yet, or no more. */
export interface TrustVerdict {
  readonly state: 'proposed' | 'accepted' | 'dismissed' | 'expired'
  readonly reason: string
}

export interface RootState extends RootValue {
  readonly record: SignedRecord
}

/** A role record and what it says. */
export interface RoleEntry {
  readonly record: SignedRecord
  readonly role: RoleValue
}

export interface PeerStanding {
  readonly standing: Standing
  readonly roles: ReadonlySet<TrustRole>
  /** One sentence that names the record's signers. Names of peers are their ids: the shell puts names in. */
  readonly reason: string
  /** The record that says so; null for strangers. */
  readonly record: SignedRecord | null
}

export interface TrustProblem {
  readonly code: 'NO_ROOT' | 'ROOT_EXPIRED' | 'ROOT_ENDS_SOON' | 'ROOT_AHEAD' | 'ROLLED_BACK' | 'FORKED'
  readonly message: string
}

/** Who may say what: a pure function of the anchor, the swarm's trust records and the time. */
export interface TrustState {
  readonly anchor: TrustAnchor
  /** Null: the root record is not here yet, so nobody is believed. */
  readonly root: RootState | null
  /** The newest root when that has ended: nobody is believed by it, but its keys may sign the next one. */
  readonly expiredRoot: RootState | null
  readonly problems: readonly TrustProblem[]
  /** The same on all peers that hold the same trust records in force. */
  readonly fingerprint: string
  readonly roots: {
    readonly held: Roots
    /** The root believed last, those that may stand in its place, and what follows each with enough signatures. */
    readonly reached: Roots
    /** The newest root and all that led to it, as far as they are held: who was away needs each step. */
    readonly line: Roots
  }
  /** The keys of the roots in `line` and `reached`; not of those that are only proposed. */
  readonly rootKeys: ReadonlySet<PeerId>
  /** All role records given. */
  readonly roleEntries: readonly RoleEntry[]
  /** As of when all of this is. */
  readonly time: TrustTime
  of(peer: PeerId): PeerStanding
  /** As `of`; while the root has ended where peers stood under it, so that nothing is thrown away for want of a date. */
  wasOf(peer: PeerId): PeerStanding
  /** As `of`, as if no trust record had ended yet: whom one asks for the time when one's own may be wrong. */
  everOf(peer: PeerId): PeerStanding
  /** The role record about a peer that is in force, or was under a root that has ended. */
  wordOn(subject: PeerId): RoleEntry | undefined
  /** Of every peer that has or had a role, and of the revoked. */
  members(): readonly (PeerStanding & { readonly peer: PeerId })[]
  /** Of a record in the bucket `trust`; undefined for one that was not among the records given. */
  verdictOf(id: RecordId): TrustVerdict | undefined
  /** What `verdictOf` tells: asks decide nothing, so they come and go without a look at all the others. */
  readonly verdicts: {
    readonly asks: ReadonlyMap<RecordId, TrustVerdict>
    readonly others: ReadonlyMap<RecordId, TrustVerdict>
  }
  /** The rule in force: the root's own for the bucket, else the built-in one. */
  ruleOf(bucket: BucketName): BucketRule
  /**
   * The highest version among the role records about a peer that count, counted or wait for a signature; 0: none. What
   * waits far beyond what counts is left out.
   */
  versionOf(subject: PeerId): number
  /** What the root's threshold has decided about a peer, which no single operator can change; undefined: nothing. */
  rootWordOn(subject: PeerId): 'privileged' | 'revoked' | 'member' | undefined
}
