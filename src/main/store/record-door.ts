import type { PeerId } from '../../shared/ids.ts'
import { knownSigner, type Attestation } from '../model/attestation.ts'
import { buckets, maxFutureMs } from '../model/bucket.ts'
import type { RecordBody, SignedRecord } from '../model/record.ts'
import type { RejectReason } from '../model/reject.ts'
import { mayEnter } from '../model/state.ts'
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

/**
 * Why the record is not wanted, by who has signed it and, where it would change the trust, what it says; undefined when
 * it may come in. Costs no verification.
 */
export function refusedSigners(view: DoorView, record: SignedRecord): 'revoked' | 'stranger' | 'bad-value' | undefined {
  const { author, bucket } = record.body
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
  // Those without a say about others have one thing to say there.
  if (view.trust.of(author).standing === 'stranger') return said === 'ask' ? refused : 'stranger'
  return refused ?? (said === 'bad' ? 'bad-value' : undefined)
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
  // Without a clock no root may be in force yet: it cannot be told who counts.
  if (record.body.bucket === 'trust' && !view.timeKnown) return list
  const isKnown = knownSigner(view.trust, record)
  return list.filter(({ author }) => isKnown(author))
}

/** Attestations are not from the future either. */
export function badAttestationTime(view: DoorView, record: SignedRecord): RejectReason | undefined {
  const latest = judgedAtMs(view, record.body) + maxFutureMs
  return record.attestations.some(({ at }) => at > latest) ? 'future' : undefined
}

/**
 * Whether a root or role turned out to be nobody's: let in while it could not be told who would be somebody.
 * @param rootKeys of all roots up to the one believed
 */
export function isNobodys(view: DoorView, record: SignedRecord, rootKeys: ReadonlySet<PeerId>): boolean {
  const { trust, self } = view
  const kind = kindOf(record)
  if ((kind !== 'root' && kind !== 'role') || record.id === trust.anchor.root || record.id === trust.anchor.swarm) {
    return false
  }
  const isSomebody = (peer: PeerId): boolean =>
    peer === self || rootKeys.has(peer) || trust.of(peer).standing !== 'stranger'
  return !isSomebody(record.body.author) && !record.attestations.some(({ author }) => isSomebody(author))
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
