import type { PeerId } from '../../../shared/ids.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { decodeMachine } from '../membership/machine-record.ts'

/** What discovery feeds: the network node. */
export interface AddressLearner {
  learn(peer: PeerId, addresses: readonly string[]): void
}

/**
 * Peers are found by the addresses they announce in `machines`, besides mDNS and bootstrap: a peer that knows one
 * other finds the rest, and finds them again after a restart.
 */
export class Discovery implements Startable {
  readonly #book: RecordBook
  readonly #node: AddressLearner
  #undo: Unsubscribe | null = null

  constructor(deps: { readonly book: RecordBook; readonly node: AddressLearner }) {
    this.#book = deps.book
    this.#node = deps.node
  }

  async start(): Promise<void> {
    if (this.#undo !== null) return
    this.#undo = this.#book.events.on('bucket:merged', ({ bucket, records }) => {
      if (bucket === 'machines') for (const stored of records) this.#learn(stored)
    })
    await this.#book.eachLive('machines', (stored) => this.#learn(stored))
  }

  async stop(): Promise<void> {
    this.#undo?.()
    this.#undo = null
  }

  #learn({ record: { body } }: StoredRecord): void {
    if (body.key !== 'self' || body.author === this.#book.self) return
    const facts = decodeMachine(body.value)
    if (facts !== undefined && !facts.leaving) this.#node.learn(body.author, facts.addresses)
  }
}
