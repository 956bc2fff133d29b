import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import { transferSchema, type TransferView } from '../../../shared/views.ts'
import { Homes } from '../../service/files/homes.ts'
import { uriOf } from '../../service/files/uri.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { putFile } from './put-file.ts'
import { waitForAll } from './transfer-wait.ts'
import { bytesText, printable } from './words.ts'

export interface StoreOptions {
  /** For those on a file channel alone. */
  readonly channel: string | undefined
  readonly json: boolean
  /** What is printed of each file that is shared. */
  readonly line: 'uri' | 'cid'
}

interface Named {
  readonly cid: Cid
  readonly name: string
}

interface Stored {
  readonly cid: Cid | null
  readonly name: string
  readonly sizeBytes: number | null
  /** Of a folder. */
  readonly content?: FolderContent
}

interface FolderContent {
  /** What of it is shared. */
  readonly files: readonly Named[]
  readonly refused: readonly { readonly name: string; readonly error: string }[]
  /** What became of the whole, when that is not well. */
  readonly error: string | null
}

/** How a transfer ends of which there is nothing to say. */
const plainStep = 'done'
/** Homes are known by what is in them. */
const knownHomes = new Homes({ home: '', open: () => [] })
/** Of one folder, line by line; a drop of thousands is named as a whole. */
const maxListed = 1_000

/** `dt-swarm store FILE...`, `dt-swarm share FILE|FOLDER...`: false when any of them could not be shared. */
export async function storeFiles(
  paths: readonly string[],
  endpoint: Endpoint,
  options: StoreOptions,
  io: Io,
): Promise<boolean> {
  return each(paths, options, io, async (path) => {
    const facts = await lookAt(path)
    // What lies in the home of a peer only the daemon can tell apart, by its path: its key, or a log of its share folder.
    const isInHome = (await knownHomes.around(resolve(path))) !== null
    if (facts.isDirectory() || isInHome) return sharePath(path, 'copy', endpoint, options, io)
    return upload(path, facts.size, endpoint, options, io)
  })
}

/** `dt-swarm link FILE|FOLDER...`: shared where they lie, without a second copy. */
export async function linkFiles(
  paths: readonly string[],
  endpoint: Endpoint,
  options: StoreOptions,
  io: Io,
): Promise<boolean> {
  return each(paths, options, io, async (path) => {
    await lookAt(path)
    return sharePath(path, 'link', endpoint, options, io)
  })
}

async function each(
  paths: readonly string[],
  { json, line }: StoreOptions,
  io: Io,
  share: (path: string) => Promise<Stored>,
): Promise<boolean> {
  const results: object[] = []
  let isWell = true
  for (const file of paths) {
    try {
      const { cid, name, sizeBytes, content } = await share(file)
      const uri = cid === null ? null : uriOf(cid, name)
      const error = content?.error ?? null
      isWell &&= error === null && (content?.refused ?? []).length === 0
      const within = content && {
        files: content.files.map((one) => ({ ...one, uri: uriOf(one.cid, one.name) })),
        refused: content.refused,
      }
      results.push({ file, cid, name, sizeBytes, uri, ...within, error })
      if (json) continue
      if (cid !== null) io.out(lineOf({ cid, name }, line))
      if (content !== undefined) tellFolder(name, content, line, io)
    } catch (error) {
      // Without a daemon the next file would fare no better.
      if (error instanceof SwarmError && (error.code === 'NO_DAEMON' || error.code === 'UNAUTHORIZED')) throw error
      isWell = false
      results.push({ file, cid: null, name: basename(file), sizeBytes: null, uri: null, error: messageOf(error) })
      io.note(`dt-swarm: ${printable(messageOf(error))}`)
    }
  }
  if (json) io.out(JSON.stringify(results, null, 2))
  return isWell
}

