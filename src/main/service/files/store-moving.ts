import type { ContentStoreChoice } from '../../../shared/file-views.ts'
import type { ContentStore } from './content-store.ts'
import type { Blocks } from './blocks.ts'
import type { Kubos } from './kubos.ts'
import type { PlaceUse } from './place-use.ts'
import { keyOf, type StorePlaces } from './store-places.ts'
import { StoreMover, type MoveProgress, type StoreMoverDeps } from './store-mover.ts'

export interface StoreMovingDeps extends Omit<StoreMoverDeps, 'to' | 'keep' | 'from'> {
  readonly places: StorePlaces
  readonly kubos: Kubos
  readonly own: () => { readonly blocks: Blocks }
  readonly chosen: () => Pick<ContentStore, 'keep'> & { readonly blocks: Blocks }
  /** Additions under way: what comes of them is still to be brought over. */
  readonly adding: Pick<PlaceUse, 'has'>
  /** Nothing lies there any more. */
  readonly left: (place: ContentStoreChoice) => void
  readonly onBack: () => void
}

/** Stores that were left and are remembered: more are not changed to while one file is on its way. */
const maxLeft = 3

/** Brings files to the chosen store from where they were before, then lets go of what is there. */
export class StoreMoving {
  readonly #deps: StoreMovingDeps
  /** Were left in this run: a file that was on its way then may lie there. */
  #left: readonly ContentStoreChoice[] = []
  #mover: StoreMover | null = null
  #run: AbortController | null = null
  #moving: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  constructor(deps: StoreMovingDeps) {
    this.#deps = deps
  }

  /** Null when all lies where it should. */
  progress(): MoveProgress | null {
    return this.#mover?.progress() ?? null
  }

  /** A place that could not be asked may answer now. */
  again(): void {
    this.#mover?.again()
  }

  /** Moves nothing yet. */
  start(): void {
    this.#run ??= new AbortController()
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#moving?.ended
  }

  /** Ends what goes on, for another choice: it aborts in this very turn. Resolves once nothing runs. */
  async leaveOff(): Promise<void> {
    const moving = this.#moving
    moving?.stop.abort()
    await moving?.ended
  }

  /** It is chosen again. */
  returned(choice: ContentStoreChoice): void {
    this.#left = this.#left.filter((place) => keyOf(place) !== keyOf(choice))
  }

  /** Begins to bring over what lies elsewhere, unless that goes on. */
  settle(): void {
    const { places, adding, log } = this.#deps
    if (this.#run === null || this.#moving !== null || places.before().length === 0) return
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#run.signal, stop.signal])
    const ended = this.#move(signal).then(
      () => true,
      (err: unknown) => {
        if (!signal.aborted) log.error({ err }, 'files could not be brought to the chosen store')
        return false
      },
    )
    const moving = {
      stop,
      ended: ended.then((isMoved) => {
        this.#moving = null
        // What was put back meanwhile; where something is still added, its end makes another move.
        if (isMoved && places.before().some((place) => !adding.has(place))) this.settle()
      }),
    }
    this.#moving = moving
  }

  /** A file is not all in the chosen store: what was on its way while that changed may lie where files were before. */
  bringBack(): void {
    const { places, kubos } = this.#deps
    const own = places.chosen.kind === 'embedded' ? [] : [{ kind: 'embedded' } as const]
    const before = [...own, ...this.#left]
    if (this.#run === null || before.length === 0) return
    this.#left = []
    places.putBack(before)
    for (const place of places.before()) void kubos.open(place)?.watch.start()
    this.settle()
  }

  /** Whether a store was left in this run. */
  get hasLeft(): boolean {
    return this.#left.length > 0
  }

  async #move(signal: AbortSignal): Promise<void> {
    const { places, kubos, own, chosen, adding } = this.#deps
    const to = chosen()
    const before = places.before()
    const from = before.flatMap((place) => {
      if (place.kind === 'embedded') return [{ blocks: own().blocks }]
      const kubo = kubos.get(place)
      if (kubo === null) return []
      const { blocks, rpc } = kubo.store
      return [{ blocks, check: (options: { readonly signal: AbortSignal }) => rpc.facts(options) }]
    })
    const keep: StoreMoverDeps['keep'] = (cid, options) => to.keep(cid, options)
    const mover = new StoreMover({ ...this.#deps, to: to.blocks, keep, from })
    this.#mover = mover
    try {
      do await mover.run(signal)
      while (!mover.isThrough())
      signal.throwIfAborted()
      // In the turn in which all was there: of what is being added to one of them it is not known yet what it will be.
      const left = before.filter((place) => !adding.has(place))
      if (left.length > 0) await this.#leave(left, signal)
    } finally {
      if (this.#mover === mover) this.#mover = null
    }
  }

  /** All files are where they should be: what dt-swarm has pinned elsewhere is let go of. */
  async #leave(left: readonly ContentStoreChoice[], signal: AbortSignal): Promise<void> {
    const { places, kubos, log, onBack } = this.#deps
    places.leave(left)
    this.#left = [...this.#left, ...left].slice(-maxLeft)
    log.info({ store: kubos.get(places.chosen)?.store.rpc.url ?? 'embedded' }, 'all files are in the chosen store')
    for (const place of left) {
      try {
        await kubos.letGo(place, { stay: places.all(), signal })
      } catch (err) {
        signal.throwIfAborted()
        log.warn({ err }, 'what dt-swarm has pinned in a Kubo that is no longer used stays pinned there')
      }
      this.#deps.left(place)
    }
    onBack()
  }
}
