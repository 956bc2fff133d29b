import { loadDecompressHandlers } from '@mcap/support'
import { LogProblem } from './log-problem.ts'
import { maxPieceBytes } from './range-source.ts'

/** Unpacks a chunk. @throws LogProblem for a kind that is not known, a size that is too large or a lie */
export type Decompress = (kind: string, bytes: Uint8Array, sizeBytes: number) => Uint8Array

/** lz4, bz2 and zstd as recorders write them; the WebAssembly behind it is loaded once. */
export async function loadDecompress(): Promise<Decompress> {
  const handlers = await loadDecompressHandlers()
  return (kind, bytes, sizeBytes) => {
    if (kind === '' || kind === 'none') return bytes
    const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined
    if (handler === undefined)
      throw new LogProblem(`it is compressed by "${kind.slice(0, 20)}", which is not known here`)
    // The unpackers ask for the room that they are told: a length that lies would ask for all there is.
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > maxPieceBytes) {
      throw new LogProblem('it says that a chunk unpacks to more than 64 MiB')
    }
    try {
      return handler(bytes, BigInt(sizeBytes))
    } catch (error) {
      throw new LogProblem(`a chunk of it does not unpack (${kind})`, { cause: error })
    }
  }
}
