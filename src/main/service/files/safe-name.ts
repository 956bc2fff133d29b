import { access } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Cid } from '../../../shared/ids.ts'

/** Longest name of one file or folder on the file systems that robots and laptops use. */
const maxNameBytes = 255
/** Longest path within the share folder; a record's value has room for it. */
const maxPathBytes = 1_024
/** Room for " (5ofw36n5-99)" or " (999).part" behind a name. */
const maxSafeBytes = 240
/** Folders that one name can make: as many as a folder that is shared may be deep. */
const maxFolders = 16

/** Names that Windows keeps for devices, with any extension. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i
// Control characters, and those that turn the direction of text and so disguise an extension.
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const forbidden = /[<>:"|?*\\/]/g

/** What speaks against a name in the share folder (`runs/today.bag`); null when nothing does. */
export function nameProblem(name: string): string | null {
  if (Buffer.byteLength(name) > maxPathBytes) return 'its path is too long'
  if (!name.isWellFormed()) return 'its name is no valid text'
  for (const part of name.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'its name is no relative path'
    if (Buffer.byteLength(part) > maxNameBytes) return 'its name is too long'
    if (part.search(unprintable) >= 0) return 'its name has control characters'
    if (part.includes('\\')) return 'its name has a backslash'
  }
  return null
}

/**
 * A file name for a record's name, which anybody may have written: one component, valid on Linux, macOS and Windows,
 * never hidden, never a device, never a way out of the folder. Keeps as much of the name as it can.
 */
export function safeName(name: string, fallback: string): string {
  const last =
    name
      .toWellFormed()
      .split(/[\\/]/)
      .findLast((part) => /[^.\s]/u.test(part)) ?? ''
  const printable = last.replace(unprintable, '').replace(forbidden, '_')
  const trimmed = printable.replace(/^[.\s]+/u, '').replace(/[.\s]+$/u, '')
  const plain = reserved.test(trimmed) ? `_${trimmed}` : trimmed
  return plain === '' ? fallback : shorten(plain)
}

/** Where a file goes below the folder that it is fetched to. */
export interface SafePath {
  readonly folders: readonly string[]
  readonly name: string
}

/**
 * The way to a file for a record's name (`run-17/cameras/left.bag`), each step of it a name as `safeName` makes them.
 * A name with more folders than anybody may share, or with longer ones, keeps the first of them.
 */
export function safePath(name: string, fallback: string): SafePath {
  const steps = name.toWellFormed().split(/[\\/]/)
  const last = steps.findLastIndex((step) => /[^.\s]/u.test(step))
  const folders: string[] = []
  let bytes = 0
  for (const step of steps.slice(0, Math.max(0, last)).map((one) => safeName(one, ''))) {
    bytes += Buffer.byteLength(step)
    if (folders.length >= maxFolders || bytes > maxPathBytes) break
    if (step !== '') folders.push(step)
  }
  return { folders, name: safeName(name, fallback) }
}

/** `name (2).ext` and so on: the n-th choice for a name; the first is the name itself. */
export function numbered(name: string, n: number): string {
  if (n <= 1) return name
  const extension = extname(name)
  return `${name.slice(0, name.length - extension.length)} (${n})${extension}`
}

/** Beyond this many of one name, each is called by its content: looking at all of them would take longer with each. */
const maxNumbers = 20

/** The n-th choice for the name of a file, as `numbered`; from the 21st on, `name (5ofw36n5)` by the end of its CID. */
export function nameOf({ name, cid }: { readonly name: string; readonly cid: Cid }, n: number): string {
  if (n <= maxNumbers) return numbered(name, n)
  const again = n - maxNumbers
  const extension = extname(name)
  const mark = again === 1 ? cid.slice(-8) : `${cid.slice(-8)}-${again}`
  return `${name.slice(0, name.length - extension.length)} (${mark})${extension}`
}

/** The first choice for a name that is not there yet. */
export async function freeName(dir: string, name: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const candidate = numbered(name, n)
    const taken = await access(join(dir, candidate)).then(
      () => true,
      () => false,
    )
    if (!taken) return candidate
  }
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= maxSafeBytes) return name
  const extension = extname(name)
  const tail = Buffer.byteLength(extension) <= 32 ? extension : ''
  let head = name.slice(0, name.length - tail.length)
  while (Buffer.byteLength(head + tail) > maxSafeBytes) head = [...head].slice(0, -1).join('')
  return head.trimEnd() + tail
}
