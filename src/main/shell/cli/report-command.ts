import type { ApiClient } from '../../../shared/contract/contract.ts'
import type { RecordView } from '../../../shared/record-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { bytesText, printable, table, timeText } from './words.ts'

/** `dt-swarm-cli HOST report`: the shared files with their state, hashes and providers. */
export async function report(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const shares = await withApi(endpoint, (api) => api.files.list())
  const facts = shares.toSorted((a, b) => a.name.localeCompare(b.name)).map(factsOf)
  if (json) return io.out(JSON.stringify(facts, null, 2))
  const rows = facts.map((fact) => [
    fact.filename,
    bytesText(fact.sizeBytes),
    fact.date,
    fact.node,
    fact.state,
    fact.hashes.cid,
    fact.providers.map((provider) => provider.name).join(', ') || '-',
  ])
  io.out(table(['FILENAME', 'SIZE', 'DATE', 'NODE', 'STATE', 'HASH', 'PROVIDERS'], rows))
}

function factsOf(share: ShareView) {
  return {
    filename: share.name,
    sizeBytes: share.sizeBytes,
    date: timeText(share.modifiedAtMs),
    node: share.originName,
    /** local: all of it is on HOST. remote: a peer that is there holds it. unreachable: no holder is there now. */
    state: share.local ? 'local' : share.copies.some((copy) => copy.alive) ? 'remote' : 'unreachable',
    hashes: { cid: share.cid },
    providers: share.copies.map(({ peer, name, alive }) => ({ peer, name, alive })),
  }
}

/** `dt-swarm-cli HOST summary`: all live records, by bucket, as a tree. */
export async function summary(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const records = await withApi(endpoint, allRecords)
  const buckets = Map.groupBy(records, (record) => record.bucket)
  if (json) return io.out(JSON.stringify(Object.fromEntries(buckets), null, 2))
  for (const [bucket, list] of buckets) {
    io.out(`${bucket}:  # ${list.length} ${list.length === 1 ? 'record' : 'records'}`)
    for (const record of list) io.out(recordTree(record))
  }
  if (buckets.size === 0) io.out('# no live records yet')
}

async function allRecords(api: ApiClient): Promise<RecordView[]> {
  const records: RecordView[] = []
  let after: string | undefined
  for (;;) {
    const page = await api.records.list({ limit: 1_000, ...(after === undefined ? {} : { after }) })
    records.push(...page.records)
    if (page.next === null) return records
    after = page.next
  }
}

function recordTree(record: RecordView): string {
  const lines = [
    `  ${scalar(record.key)}:`,
    `    author: ${scalar(record.authorName === null ? record.author : `${record.authorName} (${record.author})`)}`,
    `    seq: ${record.seq}`,
    `    state: ${record.state}`,
    `    valid: ${timeText(record.validFromMs)} to ${timeText(record.validUntilMs)}`,
    `    heard: ${record.how}`,
    ...tree('value', record.value, 4),
  ]
  return lines.join('\n')
}

function tree(key: string, value: unknown, indent: number): string[] {
  const head = `${' '.repeat(indent)}${key === '-' ? '-' : `${scalar(key)}:`}`
  if (typeof value !== 'object' || value === null) return [`${head} ${scalar(value)}`]
  const entries = Array.isArray(value) ? value.map((item) => ['-', item as unknown] as const) : Object.entries(value)
  if (entries.length === 0) return [`${head} ${Array.isArray(value) ? '[]' : '{}'}`]
  return [head, ...entries.flatMap(([name, item]) => tree(name, item, indent + 2))]
}

/** A value as YAML writes it; quoted wherever a bare word would be read as something else. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null'
  const plain =
    /^[\p{L}\p{N}/][\p{L}\p{N} ._/()+-]*$/u.test(value) && !/^[\d.+-]|^(true|false|null|yes|no|on|off|~)$/i.test(value)
  return plain && !value.endsWith(' ') ? value : JSON.stringify(printable(value))
}
