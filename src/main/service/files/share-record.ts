import { z } from 'zod'
import { fileChannelSchema } from '../../../shared/file-views.ts'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import { logInfoSchema } from '../../../shared/log-views.ts'
import { buckets } from '../../model/bucket.ts'
import { encodeCbor, type CborMap } from '../../model/cbor.ts'

const time = z.number().int().nonnegative()
const size = z.number().int().nonnegative()

/** What a share tells of a file. */
const shareFields = {
  name: z.string().min(1).max(1_024),
  mediaType: z.string().max(127),
  modifiedAtMs: time,
  sharedAtMs: time,
  simulated: z.boolean(),
  // What another version says of these in its own way must not hide the file.
  sha1: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable()
    .catch(null),
  channel: fileChannelSchema.shape.name.nullable().catch(null),
  log: logInfoSchema.nullable().catch(null),
}

/** What records in the bucket `files` say; the key is the CID. Fields that are not known here are let through. */
export const fileValueSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('share'), sizeBytes: size, ...shareFields }),
  z.object({
    kind: z.literal('copy'),
    sizeBytes: size,
    /** What a share told that ends, as its peer has been away for too long to renew it. It counts while nobody shares the file. */
    of: z.object(shareFields).optional().catch(undefined),
  }),
  /** Whoever shared it has deleted it, and did not take it back. It counts while nobody shares the file and somebody holds it. */
  z.object({ kind: z.literal('deleted'), sizeBytes: size, of: z.object(shareFields) }),
])
export type FileValue = z.infer<typeof fileValueSchema>
export type ShareFacts = Omit<Extract<FileValue, { kind: 'share' }>, 'kind'>
/** A share of this peer. */
export interface OwnShare extends Pick<ShareFacts, 'name' | 'channel'> {
  readonly id: RecordId
  readonly cid: Cid
}
/** What is left out is not known. */
export type ShareDraft = Omit<ShareFacts, 'sha1' | 'channel' | 'log'> &
  Partial<Pick<ShareFacts, 'sha1' | 'channel' | 'log'>>

/** What a record tells of the file itself; null for a copy that tells nothing. */
export function toldBy(value: FileValue): ShareFacts | null {
  if (value.kind === 'share') return value
  return value.of === undefined ? null : { sizeBytes: value.sizeBytes, ...value.of }
}

/** Whether who says so has the file. */
export const isHolding = (value: FileValue): boolean => value.kind !== 'deleted'

/** Left free of the bucket's limit, for what a later version may add. */
const spareBytes = 1_024
const roomBytes = buckets.files.maxValueBytes - spareBytes

/**
 * The value of a share's record. What is not known is left out; of a log with more topics than there is room for, the
 * last are counted only.
 */
export function shareValue(facts: ShareDraft): CborMap {
  const { sha1 = null, channel = null, log = null, ...others } = facts
  const base = {
    kind: 'share',
    ...others,
    ...(sha1 === null ? {} : { sha1 }),
    ...(channel === null ? {} : { channel }),
  }
  if (log === null) return base
  const whole = { ...base, log: { ...log } }
  const surplus = encodeCbor(whole).length - roomBytes
  if (surplus <= 0) return whole
  const topics = [...log.topics]
  for (let over = surplus; over > 0;) {
    const last = topics.pop()
    // A log whose facts alone are too long cannot be: they are bounded by their schema.
    if (last === undefined) return base
    over -= encodeCbor(last).length
  }
  // A list of fewer than 24 has a shorter head; the count of the others a longer one: both are within the spare room.
  return { ...base, log: { ...log, topics, moreTopics: log.moreTopics + log.topics.length - topics.length } }
}

/** The value of a copy's record. @param of what a share told that is about to end */
export function copyValue(sizeBytes: number, of?: ShareDraft): CborMap {
  if (of === undefined) return { kind: 'copy', sizeBytes }
  const { kind: _kind, sizeBytes: _size, ...told } = shareValue({ ...of, sizeBytes })
  return { kind: 'copy', sizeBytes, of: told }
}

/** The value of the record about a file that was deleted where it was shared. @param of what its share told */
export function deletedValue(of: ShareFacts): CborMap {
  return { ...copyValue(of.sizeBytes, of), kind: 'deleted' }
}

/** The value of a record that says the same once more. */
export function sameValue(value: FileValue): CborMap {
  if (value.kind === 'share') return shareValue(value)
  const of = value.of && { ...value.of, sizeBytes: value.sizeBytes }
  return value.kind === 'deleted'
    ? deletedValue({ sizeBytes: value.sizeBytes, ...value.of })
    : copyValue(value.sizeBytes, of)
}
