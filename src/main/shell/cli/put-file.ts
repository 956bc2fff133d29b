import { createReadStream } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { errorOfAnswer } from './answer-error.ts'
import { refused, unreachable } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'

/** A file that is sent whole, in the length it had when it was looked at. */
export interface Source {
  readonly file: string
  readonly sizeBytes: number
  readonly onBytes: (done: number) => void
}

/**
 * Sends a file as the body of a PUT, and resolves to the text of the answer.
 * @throws SwarmError as the peer refuses it, NO_DAEMON when it is not there or goes meanwhile, FILE_CHANGED
 */
export async function putFile(url: string, { token, url: base }: Endpoint, source: Source): Promise<string> {
  const outgoing = httpRequest(url, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'content-length': source.sizeBytes,
    },
  })
  const answered = new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    let connected = false
    outgoing.once('socket', (socket) => socket.once('connect', () => (connected = true)))
    outgoing.once('error', (error) =>
      reject(connected ? brokenOff(base, source.file, error) : unreachable(base, error)),
    )
    outgoing.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.once('error', reject)
    })
  })
  let done = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, next) {
      done += chunk.length
      source.onBytes(done)
      next(null, chunk)
    },
  })
  // A refusal may come while we still send; it says more than the broken pipe does.
  const sent = source.sizeBytes === 0 ? Promise.resolve(outgoing.end()) : send(source, meter, outgoing)
  const failed = sent.then(
    () => null,
    (error: unknown) => error,
  )
  const { status, text } = await answered.catch(async (error: unknown) => {
    const cause = await failed
    throw isFileError(cause)
      ? new SwarmError('FILE_CHANGED', `"${source.file}" cannot be read: ${messageOf(cause)}`)
      : error
  })
  if (status === 200) return text
  throw errorOfAnswer(text) ?? refused(base, status)
}

async function send(source: Source, meter: Transform, outgoing: NodeJS.WritableStream): Promise<void> {
  // No further than what was announced, should the file grow meanwhile.
  await pipeline(createReadStream(source.file, { end: source.sizeBytes - 1 }), meter, outgoing)
}

/** The peer was there, and is no more. */
function brokenOff(base: string, file: string, cause: unknown): SwarmError {
  const code = (cause as NodeJS.ErrnoException).code ?? messageOf(cause)
  return new SwarmError(
    'NO_DAEMON',
    `the peer at ${base} broke off while "${file}" was sent (${code}): see whether it still runs, and send it again`,
    { cause },
  )
}

function isFileError(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false
  // A socket is read too.
  return error.syscall === 'open' || (error.syscall === 'read' && !lineCodes.has(error.code))
}

const lineCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE'])
