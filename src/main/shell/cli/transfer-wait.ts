import { setTimeout } from 'node:timers/promises'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Io } from './io.ts'
import { bytesText, printable } from './words.ts'

/** As often as a person wants to see numbers change. */
const lookEveryMs = 300

/** Looks at transfers until all have ended, with one line of progress; tells how each ended. */
export async function waitForAll(
  api: ApiClient,
  begun: readonly TransferView[],
  io: Io,
): Promise<readonly TransferView[]> {
  const views = new Map(begun.map((view) => [view.id, view]))
  for (;;) {
    const open = [...views.values()].filter(({ endedAtMs }) => endedAtMs === null)
    if (open.length === 0) return [...views.values()]
    io.progress(progressOf([...views.values()], open))
    await setTimeout(lookEveryMs)
    // Of many at once the list is one call.
    const now = open.length > 8 ? new Map((await api.files.transfers()).map((view) => [view.id, view])) : null
    for (const { id } of open) views.set(id, now?.get(id) ?? (await lookAt(api, id, views)))
  }
}

/** Ended ones are forgotten after a while: then it has ended, and how is for the caller to find out. */
async function lookAt(api: ApiClient, id: string, views: ReadonlyMap<string, TransferView>): Promise<TransferView> {
  try {
    return await api.files.transfer({ id })
  } catch (error) {
    const before = views.get(id)
    const isGone = error instanceof Error && 'code' in error && error.code === 'NOT_FOUND'
    if (!isGone || before === undefined) throw error
    return { ...before, step: 'how it ended is no longer known', endedAtMs: Date.now() }
  }
}

function progressOf(all: readonly TransferView[], open: readonly TransferView[]): string {
  const [first] = open
  const done = all.reduce((sum, { doneBytes }) => sum + doneBytes, 0)
  const size = all.reduce((sum, { sizeBytes, doneBytes }) => sum + Math.max(sizeBytes ?? 0, doneBytes), 0)
  const which = all.length === 1 ? printable(first?.name ?? '') : `${all.length - open.length} of ${all.length} files`
  return `${which}: ${bytesText(done)} of ${bytesText(size)}, ${printable(first?.step ?? '')}`
}
