import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import type { BucketName } from '../model/bucket.ts'
import type { CborMap } from '../model/cbor.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import type { TrustState } from '../model/trust.ts'
import type { Database } from './database.ts'
import type { Identity } from './identity-store.ts'
import type { Arrival, StoredRecord } from './stored-record.ts'
import type { TimeBasis } from './steady-time.ts'
import type { BookSwarm } from './trust-keeper.ts'

export interface RecordBookComponents {
  readonly database: Database
  readonly identity: Identity
  /** Whose trust records are believed. */
  readonly swarm: BookSwarm
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

export interface RecordBookInit {
  /** Most records one `sweep` takes away, so that it never blocks for long. Default 500: some 15 ms. */
  readonly maxSweep?: number
  /** Whether the clock can be right: see `SwarmClock.source`. Default: always. */
  readonly isTimeKnown?: () => boolean
  /** What that time rests on. Default: the own clock. */
  readonly timeBasis?: () => TimeBasis
  /** Whether an ask comes with an invite that was made here: it goes last when strangers' room is full. Default: none. */
  readonly isInvited?: (ask: SignedRecord) => boolean
}

export interface RecordBookEvents {
  /** Everything new, or newly attested, whatever it counts for; sent once it is committed. */
  'records:stored': { readonly records: readonly StoredRecord[]; readonly arrival: Arrival }
  /**
   * What is accepted now: new, newly attested, or counting since the trust changed (each record tells its own arrival). The same record may be told again.
   */
  'bucket:merged': { readonly bucket: BucketName; readonly records: readonly StoredRecord[]; readonly arrival: Arrival }
  /** Not there or not accepted any more: ended, outdated, dismissed, its author revoked. They may never have been told. */
  'bucket:swept': { readonly bucket: BucketName; readonly ids: readonly RecordId[] }
  /** @param peers whose standing or roles differ */
  'trust:changed': { readonly state: TrustState; readonly peers: readonly PeerId[] }
}

export interface RecordDraft {
  readonly bucket: BucketName
  readonly key: string
  readonly value: CborMap
  readonly validForMs: number
}

export interface Merged {
  /** New here, or with attestations that were not known. */
  readonly added: readonly StoredRecord[]
  readonly refused: readonly { readonly id: RecordId; readonly reason: RejectReason }[]
}
