import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import { FetchOrder, type FetchOrderDeps } from './fetch-order.ts'
import { fetchOrderSchema, newFetchOrder, type FetchOrderState } from './fetch-order-state.ts'
import { StateFile, type StateBookDeps } from './state-file.ts'
import type { FetchAllQuery, FolderTarget, WantedFile } from './wanted-files.ts'

export interface FetchOrdersDeps extends StateBookDeps, Omit<FetchOrderDeps, 'changed'> {
  /** Saves what is on its way: before it is said how far an order has come. */
  readonly saveBegun: () => void
}

/** Each keeps the CIDs of its files in memory: of 50,000, as many as one peer shares, some 5 MB. */
const maxOrders = 8

const bookSchema = z.object({ v: z.literal(1), orders: z.array(fetchOrderSchema).max(maxOrders) })

/** All that is fetched of more files than can wait at a time; remembered in one file. */
export class FetchOrders {
  readonly #deps: FetchOrdersDeps
  readonly #file: StateFile<z.infer<typeof bookSchema>>
  readonly #orders = new Map<string, FetchOrder>()
  #isFilling = false

  constructor(deps: FetchOrdersDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#file = new StateFile(deps, {
      ...init,
      schema: bookSchema,
      name: 'fetch-orders',
      cost: 'what is left of large folders on their way has to be asked for again',
    })
  }

  /** Goes on with what was under way; single fetches must have been taken up again. */
  start(): void {
    for (const state of this.#file.load()?.orders ?? []) {
      const order = this.#open(state)
      try {
        order.open(this.#deps.wanted(state.query, state.to))
      } catch (err) {
        this.#deps.log.warn({ err, name: state.name }, 'what is left to be fetched of a folder cannot be looked for')
        order.lost(err)
      }
    }
    this.#fill()
  }

  /** The service's signal must have been aborted. */
  stop(): void {
    this.#file.save()
    for (const order of this.#orders.values()) order.stop(this.#deps.signal().reason)
    this.#orders.clear()
  }

  /** Begins; which files they are is told by the query alone. Tells the transfer that stands for all. @throws SwarmError LIMIT_REACHED */
  add(
    query: Omit<FetchAllQuery, 'cids'>,
    to: FolderTarget,
    { name, files }: { readonly name: string; readonly files: readonly WantedFile[] },
  ): TransferView {
    if (this.#orders.size >= maxOrders) this.#forgetLost()
    if (this.#orders.size >= maxOrders) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${maxOrders} fetches of more files than can wait are under way already. Wait until one has ended, or cancel one.`,
      )
    }
    const sizeBytes = files.reduce((sum, { share }) => sum + share.sizeBytes, 0)
    const about = { id: randomUUID(), name, query: { ...query }, to, files: files.length, sizeBytes }
    const order = this.#open(newFetchOrder(about))
    order.open(files)
    this.#changed()
    this.#file.save()
    this.#fill()
    return order.head.view
  }

  /** A fetch has ended, for now at least: whoever asked for it. */
  ended(view: TransferView): void {
    if (this.#orders.size === 0) return
    const isStopping = this.#deps.signal().aborted
    // The stop of the peer ends them all; what came at the last moment is here all the same.
    if (isStopping && view.state !== 'done') return
    for (const order of this.#orders.values()) order.ended(view)
    if (!isStopping) this.#fill()
  }

  #open(state: FetchOrderState): FetchOrder {
    const order: FetchOrder = new FetchOrder(
      {
        ...this.#deps,
        changed: (now) => {
          if (now === null) this.#orders.delete(state.id)
          else this.#orders.set(state.id, order)
          this.#changed()
        },
      },
      state,
    )
    this.#orders.set(state.id, order)
    return order
  }

  /** What could not be looked up, and a person took off the list. */
  #forgetLost(): void {
    for (const [id, { head }] of this.#orders) {
      if (head.over && this.#deps.transfers.get(id) === undefined) this.#orders.delete(id)
    }
  }

  /** Room that one leaves is another's. */
  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    try {
      for (const order of this.#orders.values()) order.fill()
    } finally {
      this.#isFilling = false
    }
  }

  #changed(): void {
    this.#file.changed(() => {
      // Else a process that is killed in between would leave out what it only seemed to have begun.
      this.#deps.saveBegun()
      return { v: 1, orders: [...this.#orders.values()].map((order) => order.state).slice(0, maxOrders) }
    }, this.#deps.signal())
  }
}
