import type { ContentStoreChoice } from '../../../shared/file-views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Blocks } from './blocks.ts'
import type { HeliaStore } from './helia-store.ts'
import { KuboStore, type KuboStoreDeps } from './kubo-store.ts'
import { KuboWatch, type KuboWatchDeps } from './kubo-watch.ts'
import { keyOf } from './store-places.ts'

export interface KubosDeps extends Omit<KuboStoreDeps, 'exchange' | 'also'>, Omit<KuboWatchDeps, 'rpc'> {
  readonly counters: Counters
  /** Whose exchange serves them all. */
  readonly own: () => Pick<HeliaStore, 'exchange' | 'blocks'>
}

export interface Kubo {
  readonly store: KuboStore
  readonly watch: KuboWatch
}

/** The Kubo daemons that files are in, or were: the chosen one, and those from which files are still brought. */
export class Kubos {
  readonly #deps: KubosDeps
  readonly #init: { readonly stallMs?: number }
  readonly #kubos = new Map<string, Kubo>()

  constructor(deps: KubosDeps, init: { readonly stallMs?: number }) {
    this.#deps = deps
    this.#init = init
  }

  /** What lies in any of them that can be asked. */
  readonly blocks: Pick<Blocks, 'has' | 'get'> = {
    has: async (cid) => (await this.#find(async (blocks) => ((await blocks.has(cid)) ? true : undefined))) === true,
    get: (cid) => this.#find((blocks) => blocks.get(cid)),
  }

  /** Null: it is no Kubo, or was not opened. */
  get(choice: ContentStoreChoice): Kubo | null {
    return this.#kubos.get(keyOf(choice)) ?? null
  }

  /** Not started. @throws SwarmError INVALID_INPUT for an address that is none */
  open(choice: ContentStoreChoice): Kubo | null {
    if (choice.kind === 'embedded') return null
    const open = this.#kubos.get(choice.url)
    if (open !== undefined) return open
    const { exchange, blocks } = this.#deps.own()
    const store = new KuboStore({ ...this.#deps, exchange, also: blocks }, { url: choice.url, ...this.#init })
    const kubo = { store, watch: new KuboWatch({ ...this.#deps, rpc: store.rpc }) }
    this.#kubos.set(choice.url, kubo)
    return kubo
  }

  async start(): Promise<void> {
    await Promise.all([...this.#kubos.values()].map(({ watch }) => watch.start()))
  }

  /** They may be started again. */
  async stop(): Promise<void> {
    for (const kubo of this.#kubos.values()) await stopped(kubo)
  }

  /**
   * Lets go of all that is pinned in one: nothing when it may be one of those that stay, written in another way.
   * @throws SwarmError KUBO_UNREACHABLE, also when one of them does not tell who it is; then nothing was let go of
   */
  async letGo(
    choice: ContentStoreChoice,
    { stay, signal }: { readonly stay: readonly ContentStoreChoice[]; readonly signal: AbortSignal },
  ): Promise<void> {
    const left = this.get(choice)
    if (left === null) return
    const others = stay.flatMap((place) => this.get(place) ?? [])
    if (others.length > 0) {
      const [own, ...peers] = await Promise.all(
        [left, ...others].map(async ({ store }) => (await store.rpc.facts({ signal })).peer),
      )
      if (own === undefined || peers.includes(own)) return
    }
    await left.store.collect(() => ({ whole: new Map(), partial: [] }), { signal })
  }

  /** @throws SwarmError KUBO_UNREACHABLE when one of these cannot be asked */
  async mustAnswer(places: readonly ContentStoreChoice[], options: { readonly signal: AbortSignal }): Promise<void> {
    for (const place of places) {
      const kubo = this.get(place)
      if (kubo !== null && kubo.watch.problem !== null) await kubo.store.rpc.facts(options)
    }
  }

  /** It is not asked any more. */
  async close(choice: ContentStoreChoice): Promise<void> {
    const kubo = this.get(choice)
    this.#kubos.delete(keyOf(choice))
    if (kubo !== null) await stopped(kubo)
  }

  forgetFailures(): void {
    for (const { store } of this.#kubos.values()) store.forgetFailures()
  }

  async #find<Found>(look: (blocks: Blocks) => Promise<Found | undefined>): Promise<Found | undefined> {
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
}

async function stopped({ store, watch }: Kubo): Promise<void> {
  await watch.stop()
  await store.stop()
}
