import { isPeerId, type PeerId, type RecordId } from '../../shared/ids.ts'
import { trustRoles, type TrustRole } from '../../shared/trust-views.ts'
import { isBucketName, type BucketName } from './bucket.ts'
import { isMapValue, type CborMap, type CborValue } from './cbor.ts'
import { keyOfPeerId, peerIdOfKey, publicKeyBytes } from './peer-key.ts'
import { maxRuleCount, type BucketRule } from './policy.ts'
import { recordIdBytes, recordIdOfBytes } from './record-id.ts'
import type { RecordBody } from './record.ts'

/** Of a record under the key `root`: who may decide about everything, and by how many signatures. */
export interface RootValue {
  readonly version: number
  /** The swarm's display name. */
  readonly name: string
  readonly keys: readonly PeerId[]
  readonly threshold: number
  /** Rules that replace the built-in ones; never one for `trust` itself. */
  readonly rules: ReadonlyMap<BucketName, BucketRule>
  /** The root that this one follows, by its id, so that nobody can give it another parent; null: it is the first. */
  readonly previous: RecordId | null
  /**
   * Role records in force that would lose their weight with the keys that go: they count as if this root's threshold
   * had signed them.
   */
  readonly keeps: readonly RecordId[]
}

/** Of a record under `role/PEER`: what the peer may do, or that its key counts for nothing. */
export interface RoleValue {
  readonly subject: PeerId
  readonly version: number
  /** Empty: none any more, though the key is not revoked. */
  readonly roles: readonly TrustRole[]
  readonly revoked: boolean
  readonly note: string | null
}

/** Of a record under `ask`: its author wants to be let in. */
export interface AskValue {
  readonly role: TrustRole
  readonly name: string
  readonly simulated: boolean
  /** The id of the invite that the author came with. */
  readonly invite: string | null
  /** Proof that it holds the invite's secret: see `askProof`. */
  readonly proof: Uint8Array | null
}

export type TrustStatement =
  | { readonly kind: 'root'; readonly root: RootValue }
  | { readonly kind: 'role'; readonly role: RoleValue }
  | { readonly kind: 'ask'; readonly ask: AskValue }
  /** `why` is a clause for people: "its threshold is larger than its number of keys". */
  | { readonly kind: 'bad'; readonly why: string }

/** As many as a rule may ask for, and half of the attestations that fit on a record. */
const maxRootKeys = 16
/** One change a second for a lifetime; leaves room for "one more" in 32 bits. */
export const maxTrustVersion = 0xffff_ffff
/** A fleet's robots; 38 bytes each, so that the keys and rules of a root fit beside them into its 48 KiB. */
export const maxKeptWords = 1_000
/** As the settings' name of a machine. */
const maxNameLength = 63
const maxNoteLength = 200
/** Whoever asks is there to ask again; what strangers say is not kept for years. */
export const maxAskMs = 7 * 24 * 60 * 60_000
/** An invite's id is 8 bytes in base64url; a little more, should that grow. */
const maxInviteIdLength = 64
const proofBytes = 32

export const rootKey = 'root'
export const askKey = 'ask'
const rolePrefix = 'role/'

export function roleKey(subject: PeerId): string {
  return `${rolePrefix}${subject}`
}

/** Tells the kind by the key alone. */
export function trustKindOf(key: string): 'root' | 'role' | 'ask' | 'bad' {
  return key === rootKey ? 'root' : key === askKey ? 'ask' : key.startsWith(rolePrefix) ? 'role' : 'bad'
}

/** What a record of the bucket `trust` says: strictly, every field known and in its bounds. Never throws. */
export function decodeTrust(body: Pick<RecordBody, 'key' | 'value'>): TrustStatement {
  switch (trustKindOf(body.key)) {
    case 'root': {
      const known = decodedRoots.get(body.value)
      if (known !== undefined) return known
      const decoded = decodeRoot(body.value)
      decodedRoots.set(body.value, decoded)
      return decoded
    }
    case 'role':
      return decodeRole(body.key.slice(rolePrefix.length), body.value)
    case 'ask':
      return decodeAsk(body.value)
    case 'bad':
      return bad('its key is none of root, role/PEER and ask')
  }
}

/** A root may name a thousand records, and each look at the trust asks for it again. */
const decodedRoots = new WeakMap<CborMap, TrustStatement>()

