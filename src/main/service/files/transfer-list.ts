import { randomUUID } from 'node:crypto'
import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import { Transfer, type TransferDeps } from './transfer.ts'

export { Transfer, type TransferControl, type TransferGroup } from './transfer.ts'

export interface TransferListDeps extends TransferDeps {
  /** These are no longer in the list; those that fell out of it for their age are not told. */
  readonly forgot: (ids: readonly string[]) => void
}

/** Transfers under way, and the last that ended. */
export class TransferList {
  readonly #deps: TransferListDeps
  readonly #maxEnded: number
  readonly #transfers = new Map<string, Transfer>()

  /** @param init `maxEnded`: ended ones remembered, default 100: more than a screen shows */
  constructor(deps: TransferListDeps, init: { readonly maxEnded?: number } = {}) {
    this.#deps = deps
    this.#maxEnded = init.maxEnded ?? 100
  }

  /** @param facts an `id` to use again: of one that goes on after a restart */
  add(
    kind: TransferView['kind'],
    name: string,
    facts: Pick<TransferView, 'cid' | 'sizeBytes'> & Partial<Pick<TransferView, 'id' | 'priority' | 'group'>>,
  ): Transfer {
    const transfer = new Transfer(
      { id: randomUUID(), kind, name, priority: 'normal', group: null, ...facts },
      this.#deps,
    )
    this.#transfers.set(transfer.id, transfer)
    // Of thousands that are asked for at once it is not looked through all of them for each.
    if (this.#transfers.size < 1_000 || this.#transfers.size % 64 === 0) this.#trim()
    return transfer
  }

  #trim(): void {
    const ended = [...this.#transfers.values()].filter((one) => one.over)
    for (const old of ended.slice(0, Math.max(0, ended.length - this.#maxEnded))) this.#transfers.delete(old.id)
  }

  /** Stands for many files in all: of a folder, a drop, a query. Its group is its own id. */
  addGroup(
    kind: TransferView['kind'],
    name: string,
    facts: Pick<TransferView, 'sizeBytes'> & Partial<Pick<TransferView, 'id'>>,
  ): Transfer {
    const { id = randomUUID() } = facts
    const transfer = new Transfer(
      { kind, name, cid: null, priority: 'normal', group: { id, name }, ...facts, id },
      this.#deps,
    )
    this.#transfers.set(id, transfer)
    return transfer
  }

  get(id: string): Transfer | undefined {
    return this.#transfers.get(id)
  }

  view(id: string): TransferView | undefined {
    return this.get(id)?.view
  }

  /** Oldest first. */
  views(): readonly TransferView[] {
    return this.all().map((transfer) => transfer.view)
  }

  /** Stops it; what came stays in the store. One that has ended stays as it is. @throws SwarmError NOT_FOUND */
  cancel(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.cancel())
  }

  /** Holds it; it keeps what it has. @throws SwarmError NOT_FOUND, UNSUPPORTED */
  pause(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.pause())
  }

  /** Goes on with a held one, or tries a failed one again. @throws SwarmError NOT_FOUND, UNSUPPORTED */
  resume(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.resume())
  }

  /** Which of those that wait comes first. @throws SwarmError NOT_FOUND */
  setPriority(id: string, priority: TransferView['priority']): TransferView {
    return this.#asked(id, (transfer) => transfer.setPriority(priority))
  }

  #asked(id: string, ask: (transfer: Transfer) => void): TransferView {
    const transfer = this.#transfers.get(id)
    if (transfer === undefined) throw new SwarmError('NOT_FOUND', `No transfer "${id}" is known.`)
    ask(transfer)
    return transfer.view
  }

  all(): readonly Transfer[] {
    return [...this.#transfers.values()]
  }

  forget(id: string): void {
    this.#transfers.delete(id)
    this.#deps.forgot([id])
  }

  /** Forgets those that have ended. */
  clearEnded(): void {
    const gone = this.all().filter((transfer) => transfer.over)
    for (const { id } of gone) this.#transfers.delete(id)
    if (gone.length > 0) this.#deps.forgot(gone.map(({ id }) => id))
  }
}
