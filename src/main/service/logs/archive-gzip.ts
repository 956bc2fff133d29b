import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Listed } from './archive-list.ts'
import { listTar } from './archive-tar.ts'
import { EnoughRead, LogProblem } from './log-problem.ts'
import { headOf, type RangeSource } from './range-source.ts'

/** Unpacked and packed bytes that are looked at: a bomb of 1 to 1,000 costs no more than a log does. */
const maxUnpackedBytes = 8 * 1_024 * 1_024
const maxPackedBytes = 4 * 1_024 * 1_024
const pieceBytes = 64 * 1_024

/** A compressed tar's entries as far as they lie in its first 8 MiB, or the one file that is in a gzip. @throws LogProblem */
export async function listGzip(source: RangeSource): Promise<Listed> {
  const { bytes, whole, problem } = await unpackHead(source)
  if (bytes.length === 0) throw new LogProblem(problem ?? 'it holds nothing')
  if (Buffer.from(bytes.subarray(257, 262)).toString('latin1') === 'ustar') {
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      if (offset + length > bytes.length) throw new EnoughRead('no more of it was unpacked')
      return bytes.subarray(offset, offset + length)
    }
    // A size of which nothing is known is any size: what lies behind the unpacked part is not looked for.
    const tar = await listTar({ sizeBytes: whole ? bytes.length : Number.MAX_SAFE_INTEGER, read }, 'tar, gzip')
    return { ...tar, problem: tar.problem ?? problem }
  }
  const sizeBytes = whole ? bytes.length : await lastSize(source)
  return { kind: 'gzip', entries: [{ name: await nameOf(source), sizeBytes, folder: false }], count: 1, problem }
}

async function unpackHead(
  source: RangeSource,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean; readonly problem: string | null }> {
  const parts: Buffer[] = []
  let size = 0
  try {
    // Whoever leaves the loop ends both streams.
    const packed = Readable.from(piecesOf(source))
    const unpacked = createGunzip()
    packed.once('error', (error) => unpacked.destroy(error))
    // It may find an error in what it was given already after nobody reads it any more.
    unpacked.on('error', () => {})
    for await (const part of packed.pipe(unpacked)) {
      parts.push(part as Buffer)
      size += (part as Buffer).length
      if (size >= maxUnpackedBytes) {
        packed.destroy()
        return { bytes: Buffer.concat(parts), whole: false, problem: null }
      }
    }
    return { bytes: Buffer.concat(parts), whole: true, problem: null }
  } catch (error) {
    const enough = error instanceof EnoughRead || source.sizeBytes > maxPackedBytes
    return { bytes: Buffer.concat(parts), whole: false, problem: enough ? null : 'it is cut off, or does not unpack' }
  }
}

async function* piecesOf(source: RangeSource): AsyncGenerator<Uint8Array> {
  const end = Math.min(source.sizeBytes, maxPackedBytes)
  for (let at = 0; at < end; at += pieceBytes) yield await source.read(at, Math.min(pieceBytes, end - at))
}

/** RFC 1952: the size of what is in it, modulo 2^32, is the end of the file. */
async function lastSize(source: RangeSource): Promise<number> {
  return Buffer.from(await source.read(source.sizeBytes - 4, 4)).readUInt32LE()
}

/** RFC 1952: flag 8 says that a name lies behind the ten bytes of the head; with flag 4, extra fields lie between. */
async function nameOf(source: RangeSource): Promise<string> {
  const head = Buffer.from(await headOf(source, 1_024))
  if (((head[3] ?? 0) & 0x0c) !== 0x08) return '(one file)'
  const end = head.indexOf(0, 10)
  return end < 0 ? '(one file)' : head.toString('latin1', 10, end)
}
