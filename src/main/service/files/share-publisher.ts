import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { FoundFile } from './folder-scan.ts'
import { shown } from './left-out.ts'
import { mediaTypeOf } from './media-type.ts'
import type { ShareBook } from './share-book.ts'
import { channelsOf, maxChannels, type IndexedFile, type ShareIndex } from './share-index.ts'
import type { ShareDraft, ShareFacts } from './share-record.ts'

export interface Publication extends Pick<ShareFacts, 'modifiedAtMs' | 'sha1' | 'log'> {
  readonly cid: Cid
  /** With whom it is to be shared; null: with all. Undefined: with whom it was, or else with all. */
  readonly channel: string | null | undefined
  /** Of a copy, what it was made from. */
  readonly from?: string | undefined
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
    const { shares, index, clock, signal } = this.#deps
    const sharedAtMs = clock.now()
    const told = publications.map((publication) => {
      const { cid, file } = publication
      const own = shares.ownShares(cid).filter(({ name }) => name === file.name)
      return this.#channelsFor(publication).map((channel) => ({
        publication,
        channel,
        known: own.find((share) => share.channel === channel)?.id,
      }))
    })
    const fresh = told.flat().filter(({ known }) => known === undefined)
    const ids = shares.shareAll(
      fresh.map(({ publication, channel }) => ({
        cid: publication.cid,
        facts: this.#draftOf(publication, channel, sharedAtMs),
      })),
    )
    const idOf = new Map(fresh.map((one, at) => [one, ids[at]]))
    return told.flatMap((each) => {
      const [first, ...others] = each
      const recordId = first === undefined ? undefined : (first.known ?? idOf.get(first))
      if (first === undefined || recordId === undefined) return []
      const { cid, file, linked, from } = first.publication
      const { sizeBytes, mtimeMs, name, path } = file
      const before = index.files.get(path)
      const made = from ?? before?.from
      index.setFile(path, {
        sizeBytes,
        mtimeMs,
        cid,
        recordId,
        sharedAtMs,
        name,
        linked,
        channel: first.channel,
        ...(others.length === 0 ? {} : { also: others.map(({ channel }) => channel) }),
        // What it was made from it stays made from when it changes.
        ...(made === undefined ? {} : { from: made }),
      })
      this.#withdrawOld(file, before, linked)
      index.changed(signal())
      return [recordId]
    })
  }

  #draftOf({ file, modifiedAtMs, sha1, log }: Publication, channel: string | null, sharedAtMs: number): ShareDraft {
    const { name, sizeBytes } = file
    const { simulated } = this.#deps
    return { name, sizeBytes, mediaType: mediaTypeOf(name), modifiedAtMs, sharedAtMs, simulated, sha1, channel, log }
  }

  /**
   * With whom it is shared from now on, in the order in which that was said. A further channel takes nothing away, and
   * what is shared with all needs none. What a person chooses anew, with another content, is for those it is chosen for.
   */
  #channelsFor({ cid, file, linked, channel }: Publication): readonly (string | null)[] {
    const { shares, index } = this.#deps
    const before = index.files.get(file.path)
    // Also what is told of one that was deleted and is kept: it has come back.
    const own = before === undefined ? shares.ownShares(cid).filter(({ name }) => name === file.name) : []
    if (channel === undefined) {
      const told = before === undefined ? [...own, ...this.#loose(file.name, linked)] : []
      const said = before === undefined ? told.map((share) => share.channel) : channelsOf(before)
      return said.length > 0 ? [...new Set(said)] : [null]
    }
    // What lies elsewhere has its own channels.
    const same = linked ? [] : own.filter((share) => !index.isToldBy(share)).map((share) => share.channel)
    const said = before?.cid === cid ? channelsOf(before) : same
    if (said.includes(null) || said.includes(channel)) return said
    if (said.length >= maxChannels && channel !== null) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${shown(file.name)} is shared on ${maxChannels} file channels, which is as many as it can be: share it with all.`,
      )
    }
    return channel === null ? [null, ...said].slice(0, maxChannels) : [...said, channel]
  }

  /**
   * Takes back what was told of the earlier state of a file. A name says nothing of that: robots call the logs of every
   * run the same, and what lies elsewhere under this name is another file.
   */
  #withdrawOld({ name }: FoundFile, before: IndexedFile | undefined, linked: boolean): void {
    const { shares, index } = this.#deps
    const old = before === undefined ? [] : shares.ownShares(before.cid).filter((share) => share.name === before.name)
    for (const share of old) if (!index.isToldBy(share)) shares.withdraw(share.id)
    for (const { id } of this.#loose(name, linked)) shares.withdraw(id)
  }

  /**
   * Shares of a name of which it is not known where their file lies: it is to be read anew, or the index was lost. There is
   * one file of a name in the share folder; where a link leads cannot be told. What was deleted and is kept has no place.
   */
  #loose(name: string, linked: boolean): ReturnType<ShareBook['ownNamed']> {
    if (linked) return []
    const { shares, index } = this.#deps
    return shares.ownNamed(name).filter((share) => {
      return index.held.get(share.cid)?.copy !== true && !index.isToldBy({ ...share, name })
    })
  }

  #moved(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers()
  }
}
