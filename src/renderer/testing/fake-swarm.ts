import { maxPieceItems, type LiveEvent } from '../../shared/contract/live.ts'

/** Hands every listener the items of now and then what is put or removed: the server's side of a live list. */
export class FakeList<Item> {
  private readonly items = new Map<string, Item>()
  private readonly listeners = new Set<(event: LiveEvent<Item>) => void>()
  private readonly pokes = new Set<() => void>()
  private held = false
  private readonly idOf: (item: Item) => string

  constructor(idOf: (item: Item) => string, items: readonly Item[]) {
    this.idOf = idOf
    for (const item of items) this.items.set(idOf(item), item)
  }

  all(): Item[] {
    return [...this.items.values()]
  }

  get(id: string): Item | undefined {
    return this.items.get(id)
  }

  put(...changed: Item[]): void {
    for (const item of changed) this.items.set(this.idOf(item), item)
    for (const tell of this.listeners) tell({ type: 'changes', changed, removed: [], left: 0 })
  }

  remove(...removed: string[]): void {
    for (const id of removed) this.items.delete(id)
    for (const tell of this.listeners) tell({ type: 'changes', changed: [], removed, left: 0 })
  }

  /** As the real peer parts a long list. */
  private *pieces(): Generator<LiveEvent<Item>> {
    const all = this.all()
    let at = 0
    do {
      const items = all.slice(at, at + maxPieceItems)
      yield { type: at === 0 ? 'snapshot' : 'more', items, left: Math.max(0, all.length - at - maxPieceItems) }
      at += maxPieceItems
    } while (at < all.length)
  }

  /** Holds back all parts of a long snapshot but the first, until what comes is called. */
  holdBack(): () => void {
    this.held = true
    return () => {
      this.held = false
      for (const poke of this.pokes) poke()
    }
  }

  /** How many streams are open now. */
  get watched(): number {
    return this.listeners.size
  }

  /** A stream that ends with its signal, or with an error when `lose` is called. */
  async *watch(signal: AbortSignal | undefined, lost: AbortSignal): AsyncGenerator<LiveEvent<Item>, void> {
    const queue: LiveEvent<Item>[] = [...this.pieces()]
    let wake = (): void => undefined
    const tell = (event: LiveEvent<Item>): void => {
      queue.push(event)
      wake()
    }
    const poke = (): void => wake()
    this.listeners.add(tell)
    this.pokes.add(poke)
    signal?.addEventListener('abort', poke)
    lost.addEventListener('abort', poke)
    try {
      while (signal?.aborted !== true) {
        if (lost.aborted) throw new Error('the line broke')
        const event = this.held && queue[0]?.type === 'more' ? undefined : queue.shift()
        if (event === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else yield event
      }
    } finally {
      this.listeners.delete(tell)
      this.pokes.delete(poke)
      signal?.removeEventListener('abort', poke)
      lost.removeEventListener('abort', poke)
    }
  }
}
