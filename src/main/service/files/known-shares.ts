import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { FileWish, SharedFile } from './file-wish.ts'
import { shown } from './left-out.ts'
import type { ShareBook } from './share-book.ts'
import { channelsOf, type ShareIndex } from './share-index.ts'
import type { SharePublisher } from './share-publisher.ts'
import { toldBy } from './share-record.ts'

export interface KnownSharesDeps {
  readonly shares: Pick<ShareBook, 'said'>
  readonly index: ShareIndex
  /** Whether this peer is on a file channel. */
  readonly isJoined: (channel: string) => boolean
  readonly publisher: Pick<SharePublisher, 'publish'>
  readonly peerId: PeerId
  readonly shareDir: () => string
}

/** Recognises what is shared already, so that it is neither read nor told again. */
export class KnownShares {
  readonly #deps: KnownSharesDeps

  constructor(deps: KnownSharesDeps) {
    this.#deps = deps
  }

  /** Whether this very state of a file is shared already, as what lies at that path. */
  async isKnown({ file, how }: FileWish, path: string): Promise<boolean> {
    const entry = this.#deps.index.files.get(path)
    if (entry?.sizeBytes !== file.sizeBytes) return false
    if (how !== 'copy') return entry.mtimeMs === file.mtimeMs
    // A copy has the time of what it was made from, as exactly as the file system keeps it, and counts while it is there.
    if (Math.abs(entry.mtimeMs - file.mtimeMs) >= 2) return false
    const facts = await stat(path).catch(() => null)
    return facts?.size === entry.sizeBytes
  }

  /** Shares what is shared already on one more channel, if need be; null when its record is gone. */
  async also(path: string, channel: string | null | undefined, signal: AbortSignal): Promise<SharedFile | null> {
    const { index, shares, publisher, peerId } = this.#deps
    const entry = index.files.get(path)
    if (entry === undefined) return null
    const { cid, sizeBytes, mtimeMs, linked, from } = entry
    const known = { cid, sizeBytes, path, before: true }
    const channels = channelsOf(entry)
    if (channel === undefined || channels.includes(channel) || channels.includes(null)) return known
    const own = shares.said(cid).filter(({ author }) => author === peerId)
    const { value } = own.find(({ id }) => id === entry.recordId) ?? {}
    if (value?.kind !== 'share') return null
    const { name, modifiedAtMs, sha1, log } = value
    const file = { path, name, sizeBytes, mtimeMs }
    await publisher.publish({ cid, file, linked, from, signal, modifiedAtMs, sha1, channel, log })
    return known
  }

  /** What is shared with all, by whomever, is for all, whatever channel it is shared on as well. */
  noted(shared: SharedFile, channel: string | null | undefined): SharedFile {
    const { shares, isJoined } = this.#deps
    if (channel === null || channel === undefined) return shared
    const isForAll = shares.said(shared.cid).some(({ value }) => toldBy(value)?.channel === null)
    if (isForAll) return { ...shared, note: `shared with all already, and not with ${shown(channel)} alone` }
    if (isJoined(channel)) return shared
    return { ...shared, note: `shared on the file channel ${shown(channel)}, which this peer has not joined` }
  }

  /** A file of the share folder, other than of this name, that has the same content. */
  async twin(cid: Cid, name: string): Promise<string | null> {
    const { index, shareDir } = this.#deps
    for (const path of index.pathsOf(cid)) {
      const entry = index.files.get(path)
      if (entry === undefined || entry.linked) continue
      if (path === join(shareDir(), name)) return null
      const facts = await stat(path).catch(() => null)
      if (facts?.size === entry.sizeBytes && facts.mtimeMs === entry.mtimeMs) return path
    }
    return null
  }
}
