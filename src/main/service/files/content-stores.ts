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
import { PlaceUse } from './place-use.ts'
import { keyOf, StorePlaces } from './store-places.ts'
import type { MoveProgress, StoreMoverDeps } from './store-mover.ts'
import { StoreMoving } from './store-moving.ts'

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
  readonly #moving: StoreMoving
  /** Additions, each until what came of it is kept by name: that is still to be brought over from there. */
  readonly #adding = new PlaceUse()
  /** Whatever else is asked of a store: it stays open for that. */
  readonly #asking = new PlaceUse()
  #choice: ContentStoreChoice
  #run: AbortController | null = null

  /** @throws SwarmError INVALID_INPUT for a Kubo address that is none */
  constructor(deps: ContentStoresDeps, init: ContentStoresInit) {
    this.#deps = deps
    this.#init = init
    this.#choice = init.store
    this.#places = new StorePlaces(deps, { path: join(init.home, 'store.json'), chosen: init.store })
    this.blocks = {
      has: (cid) => this.#chosen.blocks.has(cid),
      get: (cid) => this.#chosen.blocks.get(cid),
    }
    const { bandwidth, onBack } = deps
    this.#kubos = new Kubos(
      {
        ...deps,
        own: () => this.own,
        ...(bandwidth === undefined ? {} : { down: bandwidth.down }),
        onBack: () => {
          this.#moving.again()
          onBack()
        },
      },
      init.stallMs === undefined ? {} : { stallMs: init.stallMs },
    )
    this.own = new HeliaStore({ ...deps, also: this.#kubos.blocks }, init)
    this.#kubos.open(init.store)
    this.#moving = new StoreMoving({
      ...deps,
      places: this.#places,
      kubos: this.#kubos,
      own: () => this.own,
      chosen: () => this.#chosen,
      adding: this.#adding,
      left: (place) => this.#closeUnused(place),
    })
  }

  get freesBytes(): boolean {
    return this.#places.all().length === 1 && this.#chosen.freesBytes
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
    return this.#moving.progress()
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    await this.own.start()
    this.#places.load(this.#choice)
    for (const place of this.#places.all()) this.#kubos.open(place)
    await this.#kubos.start()
    this.#moving.start()
  }

  /** Begins to bring over what lies elsewhere; to be called once it is known what is held. */
  settle(): void {
    this.#moving.settle()
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#moving.stop()
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
    const ended = this.#moving.leaveOff()
    this.#choice = choice
    this.#moving.returned(choice)
    this.#places.choose(choice, { save: this.#run !== null })
    if (this.#run === null) return
    await kubo?.watch.start()
    await ended
    this.settle()
  }

  async add(
    bytes: AsyncIterable<Uint8Array>,
    options: SignalOption & { readonly onBytes?: (bytes: number) => void },
  ): Promise<AddedFile> {
    const place = this.#choice
    const over = this.#adding.begin(place)
    const ended = (): void => {
      over()
      if (keyOf(place) !== keyOf(this.#choice) && !this.#adding.has(place)) this.settle()
    }
    try {
      const added = await this.#chosen.add(bytes, options)
      const release = (): void => {
        added.release()
        ended()
      }
      return { ...added, release }
    } catch (error) {
      ended()
      throw error
    }
  }

  sizeBytes(cid: Cid, options: SignalOption & { readonly from?: RemoteSource }): Promise<number> {
    return this.#ask((store) => store.sizeBytes(cid, options))
  }

  async *read(cid: Cid, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const place = this.#choice
    const over = this.#asking.begin(place)
    try {
      yield* this.#chosen.read(cid, options)
    } finally {
      over()
      this.#closeUnused(place)
    }
  }

  /** @throws SwarmError KUBO_UNREACHABLE also when it may be in a store that cannot be asked */
  async complete(cid: Cid, options: SignalOption): Promise<boolean> {
    if (await this.#ask((store) => store.complete(cid, options))) return true
    await this.#kubos.mustAnswer(this.#places.all(), options)
    return false
  }

  keep(cid: Cid, options: SignalOption): Promise<boolean> {
    return this.#ask((store) => store.keep(cid, options))
  }

  /**
   * A file was fetched, and stays: Kubo is told so at once, and again with the next collection if it does not answer. Of
   * one that was on its way while the store changed, what came before that is brought over.
   */
  cameIn(cid: Cid): void {
    const signal = this.#run?.signal
    if (signal === undefined || (this.#kubo === null && !this.#moving.hasLeft)) return
    this.keep(cid, { signal }).then(
      (isWhole) => {
        if (!isWhole) this.#moving.bringBack()
      },
      (err: unknown) => {
        if (!signal.aborted) this.#deps.log.warn({ err, cid }, 'a fetched file could not be pinned in Kubo yet')
      },
    )
  }

  /** What an operator should know and do something about. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const problem = this.#kubo?.watch.problem ?? this.moving()?.waitsFor ?? null
    return problem === null ? [] : [{ code: 'STORE_UNREACHABLE', message: problem }]
  }

  /** Nothing is collected while files are brought over. */
  async collect(kept: () => KeptRoots, options: SignalOption): Promise<Collected | null> {
    if (this.#places.all().length > 1) return null
    const kubo = this.#kubo
    const confirmed = new Set(kept().whole.keys())
    const collected = await this.#chosen.collect(kept, options)
    if (collected === null) this.#moving.bringBack()
    if (kubo === null || collected === null) return collected
    // Of our own there stay single blocks, and what came before Kubo was chosen of files of which it is not known that
    // all of them is in Kubo now: those on their way, those that came since, and all when the choice has changed since.
    return this.own.collect(() => {
      const now = kept()
      const files = [...now.whole.keys(), ...now.partial]
      const isChosen = kubo === this.#kubo
      return { ...now, whole: new Map(), partial: files.filter((cid) => !isChosen || !confirmed.has(cid)) }
    }, options)
  }

  forgetFailures(): void {
    this.own.forgetFailures()
    this.#kubos.forgetFailures()
  }

  get #kubo(): Kubo | null {
    return this.#kubos.get(this.#choice)
  }

  get #chosen(): HeliaStore | KuboStore {
    return this.#kubo?.store ?? this.own
  }

  /** Asks the chosen store, which stays open until it has answered. */
  async #ask<Result>(work: (store: ContentStore) => Promise<Result>): Promise<Result> {
    const place = this.#choice
    const over = this.#asking.begin(place)
    try {
      return await work(this.#chosen)
    } finally {
      over()
      this.#closeUnused(place)
    }
  }

  /** A Kubo in which nothing lies, and of which nothing is asked, is not asked any more. */
  #closeUnused(place: ContentStoreChoice): void {
    if (this.#run === null || this.#places.has(place) || this.#asking.has(place)) return
    this.#kubos.close(place).catch((err: unknown) => {
      this.#deps.log.warn({ err }, 'a Kubo that is no longer used could not be let go of')
    })
  }
}
