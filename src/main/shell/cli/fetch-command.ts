import { createWriteStream, existsSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { basename, join, resolve } from 'node:path'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { errorOfAnswer } from './answer-error.ts'
import { refused, unreachable, withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { bytesText, printable } from './words.ts'

export interface FetchOptions {
  /** A file, a folder, or `-` for stdout; default: the file's own name in the working directory. */
  readonly out: string | undefined
  readonly json: boolean
}

/** `dt-swarm fetch CID`: the file is there whole, under its name, or not at all. */
export async function fetchFile(cid: string, endpoint: Endpoint, options: FetchOptions, io: Io): Promise<void> {
  if (!isCid(cid)) throw new SwarmError('INVALID_INPUT', `"${cid}" is not a CID: "dt-swarm files" lists them`)
  const share = await withApi(endpoint, async (api) =>
    (await api.files.list({ search: cid })).find((s) => s.cid === cid),
  )
  const target = options.out === '-' ? null : placeOf(options.out, share?.name ?? cid)
  const answer = await get(`${endpoint.url}/api/files/${cid}/content`, endpoint)
  const sizeBytes = Number(answer.headers['content-length'])
  if (target === null) {
    await receive(answer, process.stdout, { cid, sizeBytes, io, keepOpen: true })
    return
  }
  const part = `${target}.part`
  try {
    await receive(answer, createWriteStream(part), { cid, sizeBytes, io, keepOpen: false })
    await rename(part, target)
  } catch (error) {
    await rm(part, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new SwarmError('DISK_FULL', `the disk is full: ${bytesText(sizeBytes)} are needed for ${target}`, {
        cause: error,
      })
    }
    throw error
  }
  io.out(options.json ? JSON.stringify({ cid, path: target, sizeBytes }) : printable(target))
}

/** Where the file goes. A name that came from the swarm is used as a name only, never as a path. */
function placeOf(out: string | undefined, shared: string): string {
  const name = safeName(shared)
  if (out === undefined) {
    const place = resolve(name)
    if (!existsSync(place)) return place
    throw new SwarmError('INVALID_INPUT', `${place} is there already: say with --out where it should go`)
  }
  const folder = statSync(out, { throwIfNoEntry: false })?.isDirectory() === true
  return folder ? join(resolve(out), name) : resolve(out)
}

/** The last step of a shared name, without what some file system forbids. */
export function safeName(shared: string): string {
  const last = basename(shared.replace(/\\/g, '/'))
  const name = printable(last)
    .replace(/[<>:"/\\|?*\ufffd]/g, '_')
    .replace(/^\.+/, '')
    .replace(/[. ]+$/, '')
    .slice(0, 200)
  return name === '' || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `file_${name}` : name
}

/** Asks for something that streams. @throws SwarmError as the peer refuses it, NO_DAEMON */
export function get(url: string, { url: base, token }: Endpoint): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const outgoing = httpGet(url, { headers: { authorization: `Bearer ${token}` } }, (answer) => {
      if (answer.statusCode === 200) return done(answer)
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.once('end', () => failed(errorOfAnswer(text) ?? refused(base, answer.statusCode ?? 0)))
      answer.once('error', failed)
    })
    outgoing.once('error', (error) => failed(unreachable(base, error)))
  })
}

interface Reception {
  readonly cid: Cid
  readonly sizeBytes: number
  readonly io: Io
  readonly keepOpen: boolean
}

async function receive(
  answer: IncomingMessage,
  to: Writable,
  { cid, sizeBytes, io, keepOpen }: Reception,
): Promise<void> {
  let done = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, next) {
      done += chunk.length
      io.progress(`${cid}: ${bytesText(done)} of ${bytesText(sizeBytes)}`)
      next(null, chunk)
    },
  })
  try {
    await pipeline(answer, meter, to, { end: !keepOpen })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    throw broken(cid, done, sizeBytes, error)
  }
  if (done !== sizeBytes) throw broken(cid, done, sizeBytes, undefined)
}

function broken(cid: Cid, done: number, sizeBytes: number, cause: unknown): SwarmError {
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`
  return new SwarmError(
    'FETCH_FAILED',
    `${cid} broke off after ${done} of ${sizeBytes} bytes${why}: what came stays in the peer's store, try again`,
    { cause },
  )
}
