import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiPeer } from '../api/api-peer.ts'
import { framePicture, pictureHeaders } from '../api/pictures.ts'

/**
 * `GET /api/files/{cid}/frame?topic=…&at=…`: a picture that a recording has. `x-frame-at` tells when it was taken.
 * @throws SwarmError INVALID_INPUT, NOT_FOUND, TIMEOUT and what reading the file throws
 */
export async function sendFrame(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  cid: string,
  peer: Pick<ApiPeer, 'files'>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { mediaType, bytes, atMs } = await framePicture(peer, cid, url.searchParams, gone.signal)
  response.writeHead(200, {
    ...pictureHeaders,
    'content-type': mediaType,
    'content-length': bytes.length,
    ...(atMs === null ? {} : { 'x-frame-at': String(atMs) }),
  })
  if (request.method === 'HEAD') response.end()
  else response.end(bytes)
}
