import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { FoundView } from '../../../shared/file-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import { safeName } from '../../service/files/safe-name.ts'
import { parseUri } from '../../service/files/uri.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { get, receive } from './streams.ts'
import { waitForAll } from './transfer-wait.ts'
import { bytesText, printable } from './words.ts'

export interface LoadOptions {
  /** A file, a folder, or `-` for stdout; default: the file's own name in the working directory. */
  readonly dest: string | undefined
  readonly json: boolean
}

/** A file that has not the SHA-1 that is said of it is found out at its end; then the next one is tried. */
const maxTries = 3

type Answer = Awaited<ReturnType<typeof get>>

/** `dt-swarm load URI`, `dt-swarm fetch URI`: the file is there whole, under its name, or not at all. */
export async function loadFile(text: string, endpoint: Endpoint, options: LoadOptions, io: Io): Promise<void> {
  const { json, dest } = options
  const uri = parseUri(text)
  if (dest === '-') return catFile(text, endpoint, { range: undefined }, io)
  const found = await find(text, endpoint)
  const place = placeOf(dest, found.name ?? uri.name ?? found.cid ?? text)
  const told = (cid: string | null, sizeBytes: number): void =>
    io.out(json ? JSON.stringify({ cid, path: place, sizeBytes, uri: found.uri }) : printable(place))
  if (existsSync(place)) {
    if (await isSame(place, found)) return told(found.cid, statSync(place).size)
    if (dest === undefined) {
      throw new SwarmError('INVALID_INPUT', `${place} is there already, with other content: say where it should go`)
    }
  }
  for (let tried = 1; ; tried += 1) {
    const { cid, local } = tried === 1 ? found : await find(text, endpoint)
    if (cid !== null && !local) await fetchInto(cid as Cid, endpoint, io)
    const answer = await content(text, endpoint)
    try {
      const sizeBytes = await write(answer, place, { what: printable(found.name ?? text), io })
      return told(answer.headers.etag?.replaceAll('"', '') ?? found.cid, sizeBytes)
    } catch (error) {
      const isOther = uri.kind === 'sha1' && error instanceof SwarmError && error.code === 'FETCH_FAILED'
      if (!isOther || tried >= maxTries) throw error
    }
  }
}

/** @throws SwarmError NOT_FOUND when nobody has it */
async function find(text: string, endpoint: Endpoint): Promise<FoundView> {
  const found = await withApi(endpoint, (api) => api.files.find({ uri: text }))
  if (found.local || found.providers.length > 0) return found
  throw new SwarmError(
    'NOT_FOUND',
    `nobody is known to have ${found.uri}: check it, or try again when its holder is back; see "dt-swarm files"`,
  )
}

/**
 * Into the daemon's store first, as a transfer that anybody can see, and that goes on where it was when either of us is
 * interrupted.
 */
async function fetchInto(cid: Cid, endpoint: Endpoint, io: Io): Promise<void> {
  const [view] = await withApi(endpoint, async (api) =>
    waitForAll(
      api,
      [await api.files.fetch({ cid, to: 'store' })].filter((one) => one !== null),
      io,
    ),
  )
  if (view === undefined || view.state === 'done') return
  throw new SwarmError('FETCH_FAILED', view.error?.message ?? `${view.name}: ${view.step}`)
}

/** `dt-swarm cat URI`: to stdout. @param range `A-B`, `A-` or `-N`, in bytes; B is the last that comes */
export async function catFile(
  text: string,
  endpoint: Endpoint,
  { range }: { readonly range: string | undefined },
  io: Io,
): Promise<void> {
  const answer = await content(text, endpoint, range)
  await receive(answer, process.stdout, { what: printable(text), io, keepOpen: true })
}

/** What fits into the memory of a script that reads JSON. */
const maxJsonBytes = 16 * 1024 * 1024

/** `dt-swarm cat --json URI`: the same, where a script wants JSON. @throws SwarmError TOO_LARGE above 16 MiB */
export async function catJson(
  text: string,
  endpoint: Endpoint,
  { range }: { readonly range: string | undefined },
  io: Io,
): Promise<void> {
  const answer = await content(text, endpoint, range)
  if (Number(answer.headers['content-length']) > maxJsonBytes) {
    answer.destroy()
    throw new SwarmError(
      'TOO_LARGE',
      `${bytesText(maxJsonBytes)} fit into JSON: leave out --json, or ask for a --range`,
    )
  }
  const chunks: Buffer[] = []
  const keep = new Writable({
    write(chunk: Buffer, _, next) {
      chunks.push(chunk)
      next()
    },
  })
  const sizeBytes = await receive(answer, keep, { what: printable(text), io, keepOpen: false })
  const contentRange = answer.headers['content-range'] ?? null
  io.out(JSON.stringify({ uri: text, sizeBytes, contentRange, base64: Buffer.concat(chunks).toString('base64') }))
}

/** @throws SwarmError INVALID_INPUT when the text is no URI */
function content(text: string, endpoint: Endpoint, range?: string): Promise<Answer> {
  parseUri(text)
  const url = `${endpoint.url}/api/files/content?uri=${encodeURIComponent(text)}`
  return get(url, endpoint, range === undefined ? {} : { range: `bytes=${range}` })
}

async function write(
  answer: Answer,
  place: string,
  { what, io }: { readonly what: string; readonly io: Io },
): Promise<number> {
  const part = `${place}.part`
  try {
    const sizeBytes = await receive(answer, createWriteStream(part), { what, io, keepOpen: false })
    await rename(part, place)
    return sizeBytes
  } catch (error) {
    await rm(part, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const needed = bytesText(Number(answer.headers['content-length']))
    throw new SwarmError('DISK_FULL', `the disk is full: ${needed} are needed for ${place}`, { cause: error })
  }
}

/** Whether a file that is there is the one that was found: then it need not come again. */
async function isSame(place: string, { sizeBytes, sha1 }: FoundView): Promise<boolean> {
  const facts = await stat(place)
  if (!facts.isFile() || sha1 === null || facts.size !== sizeBytes) return false
  const sum = createHash('sha1')
  for await (const piece of createReadStream(place, { highWaterMark: 1024 ** 2 })) sum.update(piece as Buffer)
  return sum.digest('hex') === sha1
}

/** Where the file goes. A name that came from the swarm is used as a name only, never as a path. */
function placeOf(dest: string | undefined, shared: string): string {
  const name = safeName(shared, 'file')
  if (dest === undefined) return resolve(name)
  const isFolder = dest.endsWith('/') || statSync(dest, { throwIfNoEntry: false })?.isDirectory() === true
  return isFolder ? join(resolve(dest), name) : resolve(dest)
}
