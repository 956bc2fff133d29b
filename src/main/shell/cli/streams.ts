import { get as httpGet, type IncomingMessage } from 'node:http'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { errorOfAnswer } from './answer-error.ts'
import { refused, unreachable } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { bytesText } from './words.ts'

/**
 * Asks for something that streams.
 * @param headers besides the token
 * @throws SwarmError as the peer refuses it, NO_DAEMON
 */
export function get(
  url: string,
  { url: base, token }: Endpoint,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const outgoing = httpGet(url, { headers: { ...headers, authorization: `Bearer ${token}` } }, (answer) => {
      const status = answer.statusCode ?? 0
      if (status === 200 || status === 206) return done(answer)
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.once('end', () => failed(errorOfAnswer(text) ?? refusedAs(base, answer)))
      answer.once('error', failed)
    })
    outgoing.once('error', (error) => failed(unreachable(base, error)))
  })
}

function refusedAs(base: string, answer: IncomingMessage): SwarmError {
  if (answer.statusCode !== 416) return refused(base, answer.statusCode ?? 0)
  const size = answer.headers['content-range']?.split('/')[1] ?? 'fewer'
  return new SwarmError('INVALID_INPUT', `the range lies past the end: the file has ${size} bytes`)
}

export interface Reception {
  /** What is fetched, for people. */
  readonly what: string
  readonly io: Io
  /** Not closed after the last byte: it is our own stdout. */
  readonly keepOpen: boolean
}

/** Writes out all that was announced. @throws SwarmError FETCH_FAILED when it breaks off; what `to` throws */
export async function receive(
  answer: IncomingMessage,
  to: Writable,
  { what, io, keepOpen }: Reception,
): Promise<number> {
  const sizeBytes = Number(answer.headers['content-length'])
  let done = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, next) {
      done += chunk.length
      io.progress(`${what}: ${bytesText(done)} of ${bytesText(sizeBytes)}`)
      next(null, chunk)
    },
  })
  try {
    await pipeline(answer, meter, to, { end: !keepOpen })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    throw broken(what, done, sizeBytes, error)
  }
  if (done !== sizeBytes) throw broken(what, done, sizeBytes, undefined)
  return sizeBytes
}

function broken(what: string, done: number, sizeBytes: number, cause: unknown): SwarmError {
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`
  return new SwarmError(
    'FETCH_FAILED',
    `${what} broke off after ${done} of ${sizeBytes} bytes${why}: what came stays in the peer's store, try again`,
    { cause },
  )
}
