/**
 * Maps in order, with up to `window` results under way at a time: the next ones load while the reader is busy with
 * this one, and no more than that many are ever held.
 * @param stop called when the reader goes away or anything fails: ends what is under way
 */
export async function* readAhead<Item, Result>(
  items: AsyncIterator<Item>,
  map: (item: Item) => Promise<Result>,
  window: number,
  stop: () => void,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = []
  let ahead: Promise<IteratorResult<Item>> | null = null
  let ended = false
  try {
    for (;;) {
      while (!ended && underWay.length < window) {
        ahead ??= quiet(items.next())
        const oldest = underWay[0]
        // Finding the next item may take as long as a block does: what is ready must not wait for it.
        const next: IteratorResult<Item> | null =
          oldest === undefined ? await ahead : await Promise.race([ahead, oldest.then(() => null)])
        if (next === null) break
        ahead = null
        if (next.done === true) ended = true
        else underWay.push(quiet(map(next.value)))
      }
      const oldest = underWay.shift()
      if (oldest === undefined) return
      yield await oldest
    }
  } finally {
    stop()
    if (!ended) await items.return?.().catch(() => {})
  }
}

/** The error is seen by whoever awaits it; until then it must not count as unhandled. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
