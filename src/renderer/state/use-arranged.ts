import { startTransition, useEffect, useLayoutEffect, useState } from 'react'
import type { ShareView } from '../../shared/views.ts'
import type { Sort } from './prefs.ts'
import { arrangeFiles, type FilesFilter } from './select-files.ts'
import { createStepper, type Steps } from './stepper.ts'

/** A list of files as it was arranged last, and what it was arranged by. */
export interface ArrangedFiles {
  /** What passes the filter whatever its time. */
  readonly anyTime: readonly ShareView[]
  readonly shown: readonly ShareView[]
  readonly total: number
  readonly filter: FilesFilter
  /** Names filter and sort. */
  readonly key: string
}

function* arrangeAll(
  items: ReadonlyMap<string, ShareView>,
  filter: FilesFilter,
  sort: Sort,
  nowMs: number,
): Steps<ArrangedFiles> {
  const anyTime = yield* arrangeFiles(items.values(), { ...filter, range: null }, sort, nowMs)
  const shown = filter.range === null ? anyTime : yield* arrangeFiles(anyTime, filter, sort, nowMs)
  return { anyTime, shown, total: items.size, filter, key: JSON.stringify([filter, sort]) }
}

/** The files in order: some hundred at once, 20,000 bit by bit, while what was arranged before stands. Null: not yet. */
export function useArranged(
  items: ReadonlyMap<string, ShareView>,
  filter: FilesFilter,
  sort: Sort,
  nowMs: number,
): ArrangedFiles | null {
  const [arranged, setArranged] = useState<ArrangedFiles | null>(null)
  const [stepper] = useState(() =>
    createStepper<ArrangedFiles>((value, late) => {
      if (late) startTransition(() => setArranged(value))
      else setArranged(value)
    }),
  )
  useEffect(() => stepper.stop, [stepper])
  // Before it is painted: what is arranged at once never shows an empty page first.
  useLayoutEffect(
    () => stepper.run(() => arrangeAll(items, filter, sort, nowMs)),
    [stepper, items, filter, sort, nowMs],
  )
  return arranged
}
