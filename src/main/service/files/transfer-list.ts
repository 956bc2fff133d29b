import { randomUUID } from 'node:crypto'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import { Rate } from './rate.ts'

type Facts = { -readonly [Name in keyof TransferView]: TransferView[Name] }

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
  readonly #ended = Promise.withResolvers<TransferView>()
  #rate: Rate
  #toldAtMs = -Infinity

  constructor(
    init: Pick<TransferView, 'kind' | 'name' | 'cid' | 'sizeBytes'>,
    deps: { readonly clock: Clock; readonly changed: (transfer: Transfer) => void },
  ) {
    const { clock } = deps
    this.id = randomUUID()
    this.signal = this.#cancel.signal
    this.#clock = clock
    this.#changed = deps.changed
    this.#rate = new Rate(clock.monotonic())
    this.#facts = {
      id: this.id,
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

  /** Resolves with the last view; never rejects. */
  get ended(): Promise<TransferView> {
    return this.#ended.promise
  }

  /** Sets what is known anew, and tells when anything but a number of bytes changed. */
  set(
    change: Partial<Pick<TransferView, 'name' | 'cid' | 'sizeBytes' | 'state' | 'step' | 'path' | 'doneBytes'>>,
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

/** Transfers under way, and the last that ended. */
export class TransferList {
  readonly #deps: { readonly clock: Clock; readonly changed: (transfer: Transfer) => void }
  readonly #maxEnded: number
  readonly #transfers = new Map<string, Transfer>()

  /** @param init `maxEnded`: ended ones remembered, default 100: more than a screen shows */
  constructor(
    deps: { readonly clock: Clock; readonly changed: (transfer: Transfer) => void },
    init: { readonly maxEnded?: number } = {},
  ) {
    this.#deps = deps
    this.#maxEnded = init.maxEnded ?? 100
  }

  add(
    kind: TransferView['kind'],
    name: string,
    facts: { readonly cid: Cid | null; readonly sizeBytes: number | null },
  ): Transfer {
    const transfer = new Transfer({ kind, name, ...facts }, this.#deps)
    this.#transfers.set(transfer.id, transfer)
    const ended = [...this.#transfers.values()].filter((one) => one.over)
    for (const old of ended.slice(0, Math.max(0, ended.length - this.#maxEnded))) this.#transfers.delete(old.id)
    return transfer
  }

  get(id: string): Transfer | undefined {
    return this.#transfers.get(id)
  }

  all(): readonly Transfer[] {
    return [...this.#transfers.values()]
  }

  forget(id: string): void {
    this.#transfers.delete(id)
  }

  /** Forgets those that have ended; tells their ids. */
  clearEnded(): readonly string[] {
    const gone = this.all().filter((transfer) => transfer.over)
    for (const { id } of gone) this.#transfers.delete(id)
    return gone.map(({ id }) => id)
  }
}
