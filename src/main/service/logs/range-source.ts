import { EnoughRead, LogProblem } from './log-problem.ts'

/** A file that is read in pieces: from the disk, or by CID from whoever has it. */
export interface RangeSource {
  readonly sizeBytes: number
  /** What was read of it so far. */
  readonly readBytes: number
  /**
   * Exactly these bytes. They may be shared with other readers: not to be changed.
   * @throws LogProblem when the file is shorter, or more than 64 MiB are asked for at once; EnoughRead
   */
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface PagedSourceInit {
  readonly sizeBytes: number
  /** Past this, `EnoughRead`. */
  readonly maxReadBytes: number
  /** True once as much time was taken as may be; then too. */
  readonly late?: () => boolean
}

/** Indexes are walked in steps of some dozen bytes; a page is what one look at the disk or the swarm brings. */
const pageBytes = 32 * 1_024
/** 4 MiB: what lies near what was read before is there already. */
const maxPages = 128
/** Larger pieces, chunks of messages, are read once and not kept. */
const directBytes = 16 * pageBytes
/** No honest chunk or index is larger (recorders write chunks of 1 to 8 MiB); a length that lies asks for more. */
export const maxPieceBytes = 64 * 1_024 * 1_024

/** Reads pages and keeps the latest. Calls may overlap; each page may then be read twice. */
export class PagedSource implements RangeSource {
  readonly sizeBytes: number
  readonly #maxReadBytes: number
  readonly #late: () => boolean
  readonly #from: (offset: number, length: number) => Promise<Uint8Array>
  readonly #pages = new Map<number, Uint8Array>()
  #readBytes = 0

  constructor(from: (offset: number, length: number) => Promise<Uint8Array>, init: PagedSourceInit) {
    this.#from = from
    this.sizeBytes = init.sizeBytes
    this.#maxReadBytes = init.maxReadBytes
    this.#late = init.late ?? (() => false)
  }

  get readBytes(): number {
    return this.#readBytes
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!isPlace(offset) || !isPlace(length) || offset + length > this.sizeBytes) {
      throw new LogProblem('it points past its own end')
    }
    if (length > maxPieceBytes) throw new LogProblem('it says that a part of it is larger than 64 MiB')
    if (length === 0) return new Uint8Array(0)
    if (length > directBytes) return this.#fetch(offset, length)
    const first = Math.floor(offset / pageBytes)
    const last = Math.floor((offset + length - 1) / pageBytes)
    const pages = await this.#take(first, last)
    const result = new Uint8Array(length)
    for (const [index, page] of pages.entries()) {
      const from = (first + index) * pageBytes
      const start = Math.max(offset, from)
      const end = Math.min(offset + length, from + page.length)
      result.set(page.subarray(start - from, end - from), start - offset)
    }
    return result
  }

  async #take(first: number, last: number): Promise<Uint8Array[]> {
    const wanted = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    const missing = wanted.filter((page) => !this.#pages.has(page))
    const [from, to] = [missing[0], missing.at(-1)]
    const fetched = new Map<number, Uint8Array>()
    if (from !== undefined && to !== undefined) {
      const end = Math.min((to + 1) * pageBytes, this.sizeBytes)
      const bytes = await this.#fetch(from * pageBytes, end - from * pageBytes)
      for (let page = from; page <= to; page++) {
        fetched.set(page, bytes.slice((page - from) * pageBytes, (page - from + 1) * pageBytes))
      }
    }
    const pages = wanted.map((page) => fetched.get(page) ?? this.#pages.get(page) ?? new Uint8Array(0))
    for (const [index, page] of pages.entries()) {
      // Set anew, so that the map's order is that of their last use.
      this.#pages.delete(first + index)
      this.#pages.set(first + index, page)
    }
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= maxPages) break
      this.#pages.delete(page)
    }
    return pages
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    if (this.#readBytes + length > this.#maxReadBytes || this.#late()) {
      throw new EnoughRead('it would take more than is read of a file')
    }
    this.#readBytes += length
    const bytes = await this.#from(offset, length)
    if (bytes.length !== length) throw new LogProblem('it became shorter while it was read')
    return bytes
  }
}

/** The first bytes of a file, fewer when it is shorter. */
export function headOf(source: RangeSource, maxBytes: number): Promise<Uint8Array> {
  return source.read(0, Math.min(maxBytes, source.sizeBytes))
}

function isPlace(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
