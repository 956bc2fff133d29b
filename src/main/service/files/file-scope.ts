import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { FileChannels } from './file-channels.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'
import { toldBy } from './share-record.ts'

export interface FileScopeDeps {
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly channels: Pick<FileChannels, 'isMember'>
}

/**
 * With whom a file is shared. A file of a channel is listed, found and given to those on the channel; whoever shares it
 * with all lifts that. This keeps a course's logs among the course: records of files reach every member of the swarm, and
 * any of them may join a channel, so it is order, not secrecy.
 */
export class FileScope {
  readonly #deps: FileScopeDeps
  /** The channels of each file that is shared on any. */
  readonly #scoped = new Map<Cid, ReadonlySet<string>>()

  constructor(deps: FileScopeDeps) {
    this.#deps = deps
  }

  /** Whether a peer may see a file, and be given it; null: one that nobody knows. Of what nobody says anything, that is so. */
  sees(peer: PeerId | null, cid: Cid): boolean {
    const { shares, index, channels } = this.#deps
    const said = shares.said(cid)
    const told = said.map(({ value }) => toldBy(value)).filter((facts) => facts !== null)
    const scopes = told.map(({ channel }) => channel)
    // A copy outlives what was said of it.
    if (scopes.length === 0) scopes.push(index.held.get(cid)?.said?.channel ?? null)
    if (scopes.includes(null) || said.some(({ author }) => author === peer)) return true
    return peer !== null && scopes.some((name) => name !== null && channels.isMember(peer, name))
  }

  /** Takes note of what is said of a file now. */
  note(cid: Cid): void {
    const said = this.#deps.shares.said(cid)
    const names = said.map(({ value }) => toldBy(value)?.channel ?? null)
    const channels = new Set(names.filter((name) => name !== null))
    if (channels.size > 0) this.#scoped.set(cid, channels)
    else this.#scoped.delete(cid)
  }

  clear(): void {
    this.#scoped.clear()
  }

  /** All files that are shared on a channel, whether they are shared with all as well or not. */
  scoped(): readonly Cid[] {
    return [...this.#scoped.keys()]
  }

  channelsOf(cid: Cid): readonly string[] {
    return [...(this.#scoped.get(cid) ?? [])]
  }

  /** How many files are shared on each channel. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const names of this.#scoped.values()) for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    return counts
  }
}
