import { join } from 'node:path'
import { z } from 'zod'
import { contentStoreSchema, type ContentStoreChoice } from '../../../shared/file-views.ts'
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
import { KuboStore } from './kubo-store.ts'
import { KuboWatch } from './kubo-watch.ts'
import { StateFile } from './state-file.ts'
import { StoreMover, type MoveProgress, type StoreMoverDeps } from './store-mover.ts'

/** Places where files may lie that were not brought over yet; somebody who tries more must wait for them. */
const maxPlaces = 4

const placesSchema = z.object({ v: z.literal(1), places: z.array(contentStoreSchema).min(1).max(maxPlaces) })

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

interface Kubo {
  readonly store: KuboStore
  readonly watch: KuboWatch
}

const keyOf = (choice: ContentStoreChoice): string => (choice.kind === 'embedded' ? '' : choice.url)

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
  readonly #file: StateFile<z.infer<typeof placesSchema>>
  readonly #kubos = new Map<string, Kubo>()
  #choice: ContentStoreChoice
  /** Where files may lie; the chosen one is the last. */
  #places: readonly ContentStoreChoice[]
  #mover: StoreMover | null = null
  #run: AbortController | null = null
  #moving: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  /** @throws SwarmError INVALID_INPUT for a Kubo address that is none */
  constructor(deps: ContentStoresDeps, init: ContentStoresInit) {
    this.#deps = deps
    this.#init = init
    this.#choice = init.store
    this.#places = [init.store]
    this.blocks = {
      has: (cid) => (this.#kubo?.store ?? this.own).blocks.has(cid),
      get: (cid) => (this.#kubo?.store ?? this.own).blocks.get(cid),
    }
    this.own = new HeliaStore({ ...deps, also: this.#inKubos() }, init)
    this.#file = new StateFile(deps, {
      path: join(init.home, 'store.json'),
      schema: placesSchema,
      name: 'places',
      cost: 'files that lie in another store than the chosen one are looked for in the swarm',
    })
    this.#open(init.store)
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
    const before = this.#file.load()?.places ?? [{ kind: 'embedded' as const }]
    this.#places = withLast(before, this.#choice)
    for (const place of this.#places) this.#open(place)
    if (JSON.stringify(before) !== JSON.stringify(this.#places)) this.#save()
    await Promise.all([...this.#kubos.values()].map(({ watch }) => watch.start()))
  }

  /** Begins to bring over what lies elsewhere; to be called once it is known what is held. */
  settle(): void {
    if (this.#run === null || this.#moving !== null || this.#places.length === 1) return
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
    for (const { store, watch } of this.#kubos.values()) {
      await watch.stop()
      await store.stop()
    }
    this.#file.save()
    await this.own.stop()
  }

  /**
   * Changes the store: what comes from now on goes there, and what is held is brought there. Until that is done it is read
   * and given to peers from where it is. @throws SwarmError INVALID_INPUT, then nothing is changed
   */
  async use(choice: ContentStoreChoice): Promise<void> {
    if (keyOf(choice) === keyOf(this.#choice)) return
    const kubo = this.#open(choice)
    // Ended in the same turn in which the choice changes: it would take the new one for the store that it has filled.
    const before = this.#moving
    before?.stop.abort()
    this.#choice = choice
    this.#places = withLast(this.#places, choice)
    if (this.#run === null) return
    this.#save()
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
    for (const place of this.#places) {
      const kubo = this.#kubos.get(keyOf(place))
      if (kubo !== undefined && kubo.watch.problem !== null) await kubo.store.rpc.facts(options)
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
    if (this.#places.length > 1) return null
    const kubo = this.#kubo
    if (kubo === null) return this.own.collect(kept, options)
    if ((await kubo.store.collect(kept, options)) === null) return null
    // Of our own there are only single blocks, and what came before Kubo was chosen of files on their way.
    return this.own.collect(() => ({ ...kept(), whole: new Map() }), options)
  }

  forgetFailures(): void {
    this.own.forgetFailures()
    for (const { store } of this.#kubos.values()) store.forgetFailures()
  }

  get #kubo(): Kubo | null {
    return this.#kubos.get(keyOf(this.#choice)) ?? null
  }

  get #chosen(): ContentStore {
    return this.#kubo?.store ?? this.own
  }

  #open(choice: ContentStoreChoice): Kubo | null {
    if (choice.kind === 'embedded') return null
    const open = this.#kubos.get(choice.url)
    if (open !== undefined) return open
    const { bandwidth, onBack } = this.#deps
    const store = new KuboStore(
      {
        ...this.#deps,
        exchange: this.own.exchange,
        also: this.own.blocks,
        ...(bandwidth === undefined ? {} : { down: bandwidth.down }),
      },
      { url: choice.url, ...(this.#init.stallMs === undefined ? {} : { stallMs: this.#init.stallMs }) },
    )
    const watch = new KuboWatch({
      ...this.#deps,
      rpc: store.rpc,
      onBack: () => {
        this.#mover?.again()
        onBack()
      },
    })
    const kubo = { store, watch }
    this.#kubos.set(choice.url, kubo)
    return kubo
  }

  async #move(signal: AbortSignal): Promise<void> {
    const to = this.#kubo?.store ?? this.own
    const from = this.#places.slice(0, -1).flatMap((place) => {
      const blocks = place.kind === 'embedded' ? this.own.blocks : this.#kubos.get(place.url)?.store.blocks
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
      await this.#leave(this.#places.slice(0, -1), signal)
    } finally {
      if (this.#mover === mover) this.#mover = null
    }
  }

  /** All files are where they should be: what dt-swarm has pinned elsewhere is let go of. */
  async #leave(places: readonly ContentStoreChoice[], signal: AbortSignal): Promise<void> {
    this.#places = [this.#choice]
    this.#save()
    const store = this.#kubo?.store.rpc.url ?? 'embedded'
    this.#deps.log.info({ store }, 'all files are in the chosen store')
    for (const place of places) {
      const kubo = place.kind === 'kubo' ? this.#kubos.get(place.url) : undefined
      if (kubo === undefined) continue
      try {
        await kubo.store.collect(() => ({ whole: new Map(), partial: [] }), { signal })
      } catch (err) {
        signal.throwIfAborted()
        this.#deps.log.warn({ err }, 'what dt-swarm has pinned in a Kubo that is no longer used stays pinned there')
      }
      if (this.#places.some((other) => keyOf(other) === keyOf(place))) continue
      this.#kubos.delete(keyOf(place))
      await kubo.watch.stop()
      await kubo.store.stop()
    }
    this.#deps.onBack()
  }

  /** What lies in any Kubo that can be asked. */
  #inKubos(): Pick<Blocks, 'has' | 'get'> {
    const find = async <Found>(look: (blocks: Blocks) => Promise<Found | undefined>): Promise<Found | undefined> => {
      for (const { store, watch } of this.#kubos.values()) {
        if (watch.problem !== null) continue
        try {
          const found = await look(store.blocks)
          if (found !== undefined) return found
        } catch {
          this.#deps.counters.add('files.kubo:not-asked')
        }
      }
      return undefined
    }
    return {
      has: async (cid) => (await find(async (blocks) => ((await blocks.has(cid)) ? true : undefined))) === true,
      get: (cid) => find((blocks) => blocks.get(cid)),
    }
  }

  #save(): void {
    const places = [...this.#places]
    this.#file.changed(() => ({ v: 1, places }), this.#run?.signal ?? AbortSignal.abort())
    this.#file.save()
  }
}

/** The same places with this one as the last, the oldest forgotten when they are too many. */
function withLast(places: readonly ContentStoreChoice[], last: ContentStoreChoice): readonly ContentStoreChoice[] {
  return [...places.filter((place) => keyOf(place) !== keyOf(last)), last].slice(-maxPlaces)
}
