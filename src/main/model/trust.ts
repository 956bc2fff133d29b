import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Standing, TrustRole } from '../../shared/trust-views.ts'
import type { BucketName } from './bucket.ts'
import type { BucketRule } from './policy.ts'
import type { SignedRecord } from './record.ts'

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

export interface RootState {
  readonly record: SignedRecord
  readonly version: number
  readonly name: string
  readonly keys: readonly PeerId[]
  readonly threshold: number
  readonly rules: ReadonlyMap<BucketName, BucketRule>
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
  readonly code: 'NO_ROOT' | 'ROOT_EXPIRED' | 'ROOT_ENDS_SOON' | 'ROLLED_BACK' | 'FORKED'
  readonly message: string
}

/** Who may say what: a pure function of the anchor, the swarm's trust records and the time. */
export interface TrustState {
  readonly anchor: TrustAnchor
  /** Null: the root record is not here yet, so nobody is believed. */
  readonly root: RootState | null
  readonly problems: readonly TrustProblem[]
  /** The same on all peers that hold the same trust records in force. */
  readonly fingerprint: string
  /** The keys of every root record held, believed or only proposed: their signatures on trust records are kept. */
  readonly rootKeys: ReadonlySet<PeerId>
  /** The versions of every root record held: who should have signed one can be told from the one before it. */
  readonly rootVersions: ReadonlySet<number>
  of(peer: PeerId): PeerStanding
  /** Of every peer that has or had a role, and of the revoked. */
  members(): readonly (PeerStanding & { readonly peer: PeerId })[]
  /** Of a record in the bucket `trust`; undefined for one that was not among the records given. */
  verdictOf(id: RecordId): TrustVerdict | undefined
  /** The rule in force: the root's own for the bucket, else the built-in one. */
  ruleOf(bucket: BucketName): BucketRule
  /** The highest version among the role records about a peer that count, counted or wait for a signature; 0: none. */
  versionOf(subject: PeerId): number
  /** What the root's threshold has decided about a peer, which no single operator can change; undefined: nothing. */
  rootWordOn(subject: PeerId): 'privileged' | 'revoked' | 'member' | undefined
}
