import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid } from '../../../shared/ids.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { attachment } from './content.ts'
import { bodyOf } from './linger.ts'
import { sendJson } from './reply.ts'

// https://www.iana.org/assignments/media-types/application/vnd.ipld.car
const headers = { 'content-type': 'application/vnd.ipld.car; version=1' }

/** `GET /api/checkpoints/{root}/car`: the checkpoint as a CAR file, as it streams from this peer's store. */
export async function sendCar(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  peer: Pick<ApiPeer, 'checkpoints'>,
): Promise<void> {
  if (!isCid(root)) throw new SwarmError('INVALID_INPUT', `"${root.slice(0, 120)}" is not a CID`)
  if (request.method === 'HEAD' && peer.checkpoints.get(root)?.local === false) {
    // Who only asks whether there is one makes this peer fetch nothing; how long it is, is not known before.
    return void response.writeHead(200, { ...headers, 'cache-control': 'private, no-store' }).end()
  }
  const file = await peer.checkpoints.file(root)
  response.writeHead(200, {
    ...headers,
    'content-disposition': attachment(file.name),
    'content-length': file.sizeBytes,
    'cache-control': 'private, no-store',
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(Readable.from(file.bytes()), response)
}

/** `PUT /api/checkpoints/car`: takes over the records of the CAR file in the body, and answers what became of them. */
export async function receiveCar(
  request: IncomingMessage,
  response: ServerResponse,
  peer: Pick<ApiPeer, 'checkpoints'>,
): Promise<void> {
  const gone = new AbortController()
  const onClose = (): void => {
    if (!request.complete || !response.writableEnded) gone.abort()
  }
  response.once('close', onClose)
  try {
    sendJson(response, 200, await peer.checkpoints.importFile(bodyOf(request), { signal: gone.signal }))
  } finally {
    response.off('close', onClose)
  }
}