function decodeRoot(value: CborMap): TrustStatement {
  const { version, name, keys, threshold, rules } = value
  const extra = unknownField(value, ['version', 'name', 'keys', 'threshold', 'rules', 'previous', 'keeps'])
  if (extra !== undefined) return bad(extra)
  if (!isVersion(version)) return bad('its version is not a number from 1')
  if (!isText(name, maxNameLength)) return bad('its name is empty, too long or not plain text')
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxRootKeys) {
    return bad(`it has no list of 1 to ${maxRootKeys} root keys`)
  }
  const peers = new Set<PeerId>()
  for (const key of keys as readonly CborValue[]) {
    if (!(key instanceof Uint8Array) || key.length !== publicKeyBytes) return bad('one of its root keys is no key')
    peers.add(peerIdOfKey(key))
  }
  if (peers.size !== keys.length) return bad('it names a root key twice')
  if (!isCount(threshold) || threshold < 1) return bad('its threshold is not a number from 1')
  if (threshold > peers.size) return bad('its threshold is larger than its number of keys')
  const decodedRules = decodeRules(rules)
  if (typeof decodedRules === 'string') return bad(decodedRules)
  const before = decodeBefore(version, value)
  if (typeof before === 'string') return bad(before)
  return { kind: 'root', root: { version, name, keys: [...peers], threshold, rules: decodedRules, ...before } }
}

/** What a root says about the one before it: the first has none, each other names it. */
function decodeBefore(version: number, { previous, keeps }: CborMap): Pick<RootValue, 'previous' | 'keeps'> | string {
  if (version === 1) {
    return previous === undefined && keeps === undefined
      ? { previous: null, keeps: [] }
      : 'it is the first root, and names one before it'
  }
  const parent = previous instanceof Uint8Array ? recordIdOfBytes(previous) : undefined
  if (parent === undefined) return 'it does not name the root before it'
  if (keeps === undefined) return { previous: parent, keeps: [] }
  if (!Array.isArray(keeps) || keeps.length === 0 || keeps.length > maxKeptWords) {
    return `it has no list of 1 to ${maxKeptWords} records to keep`
  }
  const ids = new Set<RecordId>()
  for (const one of keeps as readonly CborValue[]) {
    const id = one instanceof Uint8Array ? recordIdOfBytes(one) : undefined
    if (id === undefined || ids.has(id)) return 'one of the records to keep is no record, or named twice'
    ids.add(id)
  }
  return { previous: parent, keeps: [...ids] }
}

function decodeRules(value: CborValue | undefined): ReadonlyMap<BucketName, BucketRule> | string {
  const rules = new Map<BucketName, BucketRule>()
  if (value === undefined) return rules
  if (!isMapValue(value)) return 'its rules are no map'
  for (const [bucket, item] of Object.entries(value)) {
    // Who may change the rules is not itself a rule that can be changed: it is the root's threshold.
    if (!isBucketName(bucket) || bucket === 'trust') return `it has a rule for "${bucket.slice(0, 64)}"`
    const rule = decodeRule(item)
    if (rule === undefined) return `its rule for ${bucket} is malformed`
    rules.set(bucket, rule)
  }
  return rules
}

function decodeRule(value: CborValue): BucketRule | undefined {
  if (!isMapValue(value) || unknownField(value, ['authors', 'endorse', 'dismiss']) !== undefined) return undefined
  const authors = readRoles(value['authors'])
  const endorse = readWeight(value['endorse'])
  const dismiss = readWeight(value['dismiss'])
  if (authors === undefined || endorse === undefined || dismiss === undefined) return undefined
  return { authors, endorse, dismiss }
}

function readWeight(value: CborValue | undefined): BucketRule['endorse'] | undefined {
  if (!isMapValue(value) || unknownField(value, ['roles', 'count']) !== undefined) return undefined
  const roles = readRoles(value['roles'])
  const count = value['count']
  if (roles === undefined || !isCount(count) || count > maxRuleCount) return undefined
  // Nobody could ever meet it.
  if (count > 0 && roles.length === 0) return undefined
  return { roles, count }
}

