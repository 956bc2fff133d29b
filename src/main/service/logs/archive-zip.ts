import { callbackify } from 'node:util'
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl'
import { maxEntries, type Listed } from './archive-list.ts'
import { EnoughRead, LogProblem, problemOf } from './log-problem.ts'
import type { RangeSource } from './range-source.ts'

/** An entry of the central directory takes 46 bytes and its name. */
const leastEntryBytes = 47

/** The list at the end of a zip file. Nothing is unpacked. @throws LogProblem when it has none */
export async function listZip(source: RangeSource): Promise<Listed> {
  const zip = await openZip(source)
  const entries: Listed['entries'][number][] = []
  let problem: string | null = null
  const lies = zip.entryCount * leastEntryBytes > source.sizeBytes
  try {
    while (entries.length < maxEntries && zip.entriesRead < zip.entryCount) {
      const entry = await nextEntry(zip)
      if (entry === null) break
      const name = nameOf(entry)
      entries.push({ name, sizeBytes: entry.uncompressedSize, folder: name.endsWith('/') })
    }
  } catch (error) {
    problem = error instanceof EnoughRead ? 'its list is too long' : problemOf(error)
  }
  problem ??= lies ? 'it says that it has more entries than it has room for' : null
  return { kind: 'zip', entries, count: lies || problem !== null ? null : zip.entryCount, problem }
}

/** Reads pieces of the file for the library, which otherwise would stream them. */
class PieceReader extends RandomAccessReader {
  readonly #source: RangeSource

  constructor(source: RangeSource) {
    super()
    this.#source = source
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    callbackify(() => this.#copy(buffer, offset, length, position))(callback)
  }

  async #copy(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    buffer.set(await this.#source.read(position, length), offset)
  }
}

async function openZip(source: RangeSource): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(new PieceReader(source), source.sizeBytes, {
      autoClose: false,
      lazyEntries: true,
      // Names that would leave a folder are listed as any: nothing is written by them here.
      decodeStrings: false,
      validateEntrySizes: false,
    })
  } catch (error) {
    if (error instanceof EnoughRead) throw error
    throw new LogProblem('it has no list of what is in it, as when it is cut off', { cause: error })
  }
}

/** Null at the end. */
function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      zip.removeAllListeners()
      done()
    }
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)))
    zip.once('end', () => settle(() => resolve(null)))
    zip.once('error', (error: Error) => settle(() => reject(error)))
    zip.readEntry()
  })
}

/** Bit 11 says UTF-8; else it is the code page of whoever packed it, of which the letters of ASCII are sure. */
function nameOf({ fileNameRaw, generalPurposeBitFlag }: Entry): string {
  return fileNameRaw.toString((generalPurposeBitFlag & 0x800) === 0 && !isUtf8(fileNameRaw) ? 'latin1' : 'utf8')
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes)
}
