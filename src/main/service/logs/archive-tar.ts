import { maxEntries, type Listed } from './archive-list.ts'
import { EnoughRead, LogProblem, problemOf } from './log-problem.ts'

/** As much of a range source as this takes, so that what was unpacked of a tar can be read too. */
interface Pieces {
  readonly sizeBytes: number
  read(offset: number, length: number): Promise<Uint8Array>
}

const blockBytes = 512
/** Names and attributes that are too long for a header. */
const maxLongBytes = 64 * 1_024
/** Counted, though not shown: each takes one look at the disk or the swarm. */
const maxCounted = 2_000

/** Facts of one entry (POSIX.1-2001 ustar and pax, GNU's long names). */
interface Header {
  readonly name: string
  readonly sizeBytes: number
  readonly type: string
}

/**
 * The entries of a tar, found by going from header to header: what is in the files between is not read.
 * @throws LogProblem when it does not begin as one
 */
export async function listTar(source: Pieces, kind = 'tar'): Promise<Listed> {
  const entries: Listed['entries'][number][] = []
  let [count, at] = [0, 0]
  let problem: string | null = null
  let long: { name?: string; sizeBytes?: number } = {}
  try {
    while (at + blockBytes <= source.sizeBytes) {
      const header = parseHeader(await source.read(at, blockBytes))
      // Two blocks of zeros end it.
      if (header === null) return { kind, entries, count, problem }
      const isLong = header.type === 'L' || header.type === 'x'
      const sizeBytes = isLong ? header.sizeBytes : (long.sizeBytes ?? header.sizeBytes)
      if (isLong) {
        const text = Buffer.from(await source.read(at + blockBytes, Math.min(sizeBytes, maxLongBytes))).toString()
        long = header.type === 'L' ? { ...long, name: text.replace(/\0.*$/s, '') } : { ...long, ...paxOf(text) }
      } else if (header.type !== 'g' && header.type !== 'K') {
        const name = long.name ?? header.name
        count += 1
        if (entries.length < maxEntries) {
          entries.push({ name, sizeBytes, folder: header.type === '5' || name.endsWith('/') })
        }
        if (count >= maxCounted) return { kind, entries, count: null, problem }
        long = {}
      }
      at += blockBytes + Math.ceil(sizeBytes / blockBytes) * blockBytes
    }
    problem = 'it is cut off'
  } catch (error) {
    if (count === 0) throw error
    if (!(error instanceof EnoughRead)) problem = problemOf(error)
  }
  return { kind, entries, count: null, problem }
}

/** Null: a block of zeros. @throws LogProblem when its checksum is wrong */
function parseHeader(bytes: Uint8Array): Header | null {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (block.every((byte) => byte === 0)) return null
  // The checksum is that of the block with spaces in its place.
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  if (numberAt(block, 148, 8) !== sum) throw new LogProblem('one of its entries has a head that cannot be read')
  const prefix = textAt(block, 257, 5) === 'ustar' && block[262] === 0 ? textAt(block, 345, 155) : ''
  const name = textAt(block, 0, 100)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    sizeBytes: numberAt(block, 124, 12),
    type: String.fromCharCode(block[156] ?? 0),
  }
}

function textAt(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString()
}

/** Octal digits, or, with the highest bit set, a binary number. @throws LogProblem */
function numberAt(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length)
  let value = 0
  if (((field[0] ?? 0) & 0x80) !== 0) {
    value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f)
  } else {
    const digits = field.toString('latin1').replace(/\0.*$/s, '').trim()
    value = digits === '' ? 0 : Number.parseInt(digits, 8)
  }
  if (!Number.isSafeInteger(value)) throw new LogProblem('one of its entries has no sensible size')
  return value
}

/** "25 path=…\n": what a pax header says of the entry behind it. */
function paxOf(text: string): { readonly name?: string; readonly sizeBytes?: number } {
  const name = /(?:^|\n)\d+ path=([^\n]*)/.exec(text)?.[1]
  const size = Number(/(?:^|\n)\d+ size=(\d{1,15})/.exec(text)?.[1] ?? Number.NaN)
  return { ...(name === undefined ? {} : { name }), ...(Number.isSafeInteger(size) ? { sizeBytes: size } : {}) }
}
