import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { CourierView } from '../../../shared/courier-views.ts'
import { isCid, type Cid, type PeerId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { CheckpointService } from '../checkpoints/checkpoint-service.ts'
import { roomAt } from '../files/disk-room.ts'
import type { Fetching } from '../files/fetching.ts'
import type { FileQuery } from '../files/file-query.ts'
import type { FileReader } from '../files/file-reader.ts'
import type { FileService } from '../files/file-service.ts'
import { numbered, safeName } from '../files/safe-name.ts'
import type { ShareList } from '../files/share-list.ts'
import { bytesOf, CourierFolder, pathsFor, type Manifest, type ManifestFile } from './courier-folder.ts'

export interface CourierDeps {
  readonly files: Pick<FileService, 'storage'> & {
    readonly shares: Pick<ShareList, 'matching' | 'get'>
    readonly reader: Pick<FileReader, 'content'>
    readonly fetching: Pick<Fetching, 'takeIn'>
  }
  readonly checkpoints: Pick<CheckpointService, 'create' | 'file' | 'importFile'>
  readonly swarm: () => { readonly id: string; readonly name: string }
  readonly self: PeerId
  readonly counters: Counters
  readonly log: Log
  /** What may be written where a folder lies; null: not known. Default: as the system says. */
  readonly roomAt?: (folder: string) => Promise<{ readonly freeBytes: number } | null>
}

export interface ExportOptions {
  /** Null: no files. */
  readonly query: FileQuery | null
  readonly cids?: readonly Cid[] | undefined
  readonly records: boolean
}

/** Left free for the folder itself and the database. */
const spareBytes = 16 * 1_024 * 1_024
const maxLeftOut = 100
/** What is so with every file. */
const endings = new Set<string>(['DISK_FULL', 'KUBO_UNREACHABLE'])

/** Carries files and records between networks that never meet, with the checks that the network makes. */
export class Courier implements Startable {
  readonly #deps: CourierDeps
  #run = new AbortController()
  #job: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #view: CourierView | null = null

  constructor(deps: CourierDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run.signal.aborted) this.#run = new AbortController()
  }

  async stop(): Promise<void> {
    this.#run.abort()
    await this.#job?.ended
  }

  /** Null: nothing since the start. */
  status(): CourierView | null {
    return this.#view
  }

  /** Begins to write what is chosen and here; what lies there from before is not written again. @throws SwarmError LIMIT_REACHED */
  export(dir: string, options: ExportOptions): CourierView {
    return this.#begin('export', dir, (signal) => this.#export(dir, options, signal))
  }

  /** Begins to take in what a courier brought. @throws SwarmError LIMIT_REACHED */
  import(dir: string): CourierView {
    return this.#begin('import', dir, (signal) => this.#import(dir, signal))
  }

  /** What was copied stays, and is not copied again. */
  async cancel(): Promise<void> {
    this.#job?.stop.abort()
    await this.#job?.ended
  }

  #begin(kind: CourierView['kind'], dir: string, work: (signal: AbortSignal) => Promise<void>): CourierView {
    if (this.#job !== null) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `The courier is under way with ${this.#view?.dir ?? 'another folder'}: wait for its end, or stop it.`,
      )
    }
    const numbers = { files: 0, doneFiles: 0, bytes: 0, doneBytes: 0, knownFiles: 0, leftOutFiles: 0 }
    const view: CourierView = {
      kind,
      dir,
      state: 'running',
      step: 'looking',
      ...numbers,
      leftOut: [],
      records: null,
      error: null,
    }
    this.#view = view
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, this.#run.signal])
    const ended = work(signal)
      .then(
        () => this.#set({ state: 'done', step: 'done' }),
        (error: unknown) => this.#failed(error, signal),
      )
      .finally(() => (this.#job = null))
    this.#job = { stop, ended }
    return view
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted || isAbort(error))
      return this.#set({ state: 'cancelled', step: 'stopped; what was copied stays' })
    const code = error instanceof SwarmError ? error.code : 'INTERNAL'
    this.#deps.counters.add(`courier.failed:${code.toLowerCase()}`)
    if (code === 'INTERNAL') this.#deps.log.error({ err: error }, 'the courier failed')
    const message = error instanceof SwarmError ? error.message : 'It failed inside this peer; its log has the details.'
    this.#set({ state: 'failed', step: 'failed', error: { code, message } })
  }

  async #export(dir: string, { query, cids, records }: ExportOptions, signal: AbortSignal): Promise<void> {
    const { files, checkpoints, self, swarm } = this.#deps
    const wanted = cids === undefined ? null : new Set(cids)
    const chosen = query === null ? [] : files.shares.matching(query).filter(({ cid }) => wanted?.has(cid) ?? true)
    const shares = chosen.filter(({ local }) => local)
    for (const { cid, name, local } of chosen) if (!local) this.#leftOut(cid, name, 'it is not here: fetch it first')
    const folder = await CourierFolder.open(dir, self, { make: true })
    const before = await folder.manifest().catch(() => null)
    const { id, name: swarmName } = swarm()
    const paths = pathsFor(shares, safeName, numbered)
    const planned = shares.map(({ cid, name, sizeBytes }) => ({ cid, name, sizeBytes, path: paths.get(cid) ?? cid }))
    const there = new Map((before?.swarm === id ? before.files : []).map((file) => [file.path, file]))
    const missing: ManifestFile[] = []
    for (const file of planned) {
      signal.throwIfAborted()
      // What has its name was written whole.
      const known = there.get(file.path)?.cid === file.cid
      // One that cannot be read is written anew.
      const handle = known ? await folder.file(file).catch(() => null) : null
      if (handle === null) missing.push(file)
      await handle?.close()
    }
    const bytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    this.#set({ files: missing.length, bytes, knownFiles: planned.length - missing.length })
    await this.#mustFit(bytes, (await (this.#deps.roomAt ?? roomAt)(folder.dir))?.freeBytes ?? null, dir)
    // What was brought before, and is not chosen now, stays on the stick.
    const taken = new Set(planned.map(({ path }) => path))
    const kept = [...there.values()].filter(({ path }) => !taken.has(path))
    const manifest: Manifest = { v: 1, swarm: id, swarmName, files: [...planned, ...kept].slice(0, 50_000) }
    await folder.writeManifest(manifest)
    if (records) {
      this.#set({ step: 'writing the records' })
      const { root } = await checkpoints.create()
      const car = await checkpoints.file(root)
      await folder.writeRecords(counted(car.bytes(), signal, () => {}))
    }
    for (const file of missing) {
      this.#set({ step: `writing ${file.name}` })
      await this.#orLeftOut(file, folder, signal, async () => {
        await folder.write(
          file.path,
          counted(files.reader.content(file.cid, { signal }), signal, (more) => this.#more(more)),
        )
        this.#set({ doneFiles: this.#now.doneFiles + 1 })
      })
    }
  }

  async #import(dir: string, signal: AbortSignal): Promise<void> {
    const { checkpoints, files, self, swarm } = this.#deps
    const folder = await CourierFolder.open(dir, self, { make: false })
    const manifest = await folder.manifest()
    if (manifest === null)
      throw new SwarmError('NOT_FOUND', `${dir} was not written by a courier: dt-swarm-courier.json is not in it.`)
    const { id, name } = swarm()
    if (manifest.swarm !== id) {
      throw new SwarmError(
        'INVALID_INPUT',
        `What is in ${dir} is of another swarm, "${manifest.swarmName}"; this peer is in "${name}".`,
      )
    }
    const car = await folder.records()
    if (car !== null) {
      this.#set({ step: 'checking the records' })
      this.#set({ records: await checkpoints.importFile(bytesOf(car, signal), { signal }) })
    }
    const missing = manifest.files.filter((file) => this.#isMissing(file))
    const bytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    this.#set({ files: missing.length, bytes })
    await this.#mustFit(bytes, (await files.storage()).freeBytes, 'the store of the files')
    for (const file of missing) {
      signal.throwIfAborted()
      this.#set({ step: `checking ${file.name}` })
      await this.#orLeftOut(file, folder, signal, () => this.#takeIn(file, folder, signal))
    }
  }

  async #takeIn(file: ManifestFile, folder: CourierFolder, signal: AbortSignal): Promise<void> {
    const handle = await folder.file(file)
    if (handle === null) return this.#leftOut(file.cid, file.name, 'it is not on the stick, or not whole')
    const bytes = counted(bytesOf(handle, signal), signal, (more) => this.#more(more))
    if (await this.#deps.files.fetching.takeIn(file.cid, bytes, { signal })) {
      this.#set({ doneFiles: this.#now.doneFiles + 1 })
      return
    }
    this.#deps.counters.add('courier.refused:wrong-content')
    this.#leftOut(file.cid, file.name, 'its bytes are not those that its CID names')
  }

  /** One file that cannot be read or written is left out; what would be so with all others ends it. */
  async #orLeftOut(
    { cid, name }: ManifestFile,
    folder: CourierFolder,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work()
    } catch (error) {
      const code = error instanceof SwarmError ? error.code : 'INTERNAL'
      if (signal.aborted || isAbort(error) || endings.has(code) || !(await folder.isThere())) throw error
      this.#deps.counters.add(`courier.left-out:${code.toLowerCase()}`)
      if (code === 'INTERNAL') this.#deps.log.warn({ err: error, cid }, 'the courier had to leave a file out')
      this.#leftOut(cid, name, error instanceof SwarmError ? error.message : 'it could not be read or written')
    }
  }

  /** What no record of the swarm names nobody asked for. */
  #isMissing({ cid, name, sizeBytes }: ManifestFile): boolean {
    const share = isCid(cid) ? this.#deps.files.shares.get(cid) : undefined
    if (share === undefined || share.sizeBytes !== sizeBytes) {
      this.#deps.counters.add('courier.refused:unknown')
      this.#leftOut(
        cid,
        name,
        'no record of this swarm names it, or it is on a file channel that this peer has not joined',
      )
      return false
    }
    if (share.local) this.#set({ knownFiles: this.#now.knownFiles + 1 })
    return !share.local
  }

  async #mustFit(bytes: number, freeBytes: number | null, where: string): Promise<void> {
    if (freeBytes === null || bytes + spareBytes <= freeBytes) return
    const mb = (value: number): string => `${Math.ceil(value / 1e6)} MB`
    throw new SwarmError(
      'DISK_FULL',
      `${mb(bytes + spareBytes)} are needed in ${where}, and ${mb(freeBytes)} are free: make room, or choose fewer files. Nothing was copied.`,
    )
  }

  get #now(): CourierView {
    if (this.#view === null) throw new SwarmError('INTERNAL', 'The courier is not under way.')
    return this.#view
  }

  #set(change: Partial<CourierView>): void {
    this.#view = { ...this.#now, ...change }
  }

  #more(bytes: number): void {
    this.#set({ doneBytes: this.#now.doneBytes + bytes })
  }

  #leftOut(cid: Cid, name: string, why: string): void {
    const { leftOut, leftOutFiles } = this.#now
    this.#set({
      leftOutFiles: leftOutFiles + 1,
      leftOut: leftOut.length < maxLeftOut ? [...leftOut, { cid, name, why }] : leftOut,
    })
  }
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onBytes: (more: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    onBytes(chunk.length)
    yield chunk
  }
}
