import { join } from 'node:path'
import type { ContentStoreChoice } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Log } from '../../base/log.ts'
import type { Blocks } from './blocks.ts'
import type {
  AddedFile,
  Collected,
  ContentStore,
  KeptRoots,
  ReadOptions,
  RemoteSource,
  SignalOption,
} from './content-store.ts'
import { roomAt, type DiskRoom } from './disk-room.ts'
import { HeliaStore, type HeliaStoreDeps } from './helia-store.ts'
import { plainAddresses } from './kubo-rpc.ts'
import type { KuboStore } from './kubo-store.ts'
import type { KuboWatch } from './kubo-watch.ts'
import { Kubos, type Kubo } from './kubos.ts'
import { keyOf, StorePlaces } from './store-places.ts'
import { StoreMover, type MoveProgress, type StoreMoverDeps } from './store-mover.ts'

export interface ContentStoresDeps extends Omit<HeliaStoreDeps, 'also'> {
  readonly peerId: PeerId
  readonly log: Log
  /** Files that should be whole. */
  readonly held: StoreMoverDeps['held']
  /** These are in no store. */
  readonly lost: (cids: readonly Cid[]) => void
  /** These are in a store that cannot be asked now. */
  readonly away: (cids: readonly Cid[]) => void
  /** The chosen store can be used again, or something else changed that a failed work may hope for. */
  readonly onBack: () => void
}

export interface ContentStoresInit {
  readonly home: string
  readonly blocksDir: string
  readonly store: ContentStoreChoice
  readonly stallMs?: number
}

/**
 * The store that was chosen, of our own or in Kubo, and what is still to be brought to it from where files were before.
 * The store of our own always runs: it keeps the single blocks of checkpoints, and its exchange serves both.
 */
