import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { SaidLinks } from './graph.ts'
import { decodeLinks, linksKey } from './links-record.ts'

export interface HeardLinksDeps {
  readonly book: Pick<RecordBook, 'events' | 'eachLive'>
  readonly counters: Counters
  readonly onChanged: () => void
}

/** What other peers say of their links, as long as their records live. Bounded by the bucket's own limits. */
export class HeardLinks implements Startable {
  readonly #deps: HeardLinksDeps
  readonly #said = new Map<PeerId, SaidLinks & { readonly id: RecordId }>()
  readonly #undo: Unsubscribe[] = []

  constructor(deps: HeardLinksDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#undo.length > 0) return
    const { book, onChanged } = this.#deps
    this.#undo.push(
      book.events.on('bucket:merged', ({ bucket, records }) => {
        if (bucket !== 'channels') return
        for (const stored of records) this.#take(stored)
        onChanged()
      }),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket !== 'channels') return
        const gone = new Set(ids)
        for (const [peer, { id }] of this.#said) if (gone.has(id)) this.#said.delete(peer)
        onChanged()
      }),
    )
    await book.eachLive('channels', (stored) => this.#take(stored))
  }

  async stop(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo()
    this.#said.clear()
  }

  /** By who says so; those that have ended at `now` are left out. */
  all(now: number): Map<PeerId, SaidLinks> {
    return new Map([...this.#said].filter(([, { untilMs }]) => untilMs > now))
  }

  #take({ record: { id, body } }: StoredRecord): void {
    if (body.key !== linksKey) return
    const before = this.#said.get(body.author)
    if (before !== undefined && before.saidAtMs > body.validFrom) return
    const links = decodeLinks(body.value)
    if (links === undefined) this.#deps.counters.add('network.refused:bad-links')
    else this.#said.set(body.author, { id, links, saidAtMs: body.validFrom, untilMs: body.validUntil })
  }
}
