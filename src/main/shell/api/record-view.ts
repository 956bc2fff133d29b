import type { PeerId } from '../../../shared/ids.ts'
import type { RecordView } from '../../../shared/record-views.ts'
import { trustRoles } from '../../../shared/trust-views.ts'
import { mayAttest } from '../../model/attest-rights.ts'
import { signersOf } from '../../model/state.ts'
import { withNames } from '../../service/trust/trust-words.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { ApiPeer } from './api-peer.ts'
import { toDagJson } from '../../model/record-json.ts'

export type ViewPeer = Pick<ApiPeer, 'clock' | 'membership' | 'book'>

/** A stored record as a screen draws it. */
export function recordView(stored: StoredRecord, peer: ViewPeer): RecordView {
  const { record, arrival, sizeBytes } = stored
  const { body } = record
  const { book, membership } = peer
  const trust = book.trust()
  const verdict = book.state(stored)
  const context = { trust, peer: peer.book.self, now: peer.clock.now() }
  const named = (of: PeerId): string | null => membership.get(of)?.name ?? null
  return {
    id: record.id,
    bucket: body.bucket,
    key: body.key,
    value: toDagJson(body.value),
    author: body.author,
    authorName: named(body.author),
    seq: body.seq,
    validFromMs: body.validFrom,
    validUntilMs: body.validUntil,
    state: verdict.state,
    stateReason: withNames(verdict.reason, (of) => membership.nameOf(of)),
    how: arrival.via === 'authored' ? 'self' : arrival.via,
    from: arrival.from,
    fromName: arrival.from === null ? null : membership.nameOf(arrival.from),
    channel: arrival.channel,
    hops: arrival.hops,
    receivedAtMs: Math.trunc(arrival.receivedAtMs),
    sizeBytes,
    signers: signersOf(record, trust).map(({ peer: signer, verdict: said, at, counts }) => {
      const { standing, roles } = trust.of(signer)
      const own = trustRoles.filter((role) => roles.has(role))
      return { peer: signer, name: named(signer), verdict: said, atMs: at, roles: own, standing, counts }
    }),
    mayEndorse: mayAttest('endorse', record, context).may,
    mayDismiss: mayAttest('dismiss', record, context).may,
  }
}
