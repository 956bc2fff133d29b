import type { PeerId } from '../../shared/ids.ts'
import { knownSigner, type Attestation } from '../model/attestation.ts'
import { buckets, maxFutureMs } from '../model/bucket.ts'
import type { RecordBody, SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import type { TrustState } from '../model/trust.ts'
import { decodeTrust, trustKindOf } from '../model/trust-records.ts'
import { signedSizeBytes } from '../model/record-codec.ts'
import type { BucketTally } from './bucket-tally.ts'

/** What decides who may come in, at one moment. */
export interface DoorView {
  readonly trust: TrustState
  readonly self: PeerId
  readonly nowMs: number
  /** False while this machine's clock cannot be right and nobody has told it better. */
  readonly timeKnown: boolean
  /** The trust records are only just coming in: of two that belong together the second may be here first. */
  readonly learning: boolean
}

/** What is kept of roots and roles by peers without a standing: while the trust is being learned, and of the revoked. */
const whileLearning = { maxRecordsPerAuthor: 500, maxRecords: 2_000 }
/** Where a swarm's own rule lets anybody author. */
const openToAll = { maxRecordsPerAuthor: 16, maxRecords: 1_000 }

/** The time by which a record is judged. Without a clock, who may be believed must be learned all the same. */
export function judgedAtMs({ nowMs, timeKnown }: DoorView, body: RecordBody): number {
  return body.bucket === 'trust' && !timeKnown ? Math.max(nowMs, body.validFrom) : nowMs
}

/** Why nothing of this author is wanted in this bucket; undefined when it may come in. Costs no verification. */
export function refusedAuthor(view: DoorView, record: SignedRecord): 'revoked' | 'stranger' | undefined {
  const { author, bucket } = record.body
  if (author === view.self) return undefined
  const { standing } = view.trust.of(author)
  // Roots and roles stay, whoever signed them: whole chains of belief hang on them.
  if (standing === 'revoked') return bucket === 'trust' && kindOf(record) !== 'ask' ? undefined : 'revoked'
  if (standing !== 'stranger') return undefined
  if (bucket === 'trust') return isForTrust(view, record) ? undefined : 'stranger'
  return strangersShare(view, record).maxRecords > 0 ? undefined : 'stranger'
}

/** Whether one more of this author fits. */
export function hasRoom(view: DoorView, record: SignedRecord, tally: BucketTally): boolean {
  const { author, bucket } = record.body
  const sizeBytes = signedSizeBytes(record)
  // The root that an invite named must come in, whatever others have filled the bucket with.
  if (record.id === view.trust.anchor.root || record.id === view.trust.anchor.swarm) return true
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
  if (record.body.bucket === 'trust' && (view.learning || !view.timeKnown)) return list
  const isKnown = knownSigner(view.trust, record)
  return list.filter(({ author }) => isKnown(author))
}

/** Attestations are not from the future either. */
export function badAttestationTime(view: DoorView, record: SignedRecord): RejectReason | undefined {
  const latest = judgedAtMs(view, record.body) + maxFutureMs
  return record.attestations.some(({ at }) => at > latest) ? 'future' : undefined
}

/**
 * Whether a trust record of somebody who is nobody (any more) still matters: by others' signatures, or as one of the
 * roots that lead to the present one, which newcomers with an old invite need.
 */
export function isVouchedFor(view: DoorView, record: SignedRecord): boolean {
  const { trust } = view
  if (record.id === trust.anchor.root || record.id === trust.anchor.swarm) return true
  if (kindOf(record) === 'root') {
    const statement = decodeTrust(record.body)
    if (statement.kind === 'root' && statement.root.version <= trust.anchor.rootVersion) return true
  }
  return record.attestations.some(({ author, verdict }) => {
    const { standing } = trust.of(author)
    return verdict === 'endorse' && (standing === 'root' || standing === 'member')
  })
}

function isForTrust(view: DoorView, record: SignedRecord): boolean {
  return kindOf(record) === 'ask'
    ? decodeTrust(record.body).kind === 'ask'
    : view.learning || !view.timeKnown || view.trust.rootKeys.has(record.body.author) || isVouchedFor(view, record)
}

function strangersShare(view: DoorView, record: SignedRecord) {
  const { bucket } = record.body
  if (bucket === 'trust' && kindOf(record) !== 'ask') return whileLearning
  const { strangers } = buckets[bucket]
  return strangers.maxRecords === 0 && view.trust.ruleOf(bucket).authors.length === 0 ? openToAll : strangers
}

function kindOf({ body }: SignedRecord): ReturnType<typeof trustKindOf> {
  return trustKindOf(body.key)
}
