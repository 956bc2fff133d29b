import { hash } from 'node:crypto'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import { buckets, type BucketName } from './bucket.ts'
import type { BucketRule } from './policy.ts'
import type { SignedRecord } from './record.ts'
import { decodeTrust } from './trust-records.ts'
import type { RootEntry, Roots } from './trust-chain.ts'
import { evaluateRoles, type Roles } from './trust-roles.ts'
import { walkRoots, type RootWalk } from './trust-roots.ts'
import { peerList, tookBack } from './trust-words.ts'
import type { PeerStanding, RoleEntry, TrustAnchor, TrustState, TrustVerdict } from './trust.ts'
import { checkTrustTime, type TrustTime } from './validity.ts'

/**
 * Who may say what. The same for any order of the records, so that peers that hold the same agree.
 * @param input.records verified records of the bucket `trust`, with their attestations joined; others are left out
 * @param input.now ms since the epoch: what has expired counts no more
 * @param input.overMs,input.sure see `TrustTime`. Default: the clock is right
 */
export function evaluateTrust(input: {
  readonly anchor: TrustAnchor
  readonly records: Iterable<SignedRecord>
  readonly now: number
  readonly overMs?: number
  readonly sure?: boolean
}): TrustState {
  const { anchor, now } = input
  const time: TrustTime = { now, overMs: Math.min(now, input.overMs ?? now), sure: input.sure ?? true }
  const roots: RootEntry[] = []
  const roles: RoleEntry[] = []
  const asks: SignedRecord[] = []
  const verdicts = new Map<RecordId, TrustVerdict>()
  for (const record of input.records) {
    if (record.body.bucket !== 'trust') continue
    const statement = decodeTrust(record.body)
    if (statement.kind === 'root') roots.push({ record, root: statement.root })
    else if (statement.kind === 'role') roles.push({ record, role: statement.role })
    else if (statement.kind === 'ask') asks.push(record)
    else verdicts.set(record.id, { state: 'dismissed', reason: `it is no trust record: ${statement.why}` })
  }
  const walk = walkRoots(anchor, roots, time)
  const { root } = walk
  const granted = root === null ? nobody(roles) : evaluateRoles(root, roles, time)
  const former = walk.expired === null ? granted : evaluateRoles(walk.expired, roles, time)
  for (const [id, verdict] of [...walk.verdicts, ...granted.verdicts]) verdicts.set(id, verdict)
  const outside = root === null ? unknownRoot : stranger
  const of = (peer: PeerId): PeerStanding => granted.standings.get(peer) ?? outside
  const asked = new Map(asks.map((ask) => [ask.id, verdictOfAsk(ask, of, time)]))
  let ever: Roles | undefined
  const everOf = (peer: PeerId): PeerStanding => {
    const newest = root ?? walk.expired
    ever ??= newest === null ? granted : evaluateRoles(newest, roles, { now, overMs: 0, sure: false })
    return ever.standings.get(peer) ?? outside
  }
  const inForce = root === null ? [] : [root.record.id, ...granted.inForce.map(({ record }) => record.id)]
  return {
    anchor,
    root,
    expiredRoot: walk.expired,
    problems: walk.problems,
    roots: { held: walk.held, reached: walk.reached, line: walk.line },
    rootKeys: keysOf(walk),
    roleEntries: roles,
    time,
    fingerprint: fingerprintOf(inForce),
    of,
    wasOf: (peer) => former.standings.get(peer) ?? outside,
    everOf,
    wordOn: (subject) => former.words.get(subject),
    members: () => [...granted.standings].map(([peer, standing]) => ({ peer, ...standing })),
    verdictOf: (id) => asked.get(id) ?? verdicts.get(id),
    verdicts: { asks: asked, others: verdicts },
    ruleOf: (bucket: BucketName): BucketRule => root?.rules.get(bucket) ?? buckets[bucket].rule,
    versionOf: (subject) => granted.versions.get(subject) ?? 0,
    rootWordOn: (subject) => granted.rootWords.get(subject),
  }
}

/**
 * What `evaluateTrust` would say once these asks have come, were attested, or have gone (null): nobody's standing rests
 * on them.
 */
export function withAsks(
  state: TrustState,
  changed: ReadonlyMap<RecordId, SignedRecord | null>,
  time: TrustTime,
): TrustState {
  const { others } = state.verdicts
  const asks = new Map(state.verdicts.asks)
  for (const [id, ask] of changed) {
    if (ask === null) asks.delete(id)
    else
      asks.set(
        id,
        verdictOfAsk(ask, (peer) => state.of(peer), time),
      )
  }
  return { ...state, verdicts: { asks, others }, verdictOf: (id) => asks.get(id) ?? others.get(id) }
}

function keysOf({ line, reached }: Pick<RootWalk, 'line' | 'reached'>): ReadonlySet<PeerId> {
  const keys = (roots: Roots): readonly PeerId[] => [...roots.values()].flatMap(({ root }) => root.keys)
  return new Set([...keys(line), ...keys(reached)])
}

/** 16 bytes of a hash over the sorted ids, in hex: nobody gains by two trust states that look alike. */
function fingerprintOf(ids: readonly RecordId[]): string {
  return hash('sha256', ids.toSorted().join('\n'), 'hex').slice(0, 32)
}

const noRoles: ReadonlySet<TrustRole> = new Set()
const stranger: PeerStanding = {
  standing: 'stranger',
  roles: noRoles,
  reason: 'nobody has spoken for it in this swarm',
  record: null,
}
const unknownRoot: PeerStanding = {
  standing: 'stranger',
  roles: noRoles,
  reason: 'no root record of this swarm is believed yet, so nobody is',
  record: null,
}

function nobody(entries: readonly RoleEntry[]): Roles {
  const reason = 'no root record of this swarm is believed yet'
  return {
    standings: new Map(),
    verdicts: new Map(entries.map(({ record }) => [record.id, { state: 'proposed', reason }])),
    inForce: [],
    words: new Map(),
    versions: new Map(),
    rootWords: new Map(),
  }
}

/** An ask waits until its author has a role, or until an operator or the author says no to it. */
function verdictOfAsk(ask: SignedRecord, of: (peer: PeerId) => PeerStanding, time: TrustTime): TrustVerdict {
  const invalid = checkTrustTime(ask.body, time)
  if (invalid === 'expired') return { state: 'expired', reason: 'its validity is over' }
  if (invalid !== undefined) return { state: 'proposed', reason: 'it has not begun, or is valid for too long' }
  if (tookBack(ask)) return { state: 'dismissed', reason: 'its author took it back' }
  const { standing } = of(ask.body.author)
  if (standing === 'revoked') return { state: 'dismissed', reason: 'the key of its author was revoked' }
  if (standing !== 'stranger') return { state: 'accepted', reason: 'its author was admitted' }
  const by = ask.attestations.filter(({ author, verdict }) => verdict === 'dismiss' && of(author).roles.has('operator'))
  if (by.length > 0) {
    return { state: 'dismissed', reason: `dismissed by ${peerList(by.map(({ author }) => author))} (operator)` }
  }
  return { state: 'proposed', reason: 'needs an operator to admit it' }
}