function decodeRole(peer: string, value: CborMap): TrustStatement {
  const extra = unknownField(value, ['version', 'roles', 'revoked', 'note'])
  if (extra !== undefined) return bad(extra)
  if (!isPeerId(peer) || keyOfPeerId(peer) === undefined) return bad('its key names no peer')
  const { version, revoked, note } = value
  if (!isVersion(version)) return bad('its version is not a number from 1')
  const roles = readRoles(value['roles'])
  if (roles === undefined) return bad('its roles are not a list of known roles')
  if (revoked !== undefined && revoked !== true) return bad('its `revoked` is neither true nor absent')
  if (revoked === true && roles.length > 0) return bad('it revokes a key and grants it roles')
  if (note !== undefined && !isText(note, maxNoteLength)) return bad('its note is too long or not plain text')
  return { kind: 'role', role: { subject: peer, version, roles, revoked: revoked === true, note: note ?? null } }
}

function decodeAsk(value: CborMap): TrustStatement {
  const { role, name, simulated, invite, proof } = value
  const extra = unknownField(value, ['role', 'name', 'simulated', 'invite', 'proof'])
  if (extra !== undefined) return bad(extra)
  if (!isTrustRole(role)) return bad('it asks for no known role')
  if (!isText(name, maxNameLength)) return bad('its name is empty, too long or not plain text')
  if (simulated !== undefined && typeof simulated !== 'boolean') return bad('its `simulated` is neither true nor false')
  if (invite !== undefined && !isText(invite, maxInviteIdLength)) return bad('its invite is not the id of one')
  if (proof !== undefined && !(proof instanceof Uint8Array && proof.length === proofBytes)) {
    return bad(`its proof is not ${proofBytes} bytes`)
  }
  return {
    kind: 'ask',
    ask: { role, name, simulated: simulated ?? false, invite: invite ?? null, proof: proof ?? null },
  }
}

/** A root as its first version has it: with nothing before it. */
export type FirstRoot = Omit<RootValue, 'previous' | 'keeps'> & Partial<Pick<RootValue, 'previous' | 'keeps'>>

export function encodeRoot(root: FirstRoot): CborMap {
  const { version, name, threshold, previous = null, keeps = [] } = root
  const keys = root.keys.map((peer) => keyOfPeerId(peer) ?? new Uint8Array(0))
  const rules: Record<string, CborMap> = {}
  for (const [bucket, { authors, endorse, dismiss }] of root.rules) {
    rules[bucket] = {
      authors: [...authors],
      endorse: { roles: [...endorse.roles], count: endorse.count },
      dismiss: { roles: [...dismiss.roles], count: dismiss.count },
    }
  }
  return {
    version,
    name,
    keys,
    threshold,
    ...(root.rules.size === 0 ? {} : { rules }),
    ...(previous === null ? {} : { previous: idBytes(previous) }),
    ...(keeps.length === 0 ? {} : { keeps: keeps.map(idBytes) }),
  }
}

export function encodeRole(role: Omit<RoleValue, 'subject'>): CborMap {
  const { version, roles, revoked, note } = role
  return { version, roles: [...roles], ...(revoked ? { revoked } : {}), ...(note === null ? {} : { note }) }
}

export function encodeAsk(ask: AskValue): CborMap {
  const { role, name, simulated, invite, proof } = ask
  return {
    role,
    name,
    ...(simulated ? { simulated } : {}),
    ...(invite === null ? {} : { invite }),
    ...(proof === null ? {} : { proof }),
  }
}

/** Empty for what is no id: nobody takes a root that says so. */
function idBytes(id: RecordId): Uint8Array {
  return recordIdBytes(id) ?? new Uint8Array(0)
}

function bad(why: string): TrustStatement {
  return { kind: 'bad', why }
}

function unknownField(value: CborMap, known: readonly string[]): string | undefined {
  const field = Object.keys(value).find((name) => !known.includes(name))
  return field === undefined ? undefined : `it has a field that this peer does not know: "${field.slice(0, 64)}"`
}

/** Known roles, each once; undefined for anything else. */
function readRoles(value: CborValue | undefined): readonly TrustRole[] | undefined {
  if (!Array.isArray(value) || value.length > trustRoles.length) return undefined
  const roles: TrustRole[] = []
  for (const role of value as readonly CborValue[]) {
    if (!isTrustRole(role) || roles.includes(role)) return undefined
    roles.push(role)
  }
  return roles
}

function isTrustRole(value: CborValue | undefined): value is TrustRole {
  return typeof value === 'string' && (trustRoles as readonly string[]).includes(value)
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isVersion(value: CborValue | undefined): value is number {
  return isCount(value) && value >= 1 && value <= maxTrustVersion
}

/** Names and notes are shown and logged: no control characters. */
function isText(value: CborValue | undefined, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength && !/\p{Cc}/u.test(value)
}
