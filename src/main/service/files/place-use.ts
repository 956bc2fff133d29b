import type { ContentStoreChoice } from '../../../shared/file-views.ts'
import { keyOf } from './store-places.ts'

/** How much is under way in each store. */
export class PlaceUse {
  readonly #counts = new Map<string, number>()

  /** Something begins there. @returns to be called when it has ended, however often */
  begin(place: ContentStoreChoice): () => void {
    const key = keyOf(place)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = (this.#counts.get(key) ?? 1) - 1
      if (left === 0) this.#counts.delete(key)
      else this.#counts.set(key, left)
    }
  }

  has(place: ContentStoreChoice): boolean {
    return this.#counts.has(keyOf(place))
  }
}
