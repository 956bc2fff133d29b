import { join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { ContentStore } from './content-store.ts'
import type { DropBook } from './drop-book.ts'
import { Drops, type DropOptions } from './drops.ts'
import { FileSharer, type InspectFile } from './file-sharer.ts'
import { partSuffix, type FoundFile } from './folder-scan.ts'
import type { Homes } from './homes.ts'
import { shown } from './left-out.ts'
import { nameProblem } from './safe-name.ts'
import type { ShareBook } from './share-book.ts'
import { SharePublisher } from './share-publisher.ts'
import { ShareRoom, type ShareRoomDeps } from './share-room.ts'
import { ShareRules, type FolderRules } from './share-rules.ts'
import { ShareRunner, type ShareRunnerDeps } from './share-runner.ts'
import type { UnsharedBook } from './unshared-book.ts'
import { forgetDeleted } from './unshared-files.ts'

export interface SharerDeps extends ShareRunnerDeps, ShareRoomDeps {
  readonly store: ContentStore
  readonly shares: ShareBook
  readonly drops: DropBook
  readonly unshared: UnsharedBook
  readonly inspect: InspectFile
  readonly isJoined: (channel: string) => boolean
  readonly clock: Clock
  readonly homes: Homes
  readonly peerId: PeerId
  readonly simulated: boolean
  readonly shareDir: () => string
  readonly rules: () => FolderRules
}

export interface StreamOptions {
  readonly sizeBytes?: number
  readonly channel?: string | null
  readonly signal?: AbortSignal
}

/** Brings files of this machine into the store and tells the swarm of them. */
export class Sharer {
  readonly #deps: SharerDeps
  readonly #files: FileSharer
  readonly #runner: ShareRunner
  readonly #drops: Drops
  readonly #room: ShareRoom
  /** The last failed transfer of a path, so that trying again does not fill the list. */
  readonly #failed = new Map<string, string>()
  /** Files that came by themselves and are being shared, by path: one that is unshared meanwhile is given up. */
  readonly #under = new Map<string, AbortController>()
  #forgetting: Promise<void> | null = null

  constructor(deps: SharerDeps) {
    this.#deps = deps
    this.#files = new FileSharer({
      ...deps,
      publisher: new SharePublisher({ ...deps, isUnshared: (path) => deps.unshared.has(path) }),
    })
    this.#runner = new ShareRunner(deps)
    this.#room = new ShareRoom(deps)
    this.#drops = new Drops({ ...deps, files: this.#files, runner: this.#runner })
  }

  /** Whether nothing is to be done about a file of the share folder: it is shared as it is, or somebody unshared it. */
  known(file: FoundFile): boolean {
    const { index, unshared } = this.#deps
    if (unshared.has(file.path)) return true
    const entry = index.files.get(file.path)
    return entry?.sizeBytes === file.sizeBytes && entry.mtimeMs === file.mtimeMs
  }

  /** Shares a file of the share folder, or a linked one, anew. Rejects when it could not be: it is tried again. */
  async shareFound(
    file: FoundFile,
    { signal, how = 'here' }: { readonly signal: AbortSignal; readonly how?: 'here' | 'link' },
  ): Promise<void> {
    const { transfers } = this.#deps
    const before = this.#failed.get(file.path)
    if (before !== undefined) this.#runner.forget(before)
    const transfer = transfers.add('share', file.name, { cid: null, sizeBytes: file.sizeBytes })
    const stop = new AbortController()
    this.#under.set(file.path, stop)
    const either = AbortSignal.any([signal, stop.signal])
    try {
      await this.#runner.one(transfer, file.sizeBytes, either, (options) =>
        this.#files.share({ file, how, channel: undefined, single: false }, options),
      )
      this.#failed.delete(file.path)
    } catch (error) {
      this.#failed.set(file.path, transfer.id)
      if (this.#failed.size > 1_000) this.#failed.clear()
      throw error
    } finally {
      this.#under.delete(file.path)
    }
  }

  /** Writes what comes into the share folder and shares it. Resolves when it has ended, well or not. */
  async shareStream(name: string, bytes: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<TransferView> {
    const { transfers, rules } = this.#deps
    const { sizeBytes = null, channel = null } = options
    const refused =
      uploadProblem(name) ??
      (await ShareRules.read(this.#deps.shareDir(), rules())).against(name, {
        isFolder: false,
        sizeBytes: sizeBytes ?? 0,
      })?.words
    if (refused !== undefined) {
      throw new SwarmError('INVALID_INPUT', `A file cannot be shared as ${shown(name)}: ${refused}.`)
    }
    const transfer = transfers.add('share', name, { cid: null, sizeBytes })
    // It needs no turn: the bytes are coming in already.
    await this.#runner
      .one(transfer, sizeBytes ?? Infinity, options.signal, async (either) => {
        transfer.control = {}
        transfer.set({ state: 'running', step: 'hashing' })
        const share = () => this.#files.shareStream(name, bytes, { ...either, sizeBytes, channel })
        if (sizeBytes === null) return share()
        const doneBytes = (): number => transfer.view.doneBytes
        return this.#room.run({ name, sizeBytes, shareDir: this.#deps.shareDir(), doneBytes }, share, either)
      })
      .catch(() => {})
    return transfer.view
  }

  /** See `Drops.share`. */
  sharePaths(paths: readonly string[], options: DropOptions = {}): Promise<readonly TransferView[]> {
    return this.#drops.share(paths, options)
  }

  /** Goes on with what was under way when the peer stopped. */
  resume(): void {
    this.#drops.resume()
  }

  /** Resolves once nothing runs any more; the signal must have been aborted. */
  stopped(): Promise<void> {
    return Promise.all([this.#runner.stopped(), this.#forgetting]).then(() => {})
  }

  /** Takes back this peer's shares of a file, which stays where it lies. @throws SwarmError NOT_FOUND */
  unshare(cid: Cid): void {
    const { index, shares, unshared, shareDir, signal } = this.#deps
    const paths = new Set(index.pathsOf(cid))
    const linked = [...paths].filter((path) => index.files.get(path)?.linked === true)
    const linkedNames = new Set(linked.map((path) => index.files.get(path)?.name))
    // Of one that is only kept, or of which the index was lost, there is no path in it.
    const names = new Set(shares.ownShares(cid).map(({ name }) => name))
    for (const name of names) {
      const path = join(shareDir(), name)
      // What is in the index there is another file of that name.
      if (!linkedNames.has(name) && !index.files.has(path)) paths.add(path)
    }
    for (const path of paths) {
      if (!linked.includes(path)) unshared.set(path, true)
      index.dropFile(path)
    }
    for (const [path, stop] of this.#under) if (paths.has(path)) stop.abort()
    if (shares.withdrawShares(cid) === 0 && paths.size === 0) {
      throw new SwarmError('NOT_FOUND', `This peer does not share ${cid}.`, { detail: { cid } })
    }
    index.changed(signal())
  }

  /** A file that was unshared and was deleted from the share folder need not be remembered. */
  forgetUnshared(files: ReadonlyMap<string, FoundFile>): void {
    const { unshared, shareDir, signal } = this.#deps
    this.#forgetting ??= forgetDeleted(unshared, files, { shareDir: shareDir(), signal: signal() }).finally(
      () => (this.#forgetting = null),
    )
  }
}

/** What speaks against a name of an upload: a path below the share folder. */
function uploadProblem(name: string): string | undefined {
  if (name.endsWith(partSuffix)) return 'part files are not shared'
  if (name.split('/').some((step) => step.startsWith('.'))) return 'hidden files are not shared'
  return nameProblem(name) ?? undefined
}
