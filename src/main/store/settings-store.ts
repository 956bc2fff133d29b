import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { SwarmError } from '../../shared/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Counters } from '../base/counters.ts'
import type { Log } from '../base/log.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { storeError } from './store-error.ts'

/**
 * Settings in a JSON file that people may edit while the peer is stopped. Only what was changed is written, so
 * defaults of a later release reach those who did not choose. A damaged or unfit file is moved aside with a
 * warning, never deleted, and the defaults are taken.
 */
export class SettingsStore<Value extends Record<string, unknown>> {
  readonly #path: string
  readonly #schema: z.ZodType<Value>
  readonly #defaults: Value
  readonly #components: { readonly clock: Clock; readonly log: Log; readonly counters: Counters }
  #chosen: Partial<Value>

  constructor(
    components: { readonly clock: Clock; readonly log: Log; readonly counters: Counters },
    init: { readonly path: string; readonly schema: z.ZodType<Value>; readonly defaults: Value },
  ) {
    this.#components = components
    this.#path = init.path
    this.#schema = init.schema
    this.#defaults = init.defaults
    this.#chosen = this.#load()
  }

  get(): Value {
    return { ...this.#defaults, ...this.#chosen }
  }

  /** Changes some and saves all. Throws INVALID_INPUT, naming what is wrong, and changes nothing. */
  update(change: Partial<Value>): Value {
    const before = this.get()
    const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const parsed = this.#schema.safeParse({ ...before, ...named })
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw new SwarmError(
        'INVALID_INPUT',
        `The setting ${issue?.path.join('.') ?? ''} is refused: ${issue?.message ?? ''}`,
      )
    }
    const touched = new Set([...Object.keys(this.#chosen), ...Object.keys(named)])
    const chosen = Object.fromEntries(Object.entries(parsed.data).filter(([name]) => touched.has(name)))
    try {
      makeFolderSync(dirname(this.#path), { mode: 0o700 })
    } catch (error) {
      throw storeError(error, this.#path)
    }
    writeFileAtomic(this.#path, `${JSON.stringify(chosen, undefined, 2)}\n`)
    this.#chosen = chosen as Partial<Value>
    return this.get()
  }

  #load(): Partial<Value> {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw storeError(error, this.#path)
    }
    try {
      const chosen: unknown = JSON.parse(text)
      if (typeof chosen !== 'object' || chosen === null || Array.isArray(chosen)) throw new TypeError('not an object')
      const parsed = this.#schema.parse({ ...this.#defaults, ...chosen })
      const names = new Set(Object.keys(chosen))
      return Object.fromEntries(Object.entries(parsed).filter(([name]) => names.has(name))) as Partial<Value>
    } catch (error) {
      const aside = `${this.#path}.corrupt-${new Date(this.#components.clock.now()).toISOString().replaceAll(':', '-')}-${randomUUID().slice(0, 8)}`
      renameSync(this.#path, aside)
      this.#components.counters.add('store.moved-aside:settings')
      this.#components.log.warn(
        { path: this.#path, aside, cause: (error as Error).message },
        'The settings cannot be used. They were moved aside and the defaults taken.',
      )
      return {}
    }
  }
}
