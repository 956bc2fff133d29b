import { SwarmError } from '../../../shared/errors.ts'
import type { RecordId } from '../../../shared/ids.ts'
import type { BucketSummaryView } from '../../../shared/record-views.ts'
import { mayAttest, mayAuthor } from '../../model/attest-rights.ts'
import { buckets, type BucketName } from '../../model/bucket.ts'
import { ruleWords } from '../../model/policy.ts'
import { decodeTrust } from '../../model/trust-records.ts'
import { withNames } from '../../service/trust/trust-words.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { live } from './live.ts'
import { fromDagJson } from '../../model/record-json.ts'
import { bucketOf, listRecords } from './record-list.ts'
import { recordView } from './record-view.ts'

export function recordsRouter(os: Builder, peer: ApiPeer) {
  const summary = () => peer.book.counts().map((count) => summaryOf(count, peer))
  return {
    summary: os.records.summary.handler(summary),
    watch: os.records.watch.handler((call) =>
      live<BucketSummaryView[]>(
        {
          subscribe: (wake) => {
            const undo = [
              peer.book.events.on('records:stored', wake),
              peer.book.events.on('bucket:swept', wake),
              peer.book.events.on('trust:changed', wake),
            ]
            return () => {
              for (const one of undo) one()
            }
          },
          first: summary,
          next: summary,
        },
        liveOptions(call, peer),
      ),
    ),
    list: os.records.list.handler(({ input }) => listRecords(input, peer)),
    get: os.records.get.handler(({ input }) => recordView(held(peer, input.id), peer)),
    propose: os.records.propose.handler(({ input }) => {
      const bucket = bucketOf(input.bucket)
      const value = fromDagJson(input.value)
      refuseUnlessMay(mayAuthor(bucket, peer.book.trust(), peer.book.self), 'The record is not signed', peer)
      const statement = bucket === 'trust' ? decodeTrust({ key: input.key, value }) : undefined
      if (statement?.kind === 'bad') {
        throw new SwarmError('INVALID_INPUT', `That is no trust record: ${statement.why}.`)
      }
      return recordView(peer.book.author({ bucket, key: input.key, value, validForMs: input.validForMs }), peer)
    }),
    attest: os.records.attest.handler(({ input: { id, verdict } }) => {
      const { record } = held(peer, id)
      const context = { trust: peer.book.trust(), peer: peer.book.self, now: peer.clock.now() }
      const what = verdict === 'endorse' ? 'The record is not endorsed' : 'The record is not dismissed'
      refuseUnlessMay(mayAttest(verdict, record, context), what, peer)
      const signer = record.body.bucket === 'trust' ? peer.trust : peer.book
      return recordView(signer.attest(id, verdict), peer)
    }),
  }
}

function summaryOf(
  { bucket, records, bytes }: { readonly bucket: BucketName; readonly records: number; readonly bytes: number },
  { book }: ApiPeer,
): BucketSummaryView {
  const { kind, maxValidityMs } = buckets[bucket]
  const trust = book.trust()
  const rule =
    bucket === 'trust' ? 'root keys and operators may author; ask is for strangers' : ruleWords(trust.ruleOf(bucket))
  return {
    bucket,
    kind,
    records,
    bytes,
    fingerprint: book.index.ready ? book.index.fingerprint(bucket) : '',
    rule: `${rule}; a record lives up to ${daysWords(maxValidityMs)}`,
    mayPropose: mayAuthor(bucket, trust, book.self).may,
    growth: [...book.growth(bucket)],
  }
}

function held(peer: ApiPeer, id: RecordId): StoredRecord {
  const stored = peer.book.get(id)
  if (stored !== undefined) return stored
  throw new SwarmError(
    'NOT_FOUND',
    `This peer holds no record ${id}: it has ended, was dismissed, or has not come here.`,
    { detail: { id } },
  )
}

function refuseUnlessMay(right: ReturnType<typeof mayAuthor>, what: string, peer: ApiPeer): void {
  if (right.may) return
  const why = withNames(right.why, (of) => peer.membership.nameOf(of))
  throw new SwarmError('NOT_TRUSTED', `${what}: ${why}.`)
}

function daysWords(ms: number): string {
  const days = Math.round(ms / 86_400_000)
  return days === 1 ? 'a day' : `${days} days`
}
