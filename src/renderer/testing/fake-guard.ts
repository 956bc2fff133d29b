import { implement } from '@orpc/server'
import { contract } from '../../shared/contract/contract.ts'
import type { LiveEvent } from '../../shared/contract/live.ts'
import type { FakeList } from './fake-swarm.ts'

/** The contract with every call counted, and failing where the test says so. */
export function createGuard(failing: ReadonlyMap<string, string>, asked: string[]) {
  return implement(contract)
    .$context<Record<never, never>>()
    .use(async ({ next, path }) => {
      const call = path.join('.')
      asked.push(call)
      const message = failing.get(call)
      if (message !== undefined) throw new Error(message)
      return await next()
    })
}

export type Guard = ReturnType<typeof createGuard>

/** The signal that breaks all streams of now. */
export type LineSignal = () => AbortSignal

/** The contract's arrays are mutable ones; ours are read-only. */
export async function* mutable<Item>(stream: AsyncGenerator<LiveEvent<Item>>) {
  for await (const event of stream) {
    if (event.type === 'changes') yield { ...event, changed: [...event.changed], removed: [...event.removed] }
    else yield { ...event, items: [...event.items] }
  }
}

/** A list of one: its item now and whenever it is put. */
export async function* valueOf<Item>(list: FakeList<Item>, signal: AbortSignal | undefined, line: AbortSignal) {
  for await (const event of list.watch(signal, line)) {
    const item = event.type === 'changes' ? event.changed[0] : event.items[0]
    if (item !== undefined) yield item
  }
}

/** A list, whole, now and whenever something of it changes. */
export async function* wholeOf<Item>(list: FakeList<Item>, signal: AbortSignal | undefined, line: AbortSignal) {
  for await (const _ of list.watch(signal, line)) yield list.all()
}

/** Where the real peer answers NOT_FOUND. */
export function found<Value>(value: Value | undefined, what = 'transfer'): Value {
  if (value === undefined) throw new Error(`no such ${what}`)
  return value
}
