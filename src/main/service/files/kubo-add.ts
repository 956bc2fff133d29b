import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { chunkBytes, maxLinks } from './dag-build.ts'
import type { KuboAddress } from './kubo-url.ts'

/** Kubo's answer to one file is a line; more is not from Kubo. */
const maxAnswerBytes = 64 * 1024
/** From the last byte to the first question of TCP whether the other side is there. */
const keepAliveMs = 30_000
const boundary = 'dt-swarm-5f0c1c9e6a'

/** All that decides the CID is said, whatever is set in Kubo's `Import`. The file is not pinned by it. */
const shape = new URLSearchParams({
  'cid-version': '1',
  'raw-leaves': 'true',
  hash: 'sha2-256',
  chunker: `size-${chunkBytes}`,
  'max-file-links': `${maxLinks}`,
  trickle: 'false',
  inline: 'false',
  pin: 'false',
  progress: 'false',
  quieter: 'true',
})

/** What Kubo answered instead of a CID; `response` as kubo-rpc-client's own errors have it. */
class KuboAnswerError extends Error {
  override readonly name = 'KuboAnswerError'
  readonly response: Response

  constructor(message: string, status: number) {
    super(message)
    this.response = new Response(null, { status })
  }
}

/**
 * Kubo's `add`, streamed. kubo-rpc-client's own holds the whole file in memory: what it makes of the source does not wait
 * for the socket (measured: 1 GiB added costs 1.1 GB).
 * @returns the text of the CID
 */
export async function addToKubo(
  { url, authorization }: KuboAddress,
  bytes: AsyncIterable<Uint8Array>,
  { signal }: { readonly signal: AbortSignal },
): Promise<string> {
  const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(`${url}/api/v0/add?${shape}`, {
    method: 'POST',
    signal,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(authorization === null ? {} : { authorization }),
    },
  })
  // A host that vanishes sends nothing more: what is awaited of it must end.
  request.setSocketKeepAlive(true, keepAliveMs)
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  // It may answer, and break off, before it has read everything: what it says then tells more than the broken pipe.
  const sent = pipeline(Readable.from(parts(bytes), { objectMode: true, highWaterMark: 1 }), request)
  const failed = sent.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => {
      throw error
    },
  )
  failed.catch(() => {})
  try {
    const response = await Promise.race([answered, failed])
    const text = await textOf(response)
    const status = response.statusCode ?? 0
    if (status !== 200) throw new KuboAnswerError(field(text, 'Message') ?? text.slice(0, 200), status)
    // An addition that fails half way ends in a trailer: the headers were sent before.
    const trailer = response.trailers['x-stream-error']
    if (trailer !== undefined) throw new KuboAnswerError(trailer, 500)
    await sent
    const cid = field(text, 'Hash')
    if (cid === null) throw new KuboAnswerError(`it told no CID: ${text.slice(0, 200)}`, 500)
    return cid
  } finally {
    answered.catch(() => {})
    request.destroy()
  }
}

async function* parts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
  for await (const piece of bytes) if (piece.length > 0) yield piece
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString()
    if (text.length > maxAnswerBytes) throw new KuboAnswerError('its answer is far too long', 500)
  }
  return text
}

/** A text field of the last line of JSON. */
function field(lines: string, name: string): string | null {
  try {
    const value = (JSON.parse(lines.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>> | null)?.[
      name
    ]
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}
