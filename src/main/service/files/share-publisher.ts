import { isAbort } from '../../../shared/errors.ts'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { FoundFile } from './folder-scan.ts'
import { mediaTypeOf } from './media-type.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'
import type { ShareFacts } from './share-record.ts'

export interface Publication extends Pick<ShareFacts, 'modifiedAtMs' | 'sha1' | 'channel' | 'log'> {
  readonly cid: Cid
  /** Where it lies, and what it was when it was read. */
  readonly file: FoundFile
  /** It lies outside the share folder. */
  readonly linked: boolean
  /** It is not to be told of any more. */
  readonly signal: AbortSignal
}

export interface SharePublisherDeps {
  readonly shares: ShareBook
  readonly index: ShareIndex
  /** Whether somebody said that a file of the share folder is not to be shared. */
  readonly isUnshared: (path: string) => boolean
  readonly clock: Clock
  readonly simulated: boolean
  readonly signal: () => AbortSignal
}

interface Waiting {
  readonly publication: Publication
  readonly stored: PromiseWithResolvers<RecordId>
}

/** Signed and written in one go: some 10 ms of the main thread. */
const maxBatch = 64
/** From one batch to the next: the peer does other things meanwhile. */
const restMs = 10
/** Files that are read and not yet told of; their blocks are held in the store. */
const maxWaiting = 512

/** Tells the swarm of files, many in one transaction when many come; takes back what was told of their earlier states. */
export class SharePublisher {
  readonly #deps: SharePublisherDeps
  readonly #waiting: Waiting[] = []
  #room = Promise.withResolvers<void>()
  #flushedAtMs = -Infinity
  #due = false

  constructor(deps: SharePublisherDeps) {
    this.#deps = deps
  }

  /** Resolves when there is room for another. */
  async room(): Promise<void> {
    while (this.#waiting.length >= maxWaiting) await this.#room.promise
  }

  /** Resolves once it is stored. @throws SwarmError LIMIT_REACHED, DISK_FULL */
  publish(publication: Publication): Promise<RecordId> {
    const stored = Promise.withResolvers<RecordId>()
    this.#waiting.push({ publication, stored })
    this.#soon()
    return stored.promise
  }

  #soon(): void {
    if (this.#due || this.#waiting.length === 0) return
    const { clock, signal } = this.#deps
    const waitMs = this.#flushedAtMs + restMs - clock.monotonic()
    if (waitMs <= 0) return this.#flush()
    this.#due = true
    clock.sleep(waitMs, { signal: signal() }).then(
      () => {
        this.#due = false
        this.#flush()
      },
      (error: unknown) => {
        this.#due = false
        for (const { stored } of this.#waiting.splice(0)) stored.reject(error)
        this.#moved()
      },
    )
  }

  #flush(): void {
    const batch = new Map<string, Waiting>()
    // Two states of one file are told one after the other.
    while (batch.size < maxBatch && this.#waiting[0] !== undefined) {
      const { name } = this.#waiting[0].publication.file
      if (batch.has(name)) break
      const one = this.#waiting.shift()
      if (one !== undefined) batch.set(name, one)
    }
    this.#tell([...batch.values()].filter((one) => this.#isWanted(one)))
    this.#flushedAtMs = this.#deps.clock.monotonic()
    this.#moved()
    this.#soon()
  }

  /** A person may have taken it back while it was read, or while it waited here. */
  #isWanted({ publication, stored }: Waiting): boolean {
    const { signal, linked, file } = publication
    const isUnshared = !linked && this.#deps.isUnshared(file.path)
    if (signal.aborted) stored.reject(signal.reason)
    else if (isUnshared) stored.reject(new DOMException('It is not to be shared any more.', 'AbortError'))
    return !signal.aborted && !isUnshared
  }

  #tell(batch: readonly Waiting[]): void {
    if (batch.length === 0) return
    try {
      const ids = this.#sign(batch.map(({ publication }) => publication))
      batch.forEach(({ stored }, at) => {
        const id = ids[at]
        if (id !== undefined) stored.resolve(id)
      })
    } catch (error) {
      const [only] = batch
      // One of them may be what the book does not take.
      if (batch.length === 1 || isAbort(error)) only?.stored.reject(error)
      else for (const one of batch) this.#tell([one])
    }
  }

  #sign(publications: readonly Publication[]): readonly RecordId[] {
    const { shares, index, clock, simulated, signal } = this.#deps
    const sharedAtMs = clock.now()
    const known = publications.map(({ cid, file, channel }) =>
      shares.ownNamed(file.name).find((share) => share.cid === cid && share.channel === channel),
    )
    const fresh = publications.filter((_, at) => known[at] === undefined)
    const ids = shares.shareAll(
      fresh.map(({ cid, file, modifiedAtMs, sha1, channel, log }) => ({
        cid,
        facts: {
          name: file.name,
          sizeBytes: file.sizeBytes,
          mediaType: mediaTypeOf(file.name),
          modifiedAtMs,
          sharedAtMs,
          simulated,
          sha1,
          channel,
          log,
        },
      })),
    )
    const idOf = new Map(fresh.map((publication, at) => [publication, ids[at]]))
    return publications.flatMap((publication, at) => {
      const recordId = known[at]?.id ?? idOf.get(publication)
      if (recordId === undefined) return []
      const { cid, file, linked, channel } = publication
      const { sizeBytes, mtimeMs, name, path } = file
      index.setFile(path, { sizeBytes, mtimeMs, cid, recordId, sharedAtMs, name, linked, channel })
      for (const old of shares.ownNamed(name)) if (old.id !== recordId) shares.withdraw(old.id)
      index.changed(signal())
      return [recordId]
    })
  }

  #moved(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers()
  }
}
