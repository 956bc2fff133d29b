import { SwarmError } from '../../../shared/errors.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import type { ApiPeer } from './api-peer.ts'

/** A picture that a page may draw; its type is told by its first bytes, never by who shared it. */
export interface ServedPicture {
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** When it was recorded; null for a file of its own. */
  readonly atMs: number | null
}

/** Headers of every picture: were one opened as a page, it could do nothing. The bytes of a CID never change. */
export const pictureHeaders = {
  'content-security-policy': "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
  'content-disposition': 'inline',
  'cache-control': 'private, max-age=86400, immutable',
} as const

/** What a page draws whole. */
const maxFileBytes = 32 * 1_024 * 1_024
const maxTopicLength = 256

/**
 * `/api/files/{cid}/frame?topic=…&at=…`: the picture of a topic nearest to a time, ms since the epoch.
 * @throws SwarmError INVALID_INPUT, NOT_FOUND, TIMEOUT and what reading the file throws
 */
export async function framePicture(
  peer: Pick<ApiPeer, 'files'>,
  cid: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<ServedPicture> {
  const [topic, at] = [query.get('topic') ?? '', query.get('at') ?? '']
  const atMs = Number(at)
  if (topic === '' || topic.length > maxTopicLength || at.trim() === '' || !Number.isFinite(atMs)) {
    throw new SwarmError('INVALID_INPUT', 'a frame is asked for with ?topic=NAME&at=MS, times in ms since the epoch')
  }
  return peer.files.logs.frame(known(cid), topic, atMs, { signal })
}

/** A shared file that is a picture. @throws SwarmError UNSUPPORTED when it is none, or larger than 32 MiB */
export async function filePicture(
  peer: Pick<ApiPeer, 'files'>,
  cid: string,
  signal: AbortSignal,
): Promise<ServedPicture> {
  const file = known(cid)
  const { sizeBytes } = await peer.files.reader.stat(file)
  if (sizeBytes > maxFileBytes) throw new SwarmError('UNSUPPORTED', `${cid} is too large to be drawn: download it`)
  const parts: Uint8Array[] = []
  for await (const part of peer.files.reader.content(file, { signal })) parts.push(part)
  const bytes = Buffer.concat(parts)
  const mediaType = mediaTypeOf(bytes)
  if (mediaType === null) throw new SwarmError('UNSUPPORTED', `${cid} is no picture of a kind that is drawn`)
  return { mediaType, bytes, atMs: null }
}

function known(cid: string): Cid {
  if (!isCid(cid)) throw new SwarmError('INVALID_INPUT', `"${cid.slice(0, 100)}" is not a CID`)
  return cid
}

function mediaTypeOf(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 12)
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('GIF8')) return 'image/gif'
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp'
  return head.startsWith('BM') ? 'image/bmp' : null
}
