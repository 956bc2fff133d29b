import { generateKeyPairSync, sign } from 'node:crypto'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import { joinFor, signAttestation, type Signer, type Verdict } from '../attestation.ts'
import type { CborMap } from '../cbor.ts'
import type { BucketName } from '../bucket.ts'
import { peerIdOfKey } from '../peer-key.ts'
import { recordIdOf } from '../record-id.ts'
import { signRecord, type SignedRecord } from '../record.ts'
import { decodeTrust, encodeRole, encodeRoot, roleKey, rootKey, type RootValue } from '../trust-records.ts'
import type { TrustAnchor } from '../trust.ts'

/** Steps that tests of trust share: keys, and records signed by them. */
export const dayMs = 24 * 60 * 60_000
export const startMs = 1_700_000_000_000

/** What these signatures name; nothing that is tested with them looks at it. */
export const testSwarm: RecordId = recordIdOf(Buffer.from('a swarm of tests'))

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { peerId: peerIdOfKey(raw), sign: (message) => sign(null, message, privateKey) }
}

export interface Statement {
  readonly bucket?: BucketName
  readonly key: string
  readonly value: CborMap
  readonly seq?: number
  readonly fromMs?: number
  readonly days?: number
}

export function say(author: Signer, statement: Statement): SignedRecord {
  const { bucket = 'trust', key, value, seq = 1, fromMs = startMs, days = 365 } = statement
  const validUntil = fromMs + days * dayMs
  return signRecord(
    { v: 1, bucket, key, value, author: author.peerId, seq, validFrom: fromMs, validUntil },
    author,
    testSwarm,
  )
}

export function attested(
  record: SignedRecord,
  verdict: Verdict,
  signers: readonly Signer[],
  atMs = startMs,
): SignedRecord {
  const more = signers.map((signer) => signAttestation({ id: record.id, swarm: testSwarm }, verdict, atMs, signer))
  return { ...record, attestations: joinFor(record, record.attestations, more) }
}

export type RootWords = Partial<Omit<RootValue, 'keys' | 'previous'>> & {
  readonly keys: readonly Signer[]
  /** The root that it follows; with it comes the version. */
  readonly after?: SignedRecord
}

/** A root record: authored by the first signer, endorsed by the others. */
export function rootRecord(
  { after, version = versionAfter(after), name = 'lab', keys, threshold = 1, rules = new Map(), keeps = [] }: RootWords,
  signers: readonly Signer[] = keys,
  more: Partial<Statement> = {},
): SignedRecord {
  const peers = keys.map(({ peerId }) => peerId)
  const value = encodeRoot({ version, name, keys: peers, threshold, rules, previous: after?.id ?? null, keeps })
  const [author, ...others] = signers
  if (author === undefined) throw new Error('a root record needs an author')
  return attested(say(author, { key: rootKey, value, ...more }), 'endorse', others)
}

function versionAfter(before: SignedRecord | undefined): number {
  const statement = before === undefined ? undefined : decodeTrust(before.body)
  return statement?.kind === 'root' ? statement.root.version + 1 : 1
}

/** A record that grants roles, or with `revoked` takes the key's weight away. */
export function roleRecord(
  subject: PeerId,
  words: { readonly version?: number; readonly roles?: readonly TrustRole[]; readonly revoked?: boolean },
  signers: readonly Signer[],
  more: Partial<Statement> = {},
): SignedRecord {
  const { version = 1, roles = [], revoked = false } = words
  const value = encodeRole({ version, roles, revoked, note: null })
  const [author, ...others] = signers
  if (author === undefined) throw new Error('a role record needs an author')
  return attested(say(author, { key: roleKey(subject), value, ...more }), 'endorse', others)
}

export function anchorAt(first: SignedRecord, newest: SignedRecord = first, rootVersion = 1): TrustAnchor {
  return { swarm: first.id, root: newest.id, rootVersion }
}
