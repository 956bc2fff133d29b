import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid } from '../../../shared/ids.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { parseRange } from './byte-range.ts'

/** How long the first facts about a file may take when it must be asked for in the swarm. */
const statDeadlineMs = 30_000

/**
 * `GET /api/files/{cid}/content?name=…`: the file's bytes, verified as they stream, from this peer's store or from
 * the swarm. Range and HEAD are understood. Always an attachment of unknown type: what robots share is never shown
 * as a page of ours.
 * @throws SwarmError INVALID_INPUT, TIMEOUT and what the service of files throws, before the first byte
 */
export async function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  cid: string,
  peer: Pick<ApiPeer, 'files'>,
): Promise<void> {
  if (!isCid(cid)) throw new SwarmError('INVALID_INPUT', `"${cid}" is not a CID`)
  if (request.headers['if-none-match'] === `"${cid}"`) return void response.writeHead(304).end()
  const { sizeBytes } = await withDeadline(peer.files.stat(cid), cid)
  const name = url.searchParams.get('name') ?? peer.files.share(cid)?.name ?? cid
  const wanted = request.headers['if-range'] === undefined || request.headers['if-range'] === `"${cid}"`
  const range = wanted ? parseRange(request.headers.range, sizeBytes) : null
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('etag', `"${cid}"`)
  // The bytes of a CID never change, but they are for whoever had the token.
  response.setHeader('cache-control', 'private, max-age=31536000, immutable')
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { 'content-range': `bytes */${sizeBytes}` }).end()
  }
  const { offset, length } = range ?? { offset: 0, length: sizeBytes }
  response.writeHead(range === null ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-disposition': attachment(name),
    'content-length': length,
    ...(range === null ? {} : { 'content-range': `bytes ${offset}-${offset + length - 1}/${sizeBytes}` }),
  })
  if (request.method === 'HEAD' || length === 0) return void response.end()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await pipeline(Readable.from(peer.files.content(cid, { offset, length, signal: gone.signal })), response)
}

/** RFC 6266: a plain name for old readers, the real one beside it. Folders of a shared name are not kept. */
export function attachment(name: string): string {
  const last = (name.split(/[/\\]/).at(-1) ?? '').toWellFormed().slice(0, 200) || 'file'
  const plain = last.replace(/[^\w .()+-]/g, '_')
  const full = encodeURIComponent(last).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`
}

async function withDeadline<T>(work: Promise<T>, cid: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SwarmError('TIMEOUT', `nobody who holds ${cid} answered within 30 s: see its copies, and try again`))
    }, statDeadlineMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
