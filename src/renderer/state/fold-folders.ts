import type { TransferView } from '../../shared/views.ts'

/** As few as that are shorter than the line that would stand for them. */
const leastFiles = 3

/** Files that were shared and went their ways one by one, such as those of a folder that a browser sent: by folder. */
export interface SharedFolder {
  readonly name: string
  readonly transfers: readonly TransferView[]
}

/** @returns the folders of which several files were shared, and what is left as it is */
export function foldFolders(single: readonly TransferView[]): {
  readonly folders: readonly SharedFolder[]
  readonly rest: readonly TransferView[]
} {
  const byFolder = new Map<string, TransferView[]>()
  for (const transfer of single) {
    const folder = folderOf(transfer)
    if (folder === null) continue
    const known = byFolder.get(folder)
    if (known === undefined) byFolder.set(folder, [transfer])
    else known.push(transfer)
  }
  const folders = [...byFolder]
    .filter(([, transfers]) => transfers.length >= leastFiles)
    .map(([name, transfers]) => ({ name, transfers }))
  if (folders.length === 0) return { folders, rest: single }
  const folded = new Set(folders.flatMap(({ transfers }) => transfers))
  return { folders, rest: single.filter((transfer) => !folded.has(transfer)) }
}

/** Only what is done: what runs, waits or failed is looked at one by one. */
function folderOf({ kind, state, name }: TransferView): string | null {
  if (kind !== 'share' || state !== 'done') return null
  const end = name.indexOf('/')
  return end <= 0 ? null : name.slice(0, end)
}
