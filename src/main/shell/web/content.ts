import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid } from '../../../shared/ids.ts'
import { parseUri, readCid } from '../../service/files/uri.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { parseRange } from './byte-range.ts'
import { sendError } from './reply.ts'

/** How long the first facts about a file may take when it must be asked for in the swarm. */
const statDeadlineMs = 30_000

/**
 * `GET /api/files/content?uri=…`: as `sendContent`, for whatever URI names the file. What `sha1://` names is compared when
 * all of it is asked for: a file that is another breaks off before its last bytes, and the next call tries the next one
 * that is said to be it. A range of it is as true as the record that says so.
 * @throws SwarmError as `sendContent`, and NOT_FOUND
 */
export async function sendContentOf(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  peer: Pick<ApiPeer, 'files'>,
): Promise<void> {
  const text = url.searchParams.get('uri')
  if (text === null) throw new SwarmError('INVALID_INPUT', 'say which file: ?uri=ipfs://CID or sha1://HASH, escaped')
  const uri = parseUri(text)
  const gone = new AbortController()
  const onClose = (): void => gone.abort()
  response.once('close', onClose)
  const cid = uri.kind === 'cid' ? uri.cid : await peer.files.finder.resolve(text, { signal: gone.signal })
  response.off('close', onClose)
  if (uri.name !== null && !url.searchParams.has('name') && peer.files.shares.get(cid) === undefined) {
    url.searchParams.set('name', uri.name)
  }
  await sendContent(request, response, url, cid, peer, uri.kind === 'sha1' ? uri.sha1 : null)
}

/**
 * `GET /api/files/{cid}/content?name=…`: the file's bytes, verified as they stream, from this peer's store or from
 * the swarm. Range and HEAD are understood. Always an attachment of unknown type: what robots share is never shown
 * as a page of ours.
 * @param sha1 what it must be besides, when all of it is sent
 * @throws SwarmError INVALID_INPUT, TIMEOUT and what the service of files throws, before the first byte
 */
export async function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  given: string,
  peer: Pick<ApiPeer, 'files'>,
  sha1: string | null = null,
): Promise<void> {
  if (!isCid(given)) throw new SwarmError('INVALID_INPUT', `"${given}" is not a CID`)
  const cid = readCid(given) ?? given
  if (request.headers['if-none-match'] === `"${cid}"`) return void response.writeHead(304).end()
  const { sizeBytes } = await withDeadline(peer.files.reader.stat(cid), cid)
  const name = url.searchParams.get('name') ?? peer.files.shares.get(cid)?.name ?? cid
  const wanted = request.headers['if-range'] === undefined || request.headers['if-range'] === `"${cid}"`
  const range = wanted ? parseRange(request.headers.range, sizeBytes) : null
  response.setHeader('accept-ranges', 'bytes')
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${sizeBytes}`)
    const why = `the range lies past the end of the file, which has ${sizeBytes} bytes`
    return sendError(request, response, 'INVALID_INPUT', why, 416)
  }
  response.setHeader('etag', `"${cid}"`)
  // The bytes of a CID never change, but they are for whoever had the token.
  response.setHeader('cache-control', 'private, max-age=31536000, immutable')
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
  const bytes = peer.files.reader.content(cid, { offset, length, signal: gone.signal })
  const checked =
    sha1 === null || range !== null ? bytes : onlyIf(bytes, sha1, () => peer.files.finder.disprove(sha1, cid))
  await pipeline(Readable.from(checked), response)
}

/** The bytes, the last piece only when all together have that SHA-1. @throws SwarmError FETCH_FAILED instead of it */
async function* onlyIf(
  bytes: AsyncIterable<Uint8Array>,
  sha1: string,
  onWrong: () => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha1')
  let held: Uint8Array | null = null
  for await (const piece of bytes) {
    hash.update(piece)
    if (held !== null) yield held
    held = piece
  }
  if (hash.digest('hex') !== sha1) {
    onWrong()
    throw new SwarmError('FETCH_FAILED', `what is said to have the SHA-1 ${sha1} has another: ask again for the next`)
  }
  if (held !== null) yield held
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
