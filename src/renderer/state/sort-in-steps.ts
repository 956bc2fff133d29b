import type { Steps } from './stepper.ts'

/** Sorted or merged in one go, a millisecond or two with names to compare. */
const runItems = 1_000

/** A stable sort in steps: runs are sorted, then merged two by two. Sorts the array itself. */
export function* sortInSteps<Item>(items: Item[], compare: (a: Item, b: Item) => number): Steps<Item[]> {
  for (let at = 0; at < items.length; at += runItems) {
    const run = items.slice(at, at + runItems).sort(compare)
    for (const [n, item] of run.entries()) items[at + n] = item
    yield
  }
  let from = items
  for (let width = runItems; width < items.length; width *= 2) {
    const to: Item[] = []
    for (let at = 0; at < from.length; at += 2 * width) {
      const middle = Math.min(at + width, from.length)
      const end = Math.min(at + 2 * width, from.length)
      let left = at
      let right = middle
      while (left < middle || right < end) {
        const a = from[left]
        const b = from[right]
        const takesLeft = right >= end || (left < middle && a !== undefined && b !== undefined && compare(a, b) <= 0)
        const next = takesLeft ? a : b
        if (takesLeft) left += 1
        else right += 1
        if (next !== undefined) to.push(next)
        if (to.length % runItems === 0) yield
      }
    }
    from = to
  }
  return from
}
