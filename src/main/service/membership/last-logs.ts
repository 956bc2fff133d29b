import { isCid, type PeerId, type RecordId } from '../../../shared/ids.ts'
import type { MachineView } from '../../../shared/views.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'

type LastLog = NonNullable<MachineView['lastLog']>

/** As many machines as the membership table holds. */
const maxPeers = 10_000

/** The newest file that each machine shares, kept up to date from the `files` bucket. */
export class LastLogs {
  readonly #book: RecordBook
  readonly #logs = new Map<PeerId, LastLog & { readonly recordId: RecordId }>()

  constructor(deps: { readonly book: RecordBook }) {
    this.#book = deps.book
  }

  get(peer: PeerId): LastLog | null {
    const log = this.#logs.get(peer)
    return log === undefined ? null : { cid: log.cid, name: log.name, sharedAtMs: log.sharedAtMs }
  }

  load(): Promise<void> {
    return this.#book.eachLive('files', (stored) => this.#take(stored))
  }

  /** Takes in what is new or newly attested. @returns the machines whose newest file is another one now */
  merged(records: readonly StoredRecord[]): PeerId[] {
    return records
      .filter((stored) =>
        this.#book.state(stored).state === 'accepted' ? this.#take(stored) : this.#drop(stored.record.id),
      )
      .map(({ record }) => record.body.author)
  }

  swept(ids: readonly RecordId[]): PeerId[] {
    const gone = new Set(ids)
    const authors = [...this.#logs].filter(([, log]) => gone.has(log.recordId)).map(([author]) => author)
    for (const author of authors) this.#lookUp(author)
    return authors
  }

  #take({ record }: StoredRecord): boolean {
    const { author, key, value, validFrom } = record.body
    const { kind, name } = value
    if (kind !== 'share' || typeof name !== 'string' || !isCid(key)) return false
    const before = this.#logs.get(author)
    if (before === undefined ? this.#logs.size >= maxPeers : before.sharedAtMs > validFrom) return false
    this.#logs.set(author, { cid: key, name: name.slice(0, 255), sharedAtMs: validFrom, recordId: record.id })
    return true
  }

  #drop(id: RecordId): boolean {
    for (const [author, log] of this.#logs) {
      if (log.recordId !== id) continue
      this.#lookUp(author)
      return true
    }
    return false
  }

  #lookUp(author: PeerId): void {
    this.#logs.delete(author)
    for (const stored of this.#book.live('files', { author })) this.#take(stored)
  }
}
