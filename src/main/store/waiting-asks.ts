import type { PeerId, RecordId } from '../../shared/ids.ts'
import type { SignedRecord } from '../model/record.ts'

/** Strangers' asks that are held, the oldest first: a flood has each of them compared, but not all of them sorted. */
export class WaitingAsks {
  readonly #byAge: SignedRecord[]
  readonly #ids: Set<RecordId>
  readonly #ofAuthor = new Map<PeerId, number>()

  constructor(asks: Iterable<SignedRecord>) {
    this.#byAge = [...asks].sort(byValidFrom)
    this.#ids = new Set(this.#byAge.map(({ id }) => id))
    for (const { body } of this.#byAge) this.#count(body.author, 1)
  }

  get size(): number {
    return this.#byAge.length
  }

  of(author: PeerId): number {
    return this.#ofAuthor.get(author) ?? 0
  }

  oldestFirst(): Iterable<SignedRecord> {
    return this.#byAge
  }

  add(ask: SignedRecord): void {
    if (this.#ids.has(ask.id)) return
    this.#ids.add(ask.id)
    this.#byAge.splice(this.#placeOf(ask), 0, ask)
    this.#count(ask.body.author, 1)
  }

  delete(ask: SignedRecord): void {
    if (!this.#ids.delete(ask.id)) return
    this.#byAge.splice(this.#placeOf(ask), 1)
    this.#count(ask.body.author, -1)
  }

  /** Where it stands, or would. */
  #placeOf(ask: SignedRecord): number {
    let [from, to] = [0, this.#byAge.length]
    while (from < to) {
      const middle = (from + to) >> 1
      const other = this.#byAge[middle]
      if (other !== undefined && byValidFrom(other, ask) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  #count(author: PeerId, by: 1 | -1): void {
    const count = this.of(author) + by
    if (count > 0) this.#ofAuthor.set(author, count)
    else this.#ofAuthor.delete(author)
  }
}

/** The same on all peers: by what their authors say, then by id. */
export function byValidFrom(a: SignedRecord, b: SignedRecord): number {
  return a.body.validFrom - b.body.validFrom || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
