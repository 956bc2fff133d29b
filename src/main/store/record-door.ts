import type { PeerId } from '../../shared/ids.ts'
import type { Attestation } from '../model/attestation.ts'
import { buckets, maxFutureMs } from '../model/bucket.ts'
import type { SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import { mayEnter } from '../model/state.ts'
import type { TrustState } from '../model/trust.ts'
import { decodeTrust, maxAskMs, trustKindOf } from '../model/trust-records.ts'
import { attestationFilter, hasWeight, isOnTheWay } from '../model/trust-weight.ts'
import { signedSizeBytes } from '../model/record-codec.ts'
import type { TrustTime } from '../model/validity.ts'
import type { BucketTally } from './bucket-tally.ts'
import type { TrustRoom } from './trust-room.ts'

/** What decides who may come in, at one moment. */
export interface DoorView {
  readonly trust: TrustState
  readonly self: PeerId
  readonly nowMs: number
  /** By what is said to be over, and from the future, among what is held. */
  readonly time: TrustTime
  /** What nobody can bring back may be taken away when it is over. */
  readonly isSettled: boolean
  /** False while this machine's clock cannot be right and nobody has told it better. */
  readonly timeKnown: boolean
  /** The trust records are only just coming in: of two that belong together the second may be here first. */
  readonly learning: boolean
  readonly room: TrustRoom
}

/** Where a swarm's own rule lets anybody author. */
const openToAll = { maxRecordsPerAuthor: 16, maxRecords: 1_000 }

/**
 * The time by which a record is judged. Without a clock, who may be believed must be learned all the same; and the roots
 * that led to the newest one do not end for those who climb, nor need they have begun: one that was signed while a clock was
 * ahead is believed only with the one after it, but must be here for that.
 */
export function judgedAtMs(view: DoorView, record: SignedRecord): number {
  const { validFrom, validUntil } = record.body
  const atMs = heardAtMs(view, record)
  const isAstray = validUntil <= atMs || validFrom > atMs + maxFutureMs
  return isAstray && mayClimb(view, record) ? Math.max(validFrom, Math.min(atMs, validUntil - 1)) : atMs
}

/** Whether a root is one that leads to the newest, so that it may have ended. */
export function mayClimb({ trust }: DoorView, record: SignedRecord): boolean {
  return record.body.bucket === 'trust' && kindOf(record) === 'root' && isOnTheWay(trust, record)
}

function heardAtMs({ nowMs, timeKnown }: DoorView, { body }: SignedRecord): number {
  return body.bucket === 'trust' && !timeKnown ? Math.max(nowMs, body.validFrom) : nowMs
}

/**
 * Why the record is not wanted, by who has signed it and, where it would change the trust, what it says; undefined when
 * it may come in. Costs no verification.
 */
export function refusedSigners(
  view: DoorView,
  record: SignedRecord,
): 'revoked' | 'stranger' | 'bad-value' | 'bad-validity' | undefined {
  const { author, bucket, validFrom, validUntil } = record.body
  if (author === view.self) return undefined
  const refused = mayEnter(record, view.trust)
  if (bucket !== 'trust') return refused
  const kind = kindOf(record)
  const said = decodeTrust(record.body).kind
  if (kind === 'root' || kind === 'role') {
    if (said === 'bad') return 'bad-value'
    if (view.trust.of(author).standing === 'stranger' && (view.learning || !view.timeKnown)) return undefined
    return refused
  }
  if (said === 'ask' && validUntil - validFrom > maxAskMs) return 'bad-validity'
  // Those without a say about others have one thing to say there.
  if (view.trust.of(author).standing === 'stranger') return said === 'ask' ? refused : 'stranger'
  return refused ?? (said === 'bad' ? 'bad-value' : undefined)
}

/** Whether one more of this author fits. */
export function hasRoom(view: DoorView, record: SignedRecord, tally: BucketTally): boolean {
  const { author, bucket } = record.body
  const sizeBytes = signedSizeBytes(record)
  // The roots that one believes by must come in, whatever others have filled the bucket with.
  if (mayClimb(view, record)) return true
  if (bucket === 'trust') {
    if (!tally.hasRoom(bucket, author, sizeBytes)) return false
    const kind = kindOf(record)
    if (kind === 'ask') return author === view.self || view.room.forAsk(record) !== 'full'
    return author === view.self || hasWeight(view.trust, record) || view.room.hasRoom(record, view.learning)
  }
  const { standing } = view.trust.of(author)
  if (author === view.self || standing === 'root' || standing === 'member') {
    return tally.hasRoom(bucket, author, sizeBytes)
  }
  return tally.hasRoomForStranger(bucket, author, sizeBytes, strangersShare(view, record))
}

/** The record with the attestations that may be kept: strangers' would crowd out those that count. */
export function gated(view: DoorView, record: SignedRecord): SignedRecord {
  const attestations = gate(view, record, record.attestations)
  return attestations.length === record.attestations.length ? record : { ...record, attestations }
}

export function gate(view: DoorView, record: SignedRecord, list: readonly Attestation[]): readonly Attestation[] {
  if (list.length === 0) return list
  // Without a clock no root may be in force yet: it cannot be told who counts.
  if (record.body.bucket === 'trust' && !view.timeKnown) return list
  const isKept = attestationFilter(view.trust, record)
  return list.filter(({ author }) => isKept(author))
}

/** Attestations are not from the future either. */
export function badAttestationTime(view: DoorView, record: SignedRecord): RejectReason | undefined {
  const latest = Math.max(heardAtMs(view, record), judgedAtMs(view, record)) + maxFutureMs
  return record.attestations.some(({ at }) => at > latest) ? 'future' : undefined
}

/** Whether a root or role turned out to be nobody's: let in while it could not be told who would be somebody. */
export function isNobodys({ trust, self }: DoorView, record: SignedRecord): boolean {
  const kind = kindOf(record)
  return (kind === 'root' || kind === 'role') && record.body.author !== self && mayEnter(record, trust) === 'stranger'
}

function strangersShare(view: DoorView, record: SignedRecord) {
  const { bucket } = record.body
  const { strangers } = buckets[bucket]
  return strangers.maxRecords === 0 && view.trust.ruleOf(bucket).authors.length === 0 ? openToAll : strangers
}

function kindOf({ body }: SignedRecord): ReturnType<typeof trustKindOf> {
  return trustKindOf(body.key)
}
