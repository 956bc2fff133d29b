import { randomUUID } from 'node:crypto'
import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import { Transfer, type TransferDeps } from './transfer.ts'

export { Transfer, type TransferControl, type TransferGroup } from './transfer.ts'

/** Transfers under way, and the last that ended. */
export class TransferList {
  readonly #deps: TransferDeps
  readonly #maxEnded: number
  readonly #transfers = new Map<string, Transfer>()

  /** @param init `maxEnded`: ended ones remembered, default 100: more than a screen shows */
  constructor(deps: TransferDeps, init: { readonly maxEnded?: number } = {}) {
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

  /** Each does what it is asked for; @throws SwarmError NOT_FOUND, UNSUPPORTED */
  cancel(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.cancel())
  }

  pause(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.pause())
  }

  resume(id: string): TransferView {
    return this.#asked(id, (transfer) => transfer.resume())
  }

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
  }

  /** Forgets those that have ended; tells their ids. */
  clearEnded(): readonly string[] {
    const gone = this.all().filter((transfer) => transfer.over)
    for (const { id } of gone) this.#transfers.delete(id)
    return gone.map(({ id }) => id)
  }
}
