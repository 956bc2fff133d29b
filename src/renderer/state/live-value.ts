import type { ConnectionStore } from '../bridge/connection.ts'
import { createLiveStore, type Live, type LiveStore } from './live-store.ts'

const theOne = 'value'

/** A live value in the form of the live lists: a list of one. */
export function createLiveValue<Value>(
  connection: ConnectionStore,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Value>>,
): LiveStore<Value> {
  return createLiveStore<Value>(
    connection,
    async (signal) => {
      const stream = await open(signal)
      return (async function* () {
        for await (const item of stream) yield { type: 'snapshot', items: [item], left: 0 } as const
      })()
    },
    () => theOne,
  )
}

/** The value, or null while it is not known. */
export function valueIn<Value>(live: Live<Value>): Value | null {
  return live.phase === 'ready' ? (live.items.get(theOne) ?? null) : null
}

/** As a live list: each event is the whole list. */
export function createLiveWhole<Item>(
  connection: ConnectionStore,
  open: (signal: AbortSignal) => Promise<AsyncIterable<readonly Item[]>>,
  idOf: (item: Item) => string,
): LiveStore<Item> {
  return createLiveStore<Item>(
    connection,
    async (signal) => {
      const stream = await open(signal)
      return (async function* () {
        for await (const items of stream) yield { type: 'snapshot', items, left: 0 } as const
      })()
    },
    idOf,
  )
}
