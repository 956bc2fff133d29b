import type { PeerId } from '../../shared/ids.ts'
import type { TrustRole } from '../../shared/trust-views.ts'
import { buckets, type BucketName } from './bucket.ts'
import type { Verdict } from './attestation.ts'
import { hasRoleOf, oneOf } from './policy.ts'
import type { SignedRecord } from './record.ts'
import { recordState } from './state.ts'
import { maySign, neededFor, neededForRoot } from './trust-needs.ts'
import { decodeTrust } from './trust-records.ts'
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
        return statement.kind === 'root' && state !== 'proposed'
          ? no('a root that counts cannot be taken back: propose the next one')
          : granted
      }
      if (own !== 'dismiss' && peer === author) return no('its author has signed it already')
      const needed = statement.kind === 'root' ? neededForRoot(trust, statement.root) : neededFor(trust, statement.role)
      return maySign(trust, needed, peer) ? granted : no('this peer is not one of those who must sign it')
    }
  }
}

function rolesWords(roles: ReadonlySet<TrustRole>): string {
  return roles.size === 0 ? 'a stranger' : [...roles].join(' and ')
}
