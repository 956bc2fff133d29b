import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import { Rate } from './rate.ts'

type Facts = { -readonly [Name in keyof TransferView]: TransferView[Name] }
export type TransferGroup = NonNullable<TransferView['group']>

/** What a worker does when a person asks; what it leaves out is refused as UNSUPPORTED. */
export interface TransferControl {
  /** Stops moving bytes; the worker says `paused` itself, so that what cannot stop at once does not seem to. */
  readonly pause?: () => void
  /** Goes on; of one that has failed: tries again, and says so with `reopen`. */
  readonly resume?: () => void
  /** The new priority is in the view already. */
  readonly prioritised?: () => void
}

export interface TransferDeps {
  readonly clock: Clock
  readonly changed: (transfer: Transfer) => void
}

/** Progress of one transfer is told at most this often; the end of one always. */
const tellEveryMs = 200

/** One file on its way, as its worker sees it. */
export class Transfer {
  readonly id: string
  readonly signal: AbortSignal
  readonly #facts: Facts
  readonly #clock: Clock
  readonly #cancel = new AbortController()
  readonly #changed: (transfer: Transfer) => void
  #ended = Promise.withResolvers<TransferView>()
  #control: TransferControl = {}
  #rate: Rate
  #toldAtMs = -Infinity

  constructor(
    init: Pick<TransferView, 'id' | 'kind' | 'name' | 'cid' | 'sizeBytes' | 'priority' | 'group'>,
    deps: TransferDeps,
  ) {
    const { clock } = deps
    this.id = init.id
    this.signal = this.#cancel.signal
    this.#clock = clock
    this.#changed = deps.changed
    this.#rate = new Rate(clock.monotonic())
    this.#facts = {
      ...init,
      doneBytes: 0,
      bytesPerS: 0,
      remainingMs: null,
      state: 'waiting',
      step: 'waiting for its turn',
      error: null,
      startedAtMs: clock.now(),
      endedAtMs: null,
      path: null,
      from: [],
    }
  }

  get view(): TransferView {
    const facts = this.#facts
    const running = facts.state === 'running'
    const bytesPerS = running ? Math.round(this.#rate.at(this.#clock.monotonic())) : 0
    const left = facts.sizeBytes === null ? null : Math.max(0, facts.sizeBytes - facts.doneBytes)
    return {
      ...facts,
      bytesPerS,
      remainingMs: left === null || bytesPerS < 1 ? null : Math.round((left * 1_000) / bytesPerS),
    }
  }

  get over(): boolean {
    return this.#facts.endedAtMs !== null
  }

  /** Set by its worker, who is asked from then on. */
  set control(control: TransferControl) {
    this.#control = control
  }

  /** Resolves with the last view; never rejects. */
  get ended(): Promise<TransferView> {
    return this.#ended.promise
  }

  /** Sets what is known anew, and tells when anything but a number of bytes changed. */
  set(
    change: Partial<
      Pick<TransferView, 'name' | 'cid' | 'sizeBytes' | 'state' | 'step' | 'path' | 'doneBytes' | 'from'>
    >,
  ): void {
    const facts = this.#facts
    const news = Object.entries(change).some(
      ([name, value]) => name !== 'doneBytes' && facts[name as keyof Facts] !== value,
    )
    Object.assign(facts, change)
    if (news) this.#tell()
  }

  advance(bytes: number): void {
    const nowMs = this.#clock.monotonic()
    this.#facts.doneBytes += bytes
    this.#rate.add(bytes, nowMs)
    if (nowMs - this.#toldAtMs >= tellEveryMs) this.#tell()
  }

  /** Ends well. */
  done(change: Partial<Pick<TransferView, 'cid' | 'sizeBytes' | 'path' | 'step'>> = {}): TransferView {
    return this.#end('done', { step: 'done', ...change })
  }

  /** Ends with an error, or as cancelled when that is why. */
  fail(error: unknown): TransferView {
    if (this.signal.aborted || isAbort(error)) return this.#end('cancelled', { step: 'cancelled' })
    const known = error instanceof SwarmError
    const message = error instanceof Error ? error.message : String(error)
    const code = known ? error.code : 'INTERNAL'
    return this.#end('failed', { step: 'failed', error: { code, message: known ? message : `Unexpected: ${message}` } })
  }

  cancel(): void {
    if (!this.over) this.#cancel.abort()
  }

  /** Holds it. One that has ended or is held stays as it is. @throws SwarmError UNSUPPORTED */
  pause(): void {
    if (this.over || this.#facts.state === 'paused') return
    this.#able(this.#control.pause, 'cannot be held: its bytes are coming in now')()
  }

  /** Goes on when it is held, tries again when it has failed; else it stays as it is. @throws SwarmError UNSUPPORTED */
  resume(): void {
    if (this.#facts.state !== 'paused' && this.#facts.state !== 'failed') return
    this.#able(this.#control.resume, 'cannot be tried again from here: begin it anew')()
  }

  /** One that has ended stays as it is. */
  setPriority(priority: TransferView['priority']): void {
    if (this.over || priority === this.#facts.priority) return
    this.#facts.priority = priority
    this.#control.prioritised?.()
    this.#tell()
  }

  /** One that has failed begins anew, under the same id. */
  reopen(): void {
    if (this.#facts.state !== 'failed') return
    this.#ended = Promise.withResolvers()
    this.#rate = new Rate(this.#clock.monotonic())
    Object.assign(this.#facts, { state: 'waiting', step: 'waiting for its turn', error: null, endedAtMs: null })
    this.#facts.doneBytes = 0
    this.#tell()
  }

  #able(act: (() => void) | undefined, why: string): () => void {
    if (act === undefined) throw new SwarmError('UNSUPPORTED', `"${this.#facts.name}" ${why}.`)
    return act
  }

  #end(state: 'done' | 'failed' | 'cancelled', change: Partial<TransferView>): TransferView {
    if (this.over) return this.view
    Object.assign(this.#facts, change, { state, endedAtMs: this.#clock.now() })
    this.#tell()
    const view = this.view
    this.#ended.resolve(view)
    return view
  }

  #tell(): void {
    this.#toldAtMs = this.#clock.monotonic()
    this.#changed(this)
  }
}
