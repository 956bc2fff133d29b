import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { maxSetRoutes } from '../../model/routing.ts'
import type { RouteBook } from '../../net/messages/route-book.ts'
import { SettingsStore } from '../../store/settings-store.ts'

export interface SavedRoutesDeps {
  readonly routes: Pick<RouteBook, 'events' | 'set' | 'add'>
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

const schema = z.object({
  routes: z.array(z.object({ prefix: z.string().max(1_024), next: z.string().max(1_024) })).max(maxSetRoutes),
})

/** Keeps the routes that people set in a file, so that they are there after a restart. */
export class SavedRoutes implements Startable {
  readonly #deps: SavedRoutesDeps
  readonly #store: SettingsStore<z.infer<typeof schema>>
  #undo: Unsubscribe | null = null

  constructor(deps: SavedRoutesDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#store = new SettingsStore(deps, { path: init.path, schema, defaults: { routes: [] } })
  }

  async start(): Promise<void> {
    if (this.#undo !== null) return
    const { routes, log } = this.#deps
    for (const { prefix, next } of this.#store.get().routes) {
      try {
        routes.add(prefix, next)
      } catch (err) {
        log.warn({ err, prefix }, 'a saved route cannot be used')
      }
    }
    this.#undo = routes.events.on('routes:changed', () => this.#save())
  }

  async stop(): Promise<void> {
    this.#undo?.()
    this.#undo = null
  }

  #save(): void {
    try {
      this.#store.update({ routes: this.#deps.routes.set().map(({ prefix, next }) => ({ prefix, next })) })
    } catch (err) {
      this.#deps.counters.add('network.failed:save-routes')
      this.#deps.log.error({ err }, 'the routes could not be saved; they are in force until this peer stops')
    }
  }
}
