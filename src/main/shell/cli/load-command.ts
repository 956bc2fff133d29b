import { createHash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { FoundView } from '../../../shared/file-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import { safeName } from '../../service/files/safe-name.ts'
import { parseUri } from '../../service/files/uri.ts'
import { whyBroken, withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { get, receive } from './streams.ts'
import { waitForAll } from './transfer-wait.ts'
import { mayWrite, writeWhole } from './whole-file.ts'
import { bytesText, printable } from './words.ts'

export interface LoadOptions {
  /** A file, a folder, or `-` for stdout; default: the file's own name in the working directory. */
  readonly dest: string | undefined
  /** Another file that is there is replaced. */
  readonly force: boolean
  readonly json: boolean
}

/** A file that has not the SHA-1 that is said of it is found out at its end; then the next one is tried. */
const maxTries = 3

type Answer = Awaited<ReturnType<typeof get>>

/** `dt-swarm load URI`, `dt-swarm fetch URI`: the file is there whole, under its name, or not at all. See `writeWhole`. */
export async function loadFile(text: string, endpoint: Endpoint, options: LoadOptions, io: Io): Promise<void> {
  const { json, dest, force } = options
  const uri = parseUri(text)
  if (dest === '-') return catFile(text, endpoint, { range: undefined }, io)
  const found = await find(text, endpoint)
  const place = placeOf(dest, found.name ?? uri.name ?? found.cid ?? text)
  const told = (cid: string | null, sizeBytes: number): void =>
    io.out(json ? JSON.stringify({ cid, path: place, sizeBytes, uri: found.uri }) : printable(place))
  if (existsSync(place) && (await isSame(place, found))) return told(found.cid, statSync(place).size)
  await mayWrite(place, { force })
  for (let tried = 1; ; tried += 1) {
    const { cid, local } = tried === 1 ? found : await find(text, endpoint)
    if (cid !== null && !local) await fetchInto(cid as Cid, found.sizeBytes, endpoint, io)
    const answer = await content(text, endpoint)
    try {
      const what = printable(found.name ?? text)
      const expectedBytes = Number(answer.headers['content-length'])
      const sizeBytes = await writeWhole(place, { force, expectedBytes }, (to) =>
        receive(answer, to, { what, io, keepOpen: false }),
      )
      return told(answer.headers.etag?.replaceAll('"', '') ?? found.cid, sizeBytes)
    } catch (error) {
      const isOther = uri.kind === 'sha1' && error instanceof SwarmError && error.code === 'FETCH_FAILED'
      const why = await whyBroken(endpoint, error)
      if (why !== error || !isOther || tried >= maxTries) throw why
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
 * interrupted. A file that the quota of copies would not let stay there is not: it comes straight here.
 */
async function fetchInto(cid: Cid, sizeBytes: number | null, endpoint: Endpoint, io: Io): Promise<void> {
  const [view] = await withApi(endpoint, async (api) => {
    const { files } = await api.settings.get()
    if (files.quotaBytes !== null && sizeBytes !== null && sizeBytes > files.quotaBytes) return []
    const begun = await api.files.fetch({ cid, to: 'store' })
    return begun === null ? [] : waitForAll(api, [begun], io)
  })
  // A size that no record tells is known only when it is looked at.
  if (view === undefined || view.state === 'done' || view.error?.code === 'LIMIT_REACHED') return
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
  await receive(answer, process.stdout, { what: printable(text), io, keepOpen: true }).catch(async (error: unknown) => {
    throw await whyBroken(endpoint, error)
  })
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
