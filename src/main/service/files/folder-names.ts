import { basename, sep } from 'node:path'
import { numbered } from './safe-name.ts'
import type { ShareIndex } from './share-index.ts'

/** Names of the folders of one drop. */
export interface FolderNaming {
  /** @param root the folder, as realpath tells it */
  readonly nameOf: (root: string, how: 'link' | 'copy') => string
  /** The drop is over: what it shares is known by itself. */
  readonly end: () => void
}

/**
 * What the folders that a person shares are called: as they are, or `run (2)` while this peer shares another folder as `run`, so
 * that each can be fetched for itself. Which folder is which is known by where its files lie, or were copied from.
 */
export class FolderNames {
  readonly #index: Pick<ShareIndex, 'files'>
  /** Of drops under way, of which nothing may be shared yet. As bounded as these are. */
  readonly #underWay = new Set<ReadonlyMap<string, string>>()

  constructor(index: Pick<ShareIndex, 'files'>) {
    this.#index = index
  }

  begin(): FolderNaming {
    const given = new Map<string, string>()
    this.#underWay.add(given)
    let shared: Shared | null = null
    return {
      nameOf: (root, how) => {
        // Of ten thousand folders in one drop all that is shared is looked through once.
        shared ??= sharedFolders(this.#index.files)
        const names = [...this.#underWay].map((drop) => drop.get(root))
        const before = shared.nameOf.get(root) ?? names.find((name) => name !== undefined)
        const name = before ?? this.#free(basename(root), how, shared)
        given.set(root, name)
        return name
      },
      end: () => void this.#underWay.delete(given),
    }
  }

  #free(name: string, how: 'link' | 'copy', { ofFolders, ofOthers }: Shared): string {
    const underWay = new Set([...this.#underWay].flatMap((drop) => [...drop.values()]))
    for (let n = 1; ; n += 1) {
      const choice = numbered(name, n)
      // What lies in the share folder by itself, or came there before it was noted from where, a copy goes to.
      const isTaken = ofFolders.has(choice) || (how === 'link' && ofOthers.has(choice))
      if (!isTaken && !underWay.has(choice)) return choice
    }
  }
}

interface Shared {
  /** By the folder. */
  readonly nameOf: ReadonlyMap<string, string>
  /** First steps of names of files that lie in, or were copied from, folders that people chose, and of all other files. */
  readonly ofFolders: ReadonlySet<string>
  readonly ofOthers: ReadonlySet<string>
}

function sharedFolders(files: ShareIndex['files']): Shared {
  const nameOf = new Map<string, string>()
  const ofFolders = new Set<string>()
  const ofOthers = new Set<string>()
  for (const [path, { name, linked, from }] of files) {
    const step = name?.indexOf('/') ?? -1
    if (name === null || step < 0) continue
    const top = name.slice(0, step)
    const source = linked ? path : from
    if (source === undefined) {
      ofOthers.add(top)
      continue
    }
    ofFolders.add(top)
    const below = name.slice(step).replaceAll('/', sep)
    if (source.endsWith(below)) nameOf.set(source.slice(0, -below.length), top)
  }
  return { nameOf, ofFolders, ofOthers }
}
