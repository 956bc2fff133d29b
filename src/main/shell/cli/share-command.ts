import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { basename } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { transferSchema, type TransferView } from '../../../shared/views.ts'
import { errorOfAnswer } from './answer-error.ts'
import { refused, unreachable } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { bytesText, printable } from './words.ts'

/** `dt-swarm share FILE...`: false when any of them could not be shared. */
export async function shareFiles(
  files: readonly string[],
  endpoint: Endpoint,
  options: { readonly json: boolean },
  io: Io,
): Promise<boolean> {
  const results: object[] = []
  let failed = 0
  for (const file of files) {
    try {
      const { cid, name, sizeBytes } = await upload(file, endpoint, io)
      results.push({ file, cid, name, sizeBytes, error: null })
      if (!options.json) io.out(`${cid ?? ''} ${printable(name)}`)
    } catch (error) {
      // Without a daemon the next file would fare no better.
      if (error instanceof SwarmError && (error.code === 'NO_DAEMON' || error.code === 'UNAUTHORIZED')) throw error
      failed += 1
      results.push({ file, cid: null, name: basename(file), sizeBytes: null, error: messageOf(error) })
      io.note(`dt-swarm: ${printable(messageOf(error))}`)
    }
  }
  if (options.json) io.out(JSON.stringify(results, null, 2))
  return failed === 0
}

async function upload(file: string, endpoint: Endpoint, io: Io): Promise<TransferView> {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : String(cause.code ?? cause)
    throw new SwarmError('NOT_FOUND', `"${file}" cannot be shared: ${why}`, { cause })
  })
  if (!facts.isFile()) throw new SwarmError('UNSUPPORTED', `"${file}" cannot be shared: it is not a file`)
  const name = basename(file)
  const answer = await put(`${endpoint.url}/api/files/upload?name=${encodeURIComponent(name)}`, endpoint, {
    file,
    sizeBytes: facts.size,
    onBytes: (done) => io.progress(`${printable(name)}: ${bytesText(done)} of ${bytesText(facts.size)}`),
  })
  return answer
}

interface Source {
  readonly file: string
  readonly sizeBytes: number
  readonly onBytes: (done: number) => void
}

async function put(url: string, { token, url: base }: Endpoint, source: Source): Promise<TransferView> {
  const outgoing = httpRequest(url, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'content-length': source.sizeBytes,
    },
  })
  const answered = new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    outgoing.once('error', (error) => reject(unreachable(base, error)))
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
  if (status === 200) return transferSchema.parse(JSON.parse(text))
  throw errorOfAnswer(text) ?? refused(base, status)
}

async function send(source: Source, meter: Transform, outgoing: NodeJS.WritableStream): Promise<void> {
  // No further than what was announced, should the file grow meanwhile.
  await pipeline(createReadStream(source.file, { end: source.sizeBytes - 1 }), meter, outgoing)
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && (error.syscall === 'open' || error.syscall === 'read')
}
