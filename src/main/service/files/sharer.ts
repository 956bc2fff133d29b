import mime from 'mime'
import { realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { AddedFile, ContentStore } from './content-store.ts'
import { diskError } from './disk-error.ts'
import { partSuffix, type FoundFile } from './folder-scan.ts'
import { Gate } from './gate.ts'
import { makeFolder } from './make-folder.ts'
import { nameProblem, safeName } from './safe-name.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'
import type { Transfer, TransferList } from './transfer-list.ts'
import { giveName, PartFile, partName, readChunks } from './write-file.ts'

export interface SharerDeps {
  readonly store: ContentStore
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly transfers: TransferList
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly peerId: PeerId
  readonly simulated: boolean
  readonly shareDir: () => string
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly finished: (view: TransferView) => void
}

/** Files read and hashed at a time: one keeps a robot's card busy, a second fills the gaps. */
const atATime = 2

/** Brings files of this machine into the store and tells the swarm of them. */
export class Sharer {
  readonly #deps: SharerDeps
  readonly #gate = new Gate(atATime)
  /** The last failed transfer of a path, so that trying again does not fill the list. */
  readonly #failed = new Map<string, string>()

  constructor(deps: SharerDeps) {
    this.#deps = deps
  }

  /** Whether this very state of a file in the share folder is shared. */
  known(file: FoundFile): boolean {
    const entry = this.#deps.index.files.get(file.path)
    return entry?.sizeBytes === file.sizeBytes && entry.mtimeMs === file.mtimeMs
  }

  /** Shares a file of the share folder where it lies. Rejects when it could not be, so that it is tried again. */
  async shareFound(file: FoundFile, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const before = this.#failed.get(file.path)
    if (before !== undefined) this.#deps.transfers.forget(before)
    const transfer = this.#deps.transfers.add('share', file.name, { cid: null, sizeBytes: file.sizeBytes })
    try {
      await this.#work(transfer, signal, (either) => this.#addInPlace(transfer, file, either))
      this.#failed.delete(file.path)
    } catch (error) {
      this.#failed.set(file.path, transfer.id)
      if (this.#failed.size > 1_000) this.#failed.clear()
      throw error
    }
  }

  /** Writes what comes into the share folder and shares it. Resolves when it has ended, well or not. */
  async shareStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly sizeBytes?: number; readonly signal?: AbortSignal },
  ): Promise<TransferView> {
    const problem = name.includes('/') || name.startsWith('.') ? 'it must be a plain file name' : nameProblem(name)
    if (problem !== null || name.endsWith(partSuffix)) {
      throw new SwarmError(
        'INVALID_INPUT',
        `A file cannot be shared as "${name.slice(0, 100)}": ${problem ?? 'part files are not shared'}.`,
      )
    }
    const sizeBytes = options.sizeBytes ?? null
    const transfer = this.#deps.transfers.add('share', name, { cid: null, sizeBytes })
    const work = (signal: AbortSignal): Promise<void> =>
      this.#addByPart(transfer, name, signal, async (part) => {
        const added = await this.#deps.store.add(teed(bytes, part), { signal, onBytes: (n) => transfer.advance(n) })
        if (sizeBytes !== null && added.sizeBytes !== sizeBytes) {
          added.release()
          throw new SwarmError(
            'INVALID_INPUT',
            `"${name}" ended after ${added.sizeBytes} of ${sizeBytes} bytes. Send it again.`,
          )
        }
        return { added, modifiedAtMs: this.#deps.clock.now() }
      })
    // No gate: the bytes are coming in already.
    await this.#run(transfer, this.#signal(transfer, options.signal), work).catch(() => {})
    return transfer.view
  }

  /** Copies files into the share folder and shares them. Resolves when all have begun; they go on by themselves. */
  async sharePaths(paths: readonly string[]): Promise<readonly TransferView[]> {
    const transfers: Transfer[] = []
    for (const path of paths) {
      const facts = await stat(path).catch((error: unknown) => diskError(error, `sharing ${path}`))
      const sizeBytes = facts instanceof Object && 'size' in facts ? Number(facts.size) : null
      const transfer = this.#deps.transfers.add('share', basename(path), { cid: null, sizeBytes })
      transfers.push(transfer)
      if (facts instanceof Object && 'isFile' in facts && typeof facts.isFile === 'function') {
        if (facts.isFile() === true) {
          void this.#work(transfer, undefined, (signal) => this.#sharePath(transfer, path, signal)).catch(() => {})
        } else
          transfer.fail(new SwarmError('UNSUPPORTED', `${path} is no regular file. Share the files in it one by one.`))
      } else transfer.fail(facts)
    }
    return transfers.map((transfer) => transfer.view)
  }

  async #sharePath(transfer: Transfer, path: string, signal: AbortSignal): Promise<void> {
    const dir = this.#deps.shareDir()
    const [real, root] = await Promise.all([realpath(path), realpath(dir).catch(() => dir)])
    const { size, mtimeMs } = await stat(real)
    if (real.startsWith(root + sep)) {
      const name = relative(root, real).replaceAll(sep, '/')
      return this.#addInPlace(transfer, { path: join(dir, name), name, sizeBytes: size, mtimeMs }, signal)
    }
    await this.#addByPart(transfer, safeName(basename(path), 'file'), signal, async (part) => {
      const onBytes = (n: number): void => transfer.advance(n)
      const cloned = await part.cloneFrom(real)
      const source = readChunks(cloned ? part.path : real, signal)
      const added = await this.#deps.store.add(cloned ? source : teed(source, part), { signal, onBytes })
      const after = await stat(real).catch(() => null)
      if (!cloned && (after?.size !== added.sizeBytes || after.mtimeMs !== mtimeMs)) {
        added.release()
        throw changed(basename(path))
      }
      return { added, modifiedAtMs: Math.trunc(mtimeMs) }
    })
  }

  async #addInPlace(transfer: Transfer, file: FoundFile, signal: AbortSignal): Promise<void> {
    const { store } = this.#deps
    const facts = async (): Promise<{ readonly size: number; readonly mtimeMs: number }> => {
      try {
        return await stat(file.path)
      } catch (error) {
        throw diskError(error, `sharing ${file.name}`)
      }
    }
    const before = await facts()
    if (before.size !== file.sizeBytes || before.mtimeMs !== file.mtimeMs) throw changed(file.name)
    const added = await store.add(readChunks(file.path, signal), { signal, onBytes: (n) => transfer.advance(n) })
    try {
      const after = await facts()
      if (after.size !== added.sizeBytes || after.mtimeMs !== before.mtimeMs) throw changed(file.name)
      const { size: sizeBytes, mtimeMs } = after
      this.#publish(added.cid, { ...file, sizeBytes, mtimeMs }, Math.trunc(mtimeMs))
      transfer.done({ cid: added.cid, sizeBytes, path: file.path })
    } finally {
      added.release()
    }
  }

  /** Fills a part file in the share folder, then gives it its name and shares it. Leaves nothing behind on failure. */
  async #addByPart(
    transfer: Transfer,
    name: string,
    signal: AbortSignal,
    fill: (part: PartFile) => Promise<{ readonly added: AddedFile; readonly modifiedAtMs: number }>,
  ): Promise<void> {
    const dir = this.#deps.shareDir()
    try {
      await makeFolder(dir)
    } catch (error) {
      throw diskError(error, `making the share folder ${dir}`)
    }
    const part = await PartFile.create(join(dir, partName(this.#deps.peerId)))
    let added: AddedFile | null = null
    try {
      const filled = await fill(part)
      added = filled.added
      const { cid, sizeBytes } = added
      signal.throwIfAborted()
      transfer.set({ step: 'writing it out' })
      await part.sync()
      const path = await giveName(part.path, dir, name)
      const { mtimeMs } = await stat(path)
      this.#publish(cid, { path, name: basename(path), sizeBytes, mtimeMs }, filled.modifiedAtMs)
      transfer.done({ cid, sizeBytes, path })
    } finally {
      added?.release()
      await part.abandon()
    }
  }

  /** Tells the swarm, unless it knows; takes back what was told of an earlier state of the file. */
  #publish(cid: Cid, file: FoundFile, modifiedAtMs: number): void {
    const { shares, index, clock, simulated } = this.#deps
    const own = shares.ownShares().filter((share) => share.name === file.name)
    const same = own.find((share) => share.cid === cid)
    const sharedAtMs = clock.now()
    const recordId =
      same?.id ??
      shares.share(cid, {
        name: file.name,
        sizeBytes: file.sizeBytes,
        mediaType: mediaTypeOf(file.name),
        modifiedAtMs,
        sharedAtMs,
        simulated,
      })
    index.setFile(file.path, { sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, cid, recordId, sharedAtMs })
    for (const old of own) if (old.id !== recordId) shares.withdraw(old.id)
    index.changed(this.#deps.signal())
  }

  #signal(transfer: Transfer, other: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([transfer.signal, this.#deps.signal(), ...(other === undefined ? [] : [other])])
  }

  #work(
    transfer: Transfer,
    other: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const signal = this.#signal(transfer, other)
    return this.#run(transfer, signal, () => this.#gate.run(signal, () => this.#started(transfer, () => work(signal))))
  }

  #started(transfer: Transfer, work: () => Promise<void>): Promise<void> {
    transfer.set({ state: 'running', step: 'hashing' })
    return work()
  }

  async #run(transfer: Transfer, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      transfer.set({ state: 'running', step: 'hashing' })
      await work(signal)
      this.#deps.finished(transfer.view)
    } catch (error) {
      const view = transfer.fail(signal.aborted ? signal.reason : error)
      this.#deps.index.onReleased()
      if (view.state === 'failed') {
        this.#deps.counters.add(`files.share-failed:${view.error?.code ?? 'INTERNAL'}`)
        this.#deps.log.warn({ err: error, name: view.name }, 'a file could not be shared')
        this.#deps.finished(view)
      }
      throw error
    }
  }
}

async function* teed(bytes: AsyncIterable<Uint8Array>, part: PartFile): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    await part.write(chunk)
    yield chunk
  }
}

function changed(name: string): SwarmError {
  return new SwarmError(
    'FILE_CHANGED',
    `"${name}" was written to while it was read. It is shared when it stops growing.`,
  )
}

/** By the name alone; MCAP and ROS bags are not in the common table. */
function mediaTypeOf(name: string): string {
  if (name.endsWith('.mcap')) return 'application/x-mcap'
  if (name.endsWith('.bag')) return 'application/x-rosbag'
  if (name.endsWith('.log')) return 'text/plain'
  return mime.getType(name) ?? 'application/octet-stream'
}
