import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { isRecordId, type RecordId } from '../../../shared/ids.ts'
import { recordStateSchema, type RecordView } from '../../../shared/record-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { agoText, bytesText, printable, table, timeText } from './words.ts'

interface Filters {
  readonly bucket?: string | undefined
  readonly state?: string | undefined
  readonly search?: string | undefined
}

/** `dt-swarm records`: what there is, by bucket. */
export async function summarizeRecords(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const buckets = await withApi(endpoint, (api) => api.records.summary())
  if (json) return io.out(JSON.stringify(buckets, null, 2))
  const rows = buckets.map(({ bucket, records, bytes, fingerprint, rule }) => [
    bucket,
    `${records}`,
    bytesText(bytes),
    fingerprint.slice(0, 8) || '-',
    rule,
  ])
  io.out(table(['BUCKET', 'RECORDS', 'SIZE', 'FINGERPRINT', 'RULE'], rows))
}

/** `dt-swarm records --bucket B --state S`: all that fit. */
export async function listRecords(endpoint: Endpoint, { json, ...filters }: Output & Filters, io: Io): Promise<void> {
  const records = await withApi(endpoint, (api) => all(api, filters))
  if (json) return io.out(JSON.stringify(records, null, 2))
  if (records.length === 0) return io.note('no record fits')
  const now = Date.now()
  const rows = records.map((record) => [
    record.bucket,
    record.key,
    record.state,
    record.stateReason,
    record.authorName ?? record.author,
    agoText(record.receivedAtMs, now),
    record.id,
  ])
  io.out(table(['BUCKET', 'KEY', 'STATE', 'WHY', 'AUTHOR', 'RECEIVED', 'RECORD'], rows))
}

/** `dt-swarm records show ID`. */
export async function showRecord(endpoint: Endpoint, { id, json }: Output & { readonly id: string }, io: Io) {
  const record = await withApi(endpoint, (api) => api.records.get({ id: idOf(id) }))
  io.out(json ? JSON.stringify(record, null, 2) : recordText(record))
}

/** `dt-swarm records endorse|dismiss ID`: says what the record counts for then. */
export async function attestRecord(
  endpoint: Endpoint,
  { id, verdict, json }: Output & { readonly id: string; readonly verdict: 'endorse' | 'dismiss' },
  io: Io,
): Promise<void> {
  const record = await withApi(endpoint, (api) => api.records.attest({ id: idOf(id), verdict }))
  if (json) return io.out(JSON.stringify(record, null, 2))
  io.out(printable(`${record.bucket} "${record.key}" is ${record.state}: ${record.stateReason}`))
}

async function all(api: ApiClient, { bucket, state, search }: Filters): Promise<RecordView[]> {
  const records: RecordView[] = []
  const query = {
    limit: 1_000,
    ...(bucket === undefined ? {} : { bucket }),
    ...(state === undefined ? {} : { state: recordStateSchema.parse(state) }),
    ...(search === undefined ? {} : { search }),
  }
  for (let after: string | undefined; ;) {
    const page = await api.records.list({ ...query, ...(after === undefined ? {} : { after }) })
    records.push(...page.records)
    if (page.next === null) return records
    after = page.next
  }
}

function idOf(text: string): RecordId {
  if (isRecordId(text)) return text
  throw new SwarmError('INVALID_INPUT', `"${text}" is not the id of a record: bafyrei…`)
}

function recordText(record: RecordView): string {
  const way =
    record.how === 'self'
      ? 'signed here'
      : `${record.how} from ${record.fromName ?? record.from ?? 'nobody'}${record.channel === null ? '' : ` on ${record.channel}`}, ${record.hops} ${record.hops === 1 ? 'hop' : 'hops'}`
  const lines = [
    `${record.bucket} "${record.key}", ${bytesText(record.sizeBytes)}`,
    `state: ${record.state}, ${record.stateReason}`,
    `author: ${record.authorName ?? '-'} ${record.author}, seq ${record.seq}`,
    `valid: ${timeText(record.validFromMs)} to ${timeText(record.validUntilMs)}`,
    `came: ${way}, ${agoText(record.receivedAtMs, Date.now())}`,
    `you may: ${[record.mayEndorse ? 'endorse' : '', record.mayDismiss ? 'dismiss' : ''].filter(Boolean).join(', ') || 'only look'}`,
  ].map(printable)
  const rows = record.signers.map((signer) => [
    signer.verdict,
    signer.name ?? '-',
    signer.standing === 'member' ? signer.roles.join(', ') : signer.standing,
    signer.counts ? 'counts' : 'does not count',
    timeText(signer.atMs),
    signer.peer,
  ])
  const value = JSON.stringify(record.value, null, 2).split('\n').map(printable).join('\n')
  return [...lines, '', table(['SIGNED', 'NAME', 'AS', 'WEIGHT', 'AT', 'PEER'], rows), '', value].join('\n')
}