export class ContentStores implements ContentStore {
  readonly own: HeliaStore
  /** Blocks of files in the chosen store, to look at. */
  readonly blocks: Pick<Blocks, 'has' | 'get'>
  readonly #deps: ContentStoresDeps
  readonly #init: ContentStoresInit
  readonly #places: StorePlaces
  readonly #kubos: Kubos
  #choice: ContentStoreChoice
  #mover: StoreMover | null = null
  #run: AbortController | null = null
  #moving: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  /** @throws SwarmError INVALID_INPUT for a Kubo address that is none */
  constructor(deps: ContentStoresDeps, init: ContentStoresInit) {
    this.#deps = deps
    this.#init = init
    this.#choice = init.store
    this.#places = new StorePlaces(deps, { path: join(init.home, 'store.json'), chosen: init.store })
    this.blocks = {
      has: (cid) => (this.#kubo?.store ?? this.own).blocks.has(cid),
      get: (cid) => (this.#kubo?.store ?? this.own).blocks.get(cid),
    }
    const { bandwidth, onBack } = deps
    this.#kubos = new Kubos(
      {
        ...deps,
        own: () => this.own,
        ...(bandwidth === undefined ? {} : { down: bandwidth.down }),
        onBack: () => {
          this.#mover?.again()
          onBack()
        },
      },
      init.stallMs === undefined ? {} : { stallMs: init.stallMs },
    )
    this.own = new HeliaStore({ ...deps, also: this.#kubos.blocks }, init)
    this.#kubos.open(init.store)
  }

  get choice(): ContentStoreChoice {
    return this.#choice
  }

  /** What a user may still write where the files of the chosen store lie; null where that cannot be told. */
  async room(): Promise<DiskRoom | null> {
    const kubo = this.#kubo
    if (kubo === null) return roomAt(this.#init.blocksDir)
    if (!kubo.store.rpc.isHere) return null
    const asked = await kubo.store.rpc.room().catch(() => null)
    return asked === null ? null : roomAt(asked.path)
  }

  /** The Kubo that was chosen. */
  get kubo(): { readonly rpc: KuboStore['rpc']; readonly watch: Pick<KuboWatch, 'facts' | 'problem'> } | null {
    const kubo = this.#kubo
    return kubo === null ? null : { rpc: kubo.store.rpc, watch: kubo.watch }
  }

  /** Where the chosen Kubo can be dialled by other peers; undefined: none was chosen, or it has not answered yet. */
  get kuboAddresses(): readonly string[] | undefined {
    const facts = this.#kubo?.watch.facts ?? null
    return facts === null ? undefined : plainAddresses(facts.addresses)
  }

  /** How far files have come that lay elsewhere; null when all lie where they should. */
  moving(): MoveProgress | null {
    return this.#mover?.progress() ?? null
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    await this.own.start()
    this.#places.load(this.#choice)
    for (const place of this.#places.all()) this.#kubos.open(place)
    await this.#kubos.start()
  }

  /** Begins to bring over what lies elsewhere; to be called once it is known what is held. */
  settle(): void {
    if (this.#run === null || this.#moving !== null || this.#places.all().length === 1) return
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#run.signal, stop.signal])
    const moving = {
      stop,
      ended: this.#move(signal)
        .catch((err: unknown) => {
          if (!signal.aborted) this.#deps.log.error({ err }, 'files could not be brought to the chosen store')
        })
        .finally(() => {
          if (this.#moving === moving) this.#moving = null
        }),
    }
    this.#moving = moving
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#moving?.ended
    await this.#kubos.stop()
    this.#places.save()
    await this.own.stop()
  }

  /**
   * Changes the store: what comes from now on goes there, and what is held is brought there. Until that is done it is read
   * and given to peers from where it is. @throws SwarmError INVALID_INPUT, then nothing is changed
   */
  async use(choice: ContentStoreChoice): Promise<void> {
    if (keyOf(choice) === keyOf(this.#choice)) return
    const kubo = this.#kubos.open(choice)
    // Ended in the same turn in which the choice changes: it would take the new one for the store that it has filled.
    const before = this.#moving
    before?.stop.abort()
    this.#choice = choice
    this.#places.choose(choice, { save: this.#run !== null })
    if (this.#run === null) return
    await kubo?.watch.start()
    await before?.ended
    this.settle()
  }

  add(
    bytes: AsyncIterable<Uint8Array>,
    options: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<AddedFile> {
    return this.#chosen.add(bytes, options)
  }

  sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number> {
    return this.#chosen.sizeBytes(cid, options)
  }

  read(cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array> {
    return this.#chosen.read(cid, options)
  }

  /** @throws SwarmError KUBO_UNREACHABLE also when it may be in a store that cannot be asked */
  async complete(cid: Cid, options: SignalOption): Promise<boolean> {
    if (await this.#chosen.complete(cid, options)) return true
    for (const place of this.#places.all()) {
      const kubo = this.#kubos.get(place)
      if (kubo !== null && kubo.watch.problem !== null) await kubo.store.rpc.facts(options)
    }
    return false
  }

  keep(cid: Cid, options: SignalOption): Promise<boolean> {
    return this.#chosen.keep(cid, options)
  }

  /** A file was fetched, and stays: Kubo is told so at once, and again with the next collection if it does not answer. */
  cameIn(cid: Cid): void {
    const signal = this.#run?.signal
    if (this.#kubo === null || signal === undefined) return
    this.keep(cid, { signal }).catch((err: unknown) => {
      if (!signal.aborted) this.#deps.log.warn({ err, cid }, 'a fetched file could not be pinned in Kubo yet')
    })
  }

  /** What an operator should know and do something about. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const problem = this.#kubo?.watch.problem ?? this.#mover?.progress().waitsFor ?? null
    return problem === null ? [] : [{ code: 'STORE_UNREACHABLE', message: problem }]
  }

  /** Nothing is collected while files are brought over. */
  async collect(kept: () => KeptRoots, options: SignalOption): Promise<Collected | null> {
    if (this.#places.all().length > 1) return null
    const kubo = this.#kubo
    if (kubo === null) return this.own.collect(kept, options)
    if ((await kubo.store.collect(kept, options)) === null) return null
    // Of our own there are only single blocks, and what came before Kubo was chosen of files on their way.
    return this.own.collect(() => ({ ...kept(), whole: new Map() }), options)
  }

  forgetFailures(): void {
    this.own.forgetFailures()
    this.#kubos.forgetFailures()
  }

  get #kubo(): Kubo | null {
    return this.#kubos.get(this.#choice)
  }

  get #chosen(): ContentStore {
    return this.#kubo?.store ?? this.own
  }

  async #move(signal: AbortSignal): Promise<void> {
    const to = this.#kubo?.store ?? this.own
    const from = this.#places.before().flatMap((place) => {
      const blocks = place.kind === 'embedded' ? this.own.blocks : this.#kubos.get(place)?.store.blocks
      return blocks === undefined ? [] : [{ blocks }]
    })
    const mover = new StoreMover({
      ...this.#deps,
      to: to.blocks,
      keep: (cid, options) => to.keep(cid, options),
      from,
    })
    this.#mover = mover
    try {
      await mover.run(signal)
      signal.throwIfAborted()
      await this.#leave(this.#places.before(), signal)
    } finally {
      if (this.#mover === mover) this.#mover = null
    }
  }

  /** All files are where they should be: what dt-swarm has pinned elsewhere is let go of. */
  async #leave(places: readonly ContentStoreChoice[], signal: AbortSignal): Promise<void> {
    this.#places.leaveAllBut(this.#choice)
    const store = this.#kubo?.store.rpc.url ?? 'embedded'
    this.#deps.log.info({ store }, 'all files are in the chosen store')
    for (const place of places) {
      const kubo = this.#kubos.get(place)
      if (kubo === null) continue
      try {
        await kubo.store.collect(() => ({ whole: new Map(), partial: [] }), { signal })
      } catch (err) {
        signal.throwIfAborted()
        this.#deps.log.warn({ err }, 'what dt-swarm has pinned in a Kubo that is no longer used stays pinned there')
      }
      if (this.#places.has(place)) continue
      await this.#kubos.close(place)
    }
    this.#deps.onBack()
  }
}