/** A folder is many files, each with a URI of its own, and some may be refused. */
function tellFolder(
  folder: string,
  { files, refused, error }: FolderContent,
  line: StoreOptions['line'],
  io: Io,
): void {
  for (const one of files.slice(0, maxListed)) io.out(lineOf(one, line))
  if (files.length > maxListed) {
    io.note(printable(`and ${files.length - maxListed} more: "dt-swarm files --folder ${folder}"`))
  }
  for (const one of refused) io.note(printable(`dt-swarm: ${one.name}: ${one.error}`))
  if (error !== null) io.note(`dt-swarm: ${printable(error)}`)
  if (files.length > 0) io.note(printable(`all of it: dt-swarm fetch --folder ${shellWord(folder)}`))
}

/** As it is to be typed: `run (2)` is two words and a parenthesis to a shell. */
const shellWord = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

const lineOf = ({ cid, name }: Named, line: StoreOptions['line']): string =>
  printable(line === 'uri' ? uriOf(cid, name) : `${cid} ${name}`)

async function lookAt(path: string) {
  const facts = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : String(cause.code ?? cause)
    throw new SwarmError('NOT_FOUND', `"${path}" cannot be shared: ${why}`, { cause })
  })
  if (facts.isFile() || facts.isDirectory()) return facts
  throw new SwarmError('UNSUPPORTED', `"${path}" cannot be shared: it is neither a file nor a folder`)
}

/** The daemon itself reads it: it must be allowed to. */
async function sharePath(
  path: string,
  how: 'copy' | 'link',
  endpoint: Endpoint,
  { channel }: StoreOptions,
  io: Io,
): Promise<Stored> {
  return withApi(endpoint, async (api: ApiClient) => {
    const begun = await api.files.sharePaths({
      paths: [resolve(path)],
      how,
      ...(channel === undefined ? {} : { channel }),
    })
    const ended = await waitForAll(api, begun, io)
    const [first, ...others] = ended
    if (first === undefined) throw new SwarmError('INTERNAL', `"${path}": nothing is known of its sharing`)
    if (channel !== undefined) noteOn(first, io)
    const { cid, name, sizeBytes, group } = first
    if (group !== null) return { cid, name, sizeBytes, content: await contentOf(api, first, others) }
    if (first.state !== 'done') throw new SwarmError('INTERNAL', first.error?.message ?? `"${path}": ${first.step}`)
    return { cid, name, sizeBytes }
  })
}

/** What became of a folder: `head` stands for all of it, `refused` for what could not be looked at. */
async function contentOf(api: ApiClient, head: TransferView, refused: readonly TransferView[]): Promise<FolderContent> {
  const listed = (await api.files.transfers()).filter(({ id, group }) => group?.id === head.id && id !== head.id)
  const failed = new Map(
    [...refused, ...listed].filter(({ state }) => state === 'failed').map((view) => [view.id, view]),
  )
  const shares = await api.files.list({ folder: head.name })
  return {
    files: shares.filter(({ own }) => own).map(({ cid, name }) => ({ cid, name })),
    refused: [...failed.values()].map(({ name, error, step }) => ({ name, error: error?.message ?? step })),
    error: head.state === 'done' ? null : (head.error?.message ?? `"${head.name}": ${head.step}`),
  }
}

/** Its bytes are sent to the daemon, which then need not be allowed to read the file. */
async function upload(
  file: string,
  sizeBytes: number,
  endpoint: Endpoint,
  { channel }: StoreOptions,
  io: Io,
): Promise<TransferView> {
  const name = basename(file)
  const query = new URLSearchParams({ name, ...(channel === undefined ? {} : { channel }) })
  const answer = await putFile(`${endpoint.url}/api/files/upload?${query}`, endpoint, {
    file,
    sizeBytes,
    onBytes: (done) => io.progress(`${printable(name)}: ${bytesText(done)} of ${bytesText(sizeBytes)}`),
  })
  const view = transferSchema.parse(JSON.parse(answer))
  if (channel !== undefined) noteOn(view, io)
  return view
}

/** Of what is shared on a file channel it may be said that it is for all, or that this peer is not on the channel. */
function noteOn({ name, step }: TransferView, io: Io): void {
  if (step !== plainStep) io.note(printable(`${name}: ${step}`))
}
