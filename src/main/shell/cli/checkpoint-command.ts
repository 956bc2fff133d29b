import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { checkpointImportSchema, type CheckpointView } from '../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { get, receive } from './streams.ts'
import type { Io, Output } from './io.ts'
import { putFile } from './put-file.ts'
import { mayWrite, writeWhole } from './whole-file.ts'
import { agoText, bytesText, printable, table, timeText } from './words.ts'

/** `dt-swarm checkpoint create`. */
export async function createCheckpoint(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const made = await withApi(endpoint, (api) => api.checkpoints.create())
  io.out(json ? JSON.stringify(made, null, 2) : factsText(made))
}

/** `dt-swarm checkpoint list`. */
export async function listCheckpoints(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const all = await withApi(endpoint, (api) => api.checkpoints.list())
  if (json) return io.out(JSON.stringify(all, null, 2))
  if (all.length === 0) return io.out('no checkpoint is known yet: "dt-swarm checkpoint create" makes one')
  const now = Date.now()
  const rows = all.map((one) => [
    agoText(one.atMs, now),
    String(one.records),
    bytesText(one.bytes),
    one.local ? 'here' : '-',
    one.signers.map(({ name, peer }) => name ?? peer.slice(-8)).join(', ') || '-',
    one.believable ? 'yes' : 'no',
    one.root,
  ])
  io.out(table(['MADE', 'RECORDS', 'SIZE', 'LOCAL', 'SIGNERS', 'BELIEVED', 'ROOT'], rows))
}

/** `dt-swarm checkpoint show ROOT`. */
export async function showCheckpoint(root: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const cid = rootOf(root)
  const one = await withApi(endpoint, (api) => api.checkpoints.get({ root: cid }))
  io.out(json ? JSON.stringify(one, null, 2) : factsText(one))
}

/** `dt-swarm checkpoint verify ROOT`: false when it is not sound. */
export async function verifyCheckpoint(root: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<boolean> {
  const cid = rootOf(root)
  const check = await withApi(endpoint, (api) => api.checkpoints.verify({ root: cid }))
  if (json) io.out(JSON.stringify(check, null, 2))
  else if (check.good) {
    const seconds = (check.tookMs / 1_000).toFixed(1)
    io.out(`good: ${check.records} records, ${check.signatures} signatures verified in ${seconds} s`)
  } else io.out(['not sound:', ...check.problems.map((problem) => `  ${printable(problem)}`)].join('\n'))
  return check.good
}

/** `dt-swarm checkpoint export FILE [ROOT]`: one of now, unless a root is given. */
export async function exportCheckpoint(
  file: string,
  root: string | undefined,
  endpoint: Endpoint,
  { json, force }: Output & { readonly force: boolean },
  io: Io,
): Promise<void> {
  const path = resolve(file)
  await mayWrite(path, { force })
  const cid = root === undefined ? (await withApi(endpoint, (api) => api.checkpoints.create())).root : rootOf(root)
  const answer = await get(`${endpoint.url}/api/checkpoints/${cid}/car`, endpoint)
  const what = `checkpoint ${cid}`
  const written = { force, expectedBytes: Number(answer.headers['content-length']) }
  const sizeBytes = await writeWhole(path, written, (to) => receive(answer, to, { what, io, keepOpen: false }))
  io.out(json ? JSON.stringify({ root: cid, path, sizeBytes }) : `${printable(path)} ${cid}`)
}

/** `dt-swarm checkpoint import FILE`. */
export async function importCheckpoint(file: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const facts = await stat(file).catch((cause: unknown) => {
    throw notReadable(file, cause)
  })
  if (!facts.isFile()) throw new SwarmError('UNSUPPORTED', `"${file}" cannot be imported: it is not a file`)
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw notReadable(file, cause)
  })
  const text = await putFile(`${endpoint.url}/api/checkpoints/car`, endpoint, {
    file,
    sizeBytes: facts.size,
    onBytes: (done) => io.progress(`${bytesText(done)} of ${bytesText(facts.size)}`),
  })
  const imported = checkpointImportSchema.parse(JSON.parse(text))
  if (json) return io.out(JSON.stringify(imported, null, 2))
  const refused = Object.entries(imported.refused).map(([reason, count]) => `, ${count} refused (${reason})`)
  io.out(`${imported.added} records new, ${imported.known} known${refused.join('')}`)
}

/** Whether it is not there, or is there and not for us. */
function notReadable(file: string, cause: unknown): SwarmError {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SwarmError('NOT_FOUND', `"${file}" cannot be imported: there is no such file`, { cause })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const reason = 'this user may not read it; change its permissions, or its folder’s'
    return new SwarmError('PERMISSION_DENIED', `"${file}" cannot be imported: ${reason}`, { cause })
  }
  return new SwarmError('FETCH_FAILED', `"${file}" cannot be imported: it cannot be read (${code ?? 'unknown'})`, {
    cause,
  })
}

function factsText(one: CheckpointView): string {
  const head = [
    one.root,
    `made:     ${timeText(one.atMs)}`,
    `records:  ${one.records} in ${one.chunks} chunks, ${bytesText(one.bytes)}; ${one.sharedChunks} chunks as in the one before`,
    `here:     ${one.local ? 'all of it' : 'no'}`,
    `believed: ${one.believable ? 'yes' : 'no'}. ${printable(one.reason)}`,
    `signers:  ${one.signers.map(({ name, peer, how }) => `${printable(name ?? peer)} (${how})`).join(', ') || 'none'}`,
    '',
  ]
  const rows = one.buckets.map(({ bucket, records, chunks, fingerprint }) => [
    bucket,
    String(records),
    String(chunks),
    fingerprint,
  ])
  return [...head, table(['BUCKET', 'RECORDS', 'CHUNKS', 'FINGERPRINT'], rows)].join('\n')
}

function rootOf(text: string): Cid {
  if (isCid(text)) return text
  throw new SwarmError(
    'INVALID_INPUT',
    `"${text}" is not the root of a checkpoint: "dt-swarm checkpoint list" shows them`,
  )
}
