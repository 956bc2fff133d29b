import { lstat, opendir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { flightOf, flightSchema } from '../../../shared/recorder-views.ts'
import { makeFolder } from '../../base/make-folder.ts'
import type { Flight } from './flight-maker.ts'

/** Folders that are being filled; what a peer that died left behind is known by it. */
const openPrefix = '.flight-'
/** Names looked at in a folder that others may write to as well. */
const maxLooked = 10_000
/** Logs of one flight are 32, and three files beside. */
const maxFiles = 64
/** A document tells of as many files, and of a hundred that were left out. */
const maxDocumentBytes = 1_024 * 1_024

const documentSchema = flightSchema.pick({ id: true, cause: true, words: true, atMs: true, minutes: true }).extend({
  v: z.literal(1),
  peer: z.string(),
  leftOut: flightSchema.shape.leftOut,
  files: z.array(flightSchema.shape.files.element.pick({ name: true, problem: true })),
})

export function folderOf(shareDir: string, id: string): string {
  return join(allOf(shareDir), id)
}

/** Where a flight is filled, before it has its name. */
export function asideOf(shareDir: string, id: string): string {
  return join(shareDir, `${openPrefix}${id}`)
}

function allOf(shareDir: string): string {
  return join(shareDir, 'flight')
}

/** @throws SwarmError PERMISSION_DENIED when a link stands where flights belong: nothing is written to where it leads */
export async function makeFlightFolder(shareDir: string): Promise<void> {
  await makeFolder(shareDir)
  await makeFolder(allOf(shareDir))
  if (await isFolder(allOf(shareDir))) return
  throw new SwarmError(
    'PERMISSION_DENIED',
    `${allOf(shareDir)} is a link, and the flight recorder writes through none: move it away.`,
  )
}

/** What a peer that died was saving; of all else in the share folder nothing. */
export async function sweepFlights(shareDir: string): Promise<void> {
  for (const name of await namesIn(shareDir)) {
    const path = join(shareDir, name)
    const isOpen = name.startsWith(openPrefix) && isFlightId(name.slice(openPrefix.length))
    if (isOpen && (await isFolder(path))) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

/** @returns whether it is gone, which it may have been before */
export async function removeFlight(shareDir: string, id: string): Promise<boolean> {
  if (!isFlightId(id) || (await isLink(allOf(shareDir)))) return false
  return rm(folderOf(shareDir, id), { recursive: true, force: true }).then(
    () => true,
    () => false,
  )
}

/** Flights of a peer that lie in its share folder, newest first, but for those that are known. */
export async function findFlights(
  shareDir: string,
  { peer, known }: { readonly peer: PeerId; readonly known: ReadonlySet<string> },
): Promise<readonly Flight[]> {
  if (!(await isFolder(allOf(shareDir)))) return []
  const found: Flight[] = []
  for (const id of await namesIn(allOf(shareDir))) {
    if (!isFlightId(id) || known.has(id)) continue
    const flight = await flightIn(folderOf(shareDir, id), id, peer).catch(() => null)
    if (flight !== null) found.push(flight)
  }
  return found.toSorted((a, b) => b.atMs - a.atMs)
}

/** Null: it is no flight of this peer. */
async function flightIn(folder: string, id: string, peer: PeerId): Promise<Flight | null> {
  if (!(await isFolder(folder))) return null
  const path = join(folder, 'flight.json')
  const facts = await lstat(path)
  if (!facts.isFile() || facts.size > maxDocumentBytes) return null
  const document = documentSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  if (document.id !== id || document.peer !== peer) return null
  const problems = new Map(document.files.map(({ name, problem }) => [name, problem]))
  const files: Flight['files'][number][] = []
  for (const name of (await readdir(folder)).slice(0, maxFiles)) {
    const { size } = await lstat(join(folder, name))
    files.push({ name, sizeBytes: size, problem: problems.get(name) ?? null })
  }
  const { cause, words, atMs, minutes, leftOut } = document
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return { id, cause, words, atMs, minutes, leftOut, sizeBytes, files }
}

function isFlightId(id: string): boolean {
  return flightOf(`flight/${id}/x`) !== null
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = []
  try {
    for await (const { name } of await opendir(folder)) if (names.push(name) >= maxLooked) break
  } catch {
    // What was read until then counts.
  }
  return names
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => null)
  return facts?.isDirectory() === true
}

async function isLink(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => null)
  return facts?.isSymbolicLink() === true
}
