import { nameWithin } from '../bridge/shared-name.ts'

/** A day of small files of a lab is 20,000; a person who drops more than twice that means something else. */
export const maxDropped = 50_000

export interface Dropped {
  readonly files: readonly File[]
  /** There were more than `maxDropped`; the rest was left alone. */
  readonly more: boolean
  /** What could not be read, by its path. */
  readonly unreadable: readonly string[]
}

/**
 * The files among the entries of a drop, those of folders and of the folders in them included, in the order in which
 * they are found. Bounded by `max`; what cannot be read is named and left out.
 */
export async function walkEntries(entries: readonly FileSystemEntry[], max = maxDropped): Promise<Dropped> {
  const files: File[] = []
  const unreadable: string[] = []
  const waiting = [...entries].reverse()
  let cut = false
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    try {
      if (isFile(entry)) {
        if (files.length >= max) return { files, more: true, unreadable }
        // A file that was dropped beside a folder has a path of one step.
        files.push(nameWithin(await fileOf(entry), entry.fullPath.replace(/^\/+/, '')))
      } else if (isFolder(entry)) {
        const within: FileSystemEntry[] = []
        for await (const part of partsOf(entry)) {
          within.push(...part)
          // More than could ever be shared: reading on would only fill the memory.
          if (waiting.length + within.length > 2 * max) {
            cut = true
            break
          }
        }
        waiting.push(...within.toReversed())
      }
    } catch {
      unreadable.push(entry.fullPath)
    }
  }
  return { files, more: cut, unreadable }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

async function* partsOf(folder: FileSystemDirectoryEntry): AsyncGenerator<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return
    yield part
  }
}

/**
 * The folders of a drop, and the files beside them, as entries; null when only files were dropped. Must be called while
 * the drop's event is being handled: afterwards the browser hands out nothing.
 */
export function entriesWithFolders(items: DataTransferItemList): readonly FileSystemEntry[] | null {
  const entries = [...items]
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null)
  return entries.some((entry) => entry.isDirectory) ? entries : null
}
