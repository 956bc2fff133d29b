import type { PeerId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import { buckets, type BucketName } from './bucket.ts'
import type { Verdict } from './attestation.ts'
import { hasRoleOf, oneOf } from './policy.ts'
import type { SignedRecord } from './record.ts'
import { recordState } from './state.ts'
import { maySign, neededFor, neededForRoot, type Needed } from './trust-needs.ts'
import { decodeTrust, type RootValue } from './trust-records.ts'
import { tookBack } from './trust-words.ts'
import type { TrustState } from './trust.ts'

/** Whether a peer's signature would count; else why not, as a clause for people. */
export type Right = { readonly may: true } | { readonly may: false; readonly why: string }

const granted: Right = { may: true }
const no = (why: string): Right => ({ may: false, why })

/** Whether a peer may author in a bucket: else its record would count nowhere. */
export function mayAuthor(bucket: BucketName, trust: TrustState, peer: PeerId): Right {
  const { authors } = trust.ruleOf(bucket)
  const { roles, reason } = trust.of(peer)
  if (authors.length === 0 || hasRoleOf(roles, authors)) return granted
  return no(`in ${bucket} only ${oneOf(authors)} may author, and this peer is ${rolesWords(roles)} (${reason})`)
}

/** Whether a peer's verdict on a record would have weight now, and is not there yet. */
export function mayAttest(
  verdict: Verdict,
  record: SignedRecord,
  context: { readonly trust: TrustState; readonly peer: PeerId; readonly now: number },
): Right {
  const { trust, peer, now } = context
  const { author, bucket } = record.body
  const own = record.attestations.find((attestation) => attestation.author === peer)?.verdict
  if (own === verdict) return no(`this peer has said so already`)
  const { state } = recordState({ record, trust, policy: buckets[bucket], now })
  if (state === 'expired') return no('its validity is over')
  if (bucket === 'trust') return mayAttestTrust(verdict, record, context, own)
  const rule = trust.ruleOf(bucket)
  const { roles, reason } = trust.of(peer)
  if (verdict === 'dismiss') {
    if (peer === author) return granted
    if (rule.dismiss.count === 0) return no('only its author may dismiss it')
    if (hasRoleOf(roles, rule.dismiss.roles)) return granted
    return no(`only its author or ${oneOf(rule.dismiss.roles)} may dismiss it, and this peer is ${rolesWords(roles)}`)
  }
  // Whoever dismissed it may take that back.
  if (own === 'dismiss') return granted
  if (rule.endorse.count === 0) return no(`records in ${bucket} need no endorsement`)
  if (peer === author) return no('its author has signed it already')
  if (hasRoleOf(roles, rule.endorse.roles)) return granted
  return no(`only ${oneOf(rule.endorse.roles)} may endorse it, and this peer is ${rolesWords(roles)} (${reason})`)
}

/** Roots and roles: by whoever must sign them. Asks: an operator may say no, and who asks may take that back. */
function mayAttestTrust(
  verdict: Verdict,
  record: SignedRecord,
  { trust, peer }: { readonly trust: TrustState; readonly peer: PeerId },
  own: Verdict | undefined,
): Right {
  const { author } = record.body
  const statement = decodeTrust(record.body)
  const state = trust.verdictOf(record.id)?.state
  switch (statement.kind) {
    case 'bad':
      return no(`it is no trust record: ${statement.why}`)
    case 'ask':
      if (verdict === 'endorse') return no('who asks is admitted by a role record, not by an endorsement')
      if (peer === author || trust.of(peer).roles.has('operator')) return granted
      return no('only an operator may turn it down')
    case 'root':
    case 'role': {
      if (verdict === 'dismiss') {
        if (peer !== author) return no('only its author may take it back; others propose another one')
        return state === 'proposed' ? granted : no('what has counted cannot be taken back: propose the next one')
      }
      if (own !== 'dismiss' && peer === author) return no('its author has signed it already')
      if (peer !== author && tookBack(record) && state !== 'accepted') return no('its author took it back')
      return statement.kind === 'root'
        ? mayEndorseRoot(statement.root, trust, peer)
        : mayEndorseRole(record, trust, peer)
    }
  }
}

function mayEndorseRole(record: SignedRecord, trust: TrustState, peer: PeerId): Right {
  const statement = decodeTrust(record.body)
  if (statement.kind !== 'role') return no('it is no role')
  const word = trust.wordOn(statement.role.subject)
  if (word !== undefined && word.record.id !== record.id && word.role.version >= statement.role.version) {
    return no('a newer word about this peer counts')
  }
  return mustSign(trust, neededFor(trust, statement.role), peer)
}

function mayEndorseRoot(root: RootValue, trust: TrustState, peer: PeerId): Right {
  const current = trust.root ?? trust.expiredRoot
  if (current === null) return no('no root record of this swarm is believed yet')
  if (root.previous !== current.record.id) return no(`it does not follow root ${current.version}, which counts`)
  const right = mustSign(trust, neededForRoot(trust, root), peer)
  const added = addedBy(root, trust)
  if (!right.may || added === 0) return right
  // Whoever signs it would make them count, with the whole weight of the root.
  return no(
    `it would keep ${added} role record${added === 1 ? '' : 's'} that do${added === 1 ? 'es' : ''} not count here`,
  )
}

/** How many of the records that a root keeps would come to count by it: neither in force nor outdated by what is. */
export function addedBy(root: RootValue, trust: TrustState): number {
  const roles = new Map(trust.roleEntries.map((entry) => [entry.record.id, entry.role]))
  return root.keeps.filter((id) => {
    const role = roles.get(id)
    if (role === undefined) return true
    const word = trust.wordOn(role.subject)
    return word?.record.id !== id && (word === undefined || word.role.version <= role.version)
  }).length
}

function mustSign(trust: TrustState, needed: Needed, peer: PeerId): Right {
  return maySign(trust, needed, peer) ? granted : no('this peer is not one of those who must sign it')
}

function rolesWords(roles: ReadonlySet<TrustRole>): string {
  return roles.size === 0 ? 'a stranger' : [...roles].join(' and ')
}
