import { PagedSource } from '../range-source.ts'

/** A file in memory that counts what is read of it. */
export function sourceOf(bytes: Uint8Array, maxReadBytes = 512 * 1_024 * 1_024): PagedSource {
  return new PagedSource(async (offset, length) => bytes.slice(offset, offset + length), {
    sizeBytes: bytes.length,
    maxReadBytes,
  })
}
