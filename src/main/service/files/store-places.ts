import { z } from 'zod'
import { contentStoreSchema, type ContentStoreChoice } from '../../../shared/file-views.ts'
import { StateFile, type StateFileDeps } from './state-file.ts'

/** Places where files may lie that were not brought over yet; somebody who tries more must wait for them. */
const maxPlaces = 4

const placesSchema = z.object({ v: z.literal(1), places: z.array(contentStoreSchema).min(1).max(maxPlaces) })

/** The same text for a store that is written in the same way. */
export const keyOf = (choice: ContentStoreChoice): string => (choice.kind === 'embedded' ? '' : choice.url)

/** In which stores files may lie, remembered in one file so that a restart in the middle of a change loses nothing. */
export class StorePlaces {
  readonly #file: StateFile<z.infer<typeof placesSchema>>
  #places: readonly ContentStoreChoice[]

  constructor(deps: StateFileDeps, init: { readonly path: string; readonly chosen: ContentStoreChoice }) {
    this.#places = [init.chosen]
    this.#file = new StateFile(deps, {
      path: init.path,
      schema: placesSchema,
      name: 'places',
      cost: 'files that lie in another store than the chosen one are looked for in the swarm',
    })
  }

  /** The chosen one is the last. */
  all(): readonly ContentStoreChoice[] {
    return this.#places
  }

  get chosen(): ContentStoreChoice {
    return this.#places.at(-1) ?? { kind: 'embedded' }
  }

  /** All but the chosen one. */
  before(): readonly ContentStoreChoice[] {
    return this.#places.slice(0, -1)
  }

  has(choice: ContentStoreChoice): boolean {
    return this.#places.some((place) => keyOf(place) === keyOf(choice))
  }

  load(chosen: ContentStoreChoice): void {
    const before = this.#file.load()?.places ?? [{ kind: 'embedded' as const }]
    this.#places = withLast(before, chosen)
    if (JSON.stringify(before) !== JSON.stringify(this.#places)) this.#save()
  }

  /** From now on this one is chosen; the oldest is forgotten when there are too many. */
  choose(chosen: ContentStoreChoice, { save }: { readonly save: boolean }): void {
    this.#places = withLast(this.#places, chosen)
    if (save) this.#save()
  }

  /** Nothing lies in these any more; the chosen one is none of them. */
  leave(places: readonly ContentStoreChoice[]): void {
    const left = new Set(places.map(keyOf))
    this.#places = this.#places.filter((place) => !left.has(keyOf(place)))
    this.#save()
  }

  /** Something may lie in these after all. */
  putBack(places: readonly ContentStoreChoice[]): void {
    const missing = places.filter((place) => !this.has(place))
    if (missing.length === 0) return
    this.#places = [...missing, ...this.#places].slice(-maxPlaces)
    this.#save()
  }

  /** Saves what could not be saved when it changed. */
  save(): void {
    this.#file.save()
  }

  #save(): void {
    const places = [...this.#places]
    this.#file.changed(() => ({ v: 1, places }), AbortSignal.abort())
    this.#file.save()
  }
}

function withLast(places: readonly ContentStoreChoice[], last: ContentStoreChoice): readonly ContentStoreChoice[] {
  return [...places.filter((place) => keyOf(place) !== keyOf(last)), last].slice(-maxPlaces)
}
