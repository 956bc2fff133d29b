import type { IncomingMessage, ServerResponse } from 'node:http'
import { SwarmError, swarmErrorCodes, type SwarmErrorCode } from '../../../shared/errors.ts'
import { plainNameWords } from '../../../shared/plain-name.ts'
import { isChannelName } from '../../service/files/file-channel-record.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { bodyOf } from './linger.ts'
import { sendError, sendJson } from './reply.ts'

/** Larger than any bag a robot's card holds; a disk that is too small for less says so itself. */
const maxUploadBytes = 256 * 1024 ** 3

/** Uploads at once: the browser sends two, a script perhaps a few more. */
const maxUploads = 8

/** `PUT /api/files/upload?name=…&channel=…`: streams the body into the share folder and answers with its TransferView. */
export class Uploads {
  readonly #peer: Pick<ApiPeer, 'files'>
  #running = 0

  constructor(peer: Pick<ApiPeer, 'files'>) {
    this.#peer = peer
  }

  /** @throws SwarmError INVALID_INPUT, TOO_LARGE, LIMIT_REACHED and what the service of files throws */
  async receive(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const name = url.searchParams.get('name')
    if (name === null || name === '')
      throw new SwarmError('INVALID_INPUT', 'say the name of the file: ?name=run-17.mcap')
    const channel = url.searchParams.get('channel')
    if (channel !== null && !isChannelName(channel)) {
      throw new SwarmError('INVALID_INPUT', `"${channel.slice(0, 80)}" is no name of a file channel: ${plainNameWords}`)
    }
    const length = request.headers['content-length']
    const sizeBytes = length === undefined ? null : Number(length)
    if (sizeBytes !== null && sizeBytes > maxUploadBytes) {
      throw new SwarmError('TOO_LARGE', `"${name}" has ${sizeBytes} bytes: at most ${maxUploadBytes} can be uploaded`)
    }
    if (this.#running >= maxUploads) {
      throw new SwarmError('LIMIT_REACHED', `${maxUploads} uploads are running already: try again when one is done`)
    }
    const gone = new AbortController()
    const onClose = () => {
      if (!request.complete || !response.writableEnded) gone.abort()
    }
    response.once('close', onClose)
    this.#running += 1
    try {
      const transfer = await this.#peer.files.sharing.shareStream(name, bounded(bodyOf(request), name), {
        ...(sizeBytes === null ? {} : { sizeBytes }),
        signal: gone.signal,
        channel,
      })
      if (transfer.error === null) return sendJson(response, 200, transfer)
      const { code, message } = transfer.error
      sendError(request, response, isCode(code) ? code : 'INTERNAL', message)
    } finally {
      this.#running -= 1
      response.off('close', onClose)
    }
  }
}

async function* bounded(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of bytes) {
    total += chunk.length
    if (total > maxUploadBytes) {
      throw new SwarmError('TOO_LARGE', `"${name}" is longer than the ${maxUploadBytes} bytes that can be uploaded`)
    }
    yield chunk
  }
}

function isCode(code: string): code is SwarmErrorCode {
  return (swarmErrorCodes as readonly string[]).includes(code)
}
