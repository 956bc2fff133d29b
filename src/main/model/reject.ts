/**
 * Why something that came from outside is refused, and the sentence a person reads about it.
 * The reasons are counted by name (`ingest.refused:REASON`), so a name never changes its meaning.
 */
const rejectReasons = {
  oversize: 'It is larger than one record, value or batch may be.',
  malformed: 'Its bytes are not a record: cut, damaged, or made by something else.',
  'not-canonical': 'Its bytes are not the one canonical DAG-CBOR form of what they say.',
  'unknown-version': 'It is of a record version that this peer does not know.',
  'unknown-bucket': 'It is for a bucket that this peer does not know.',
  'bad-key': 'Its key is empty, too long or not plain text.',
  'bad-value': 'Its value is not a map of the data model.',
  'bad-author': 'Its author is not an Ed25519 key.',
  'bad-validity': 'Its validity is empty, runs backward or is longer than the bucket allows.',
  expired: 'Its validity is over.',
  future: 'It claims to start more than ten minutes from now: its author’s clock, or ours, is wrong.',
  'bad-signature': 'A signature on it does not verify.',
  superseded: 'Its author has said something newer under the same key.',
  quota: 'Its author, or the bucket, has as many records as are allowed.',
  stranger: 'Its author has no role in this swarm, and strangers may not author in this bucket.',
  revoked: 'The key of its author was revoked: nothing it signs counts.',
  dismissed: 'It was dismissed, and only the mark of that is kept.',
  rate: 'Its author, or whoever hands over what strangers ask, says more in a minute than is allowed.',
} as const

export type RejectReason = keyof typeof rejectReasons

export interface Rejected {
  readonly kind: 'rejected'
  readonly reason: RejectReason
}

export function rejected(reason: RejectReason): Rejected {
  return { kind: 'rejected', reason }
}
