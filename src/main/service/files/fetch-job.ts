import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { FetchQueue, FetchTarget } from './fetch-queue.ts'
import { FetchRun, type FetchRunDeps } from './fetch-run.ts'
import type { Holders } from './holders.ts'
import type { PriorityGate } from './priority-gate.ts'
import { NoProviderError } from './provider-pool.ts'
import type { Transfer } from './transfer-list.ts'

export interface FetchJobDeps extends FetchRunDeps {
  readonly holders: Pick<Holders, 'connect' | 'source' | 'explain' | 'isHeld' | 'isHopeful' | 'nameOf'>
  readonly queue: FetchQueue
  readonly gate: PriorityGate
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  /** Resolves when a link came up or a record came in. */
  readonly poked: () => Promise<void>
  /** All of it is here. */
  readonly came: (cid: Cid, sizeBytes: number) => void
  /** It failed or was cancelled: what came of it may be removed. */
  readonly released: (view: TransferView) => void
  readonly finished: (view: TransferView) => void
}

/** What the job tells to who has the others. */
export interface FetchJobOwner {
  /** It has ended, for now or for good. */
  readonly over: () => void
  /** It has failed and is to be tried again. @throws SwarmError LIMIT_REACHED, UNSUPPORTED: then it is not */
  readonly again: () => void
}

export interface FetchJobInit {
  readonly cid: Cid
  readonly to: FetchTarget
  /** Without a byte for so long it fails. */
  readonly patienceMs: number
  /** It does not fail for that as long as anybody is said to have it. */
  readonly isPatient: boolean
}

/** Who has it is looked at anew this often while a fetch waits; links and records make it sooner. */
const lookAgainMs = 3_000
/** The longer it was looked for in vain, the more seldom, down to this. */
const lookAtLeastMs = 60_000
/** Names of givers that are shown. */
const maxFrom = 16

const held = new Error('held by a person')
const moved = new Error('wanted elsewhere')

/** A file that is wanted, from the asking to its end: waits, runs, is held, goes on, fails and is tried again. */
export class FetchJob {
  readonly transfer: Transfer
  readonly cid: Cid
  /** Failed for want of a provider: worth another try when one turns up. */
  mayHope = false
  readonly #deps: FetchJobDeps & FetchJobOwner
  readonly #init: FetchJobInit
  #to: FetchTarget
  #run: FetchRun
  #going: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #paused = false
  #isPatient: boolean

  /** Begins at once. */
  constructor(deps: FetchJobDeps & FetchJobOwner, init: FetchJobInit, transfer: Transfer) {
    this.#deps = deps
    this.#init = init
    this.#to = init.to
    this.#isPatient = init.isPatient
    this.cid = init.cid
    this.transfer = transfer
    this.#run = new FetchRun(deps, transfer, init)
    transfer.control = {
      pause: () => this.pause(),
      resume: () => this.resume(),
      prioritised: () => deps.queue.set(this.cid, { to: this.#to, priority: transfer.view.priority }),
    }
    transfer.signal.addEventListener('abort', () => void this.#cancelled(), { once: true })
    this.#go()
  }

  /** It waits, runs or is held. */
  get isActive(): boolean {
    return this.#going !== null || this.#paused
  }

  /** It keeps what it has, in the store and in the part file. */
  pause(): void {
    if (this.#paused || this.transfer.over) return
    this.#paused = true
    this.#deps.queue.set(this.cid, { to: this.#to, paused: true })
    if (this.#going === null) this.#rested()
    else this.#going.stop.abort(held)
  }

  /** Goes on when it is held, or tries again when it has failed. @throws SwarmError LIMIT_REACHED, UNSUPPORTED */
  resume(): void {
    const to = this.#to
    if (this.#paused) {
      this.#paused = false
      this.#deps.queue.set(this.cid, { to, paused: false })
      this.transfer.set({ state: 'waiting', step: 'waiting for its turn' })
    } else if (this.transfer.view.state === 'failed') {
      this.#deps.again()
      this.mayHope = false
      this.#run = new FetchRun(this.#deps, this.transfer, { cid: this.cid, to })
      this.#deps.queue.set(this.cid, { to, paused: false })
      this.transfer.reopen()
    } else return
    this.#go()
  }

  /**
   * It was to stay in the store, and is wanted in a place as well now. What has come is not fetched again. Of one that goes
   * to a place already nothing changes; one that has failed goes there when it is tried again, wherever it went before.
   */
  writeOut(to: FetchTarget): void {
    if (to === 'store' || (this.#to !== 'store' && !this.transfer.over)) return
    this.#to = to
    if (!this.isActive || this.transfer.over) return
    this.#run = new FetchRun(this.#deps, this.transfer, { cid: this.cid, to })
    this.#deps.queue.set(this.cid, { to })
    this.transfer.set({ doneBytes: 0 })
    if (this.#going === null) return
    this.#going.stop.abort(moved)
    this.#go()
  }

  /** From now on it waits for as long as anybody is said to have it. */
  bePatient(): void {
    this.#isPatient = true
  }

  /** Resolves once nothing of it runs any more; the service's signal must have been aborted. */
  async stopped(): Promise<void> {
    await this.#going?.ended
    await this.#run.abandon()
  }

  /** One that has not quite stopped yet goes on when it has. */
  #go(): void {
    const before = this.#going?.ended
    const stop = new AbortController()
    const ended = (before ?? Promise.resolve()).then(() => this.#bring(stop.signal))
    const going = { stop, ended }
    this.#going = going
    void ended.finally(() => {
      if (this.#going === going) this.#going = null
    })
  }

  async #bring(stop: AbortSignal): Promise<void> {
    const { counters, log, came, finished, over, released } = this.#deps
    const service = this.#deps.signal()
    const signal = AbortSignal.any([stop, this.transfer.signal, service])
    try {
      const { sizeBytes, path } = await this.#patiently(signal)
      // It is to go on, to its new place.
      if (stop.reason === moved) return
      came(this.cid, sizeBytes)
      const step = path === null ? 'done; kept in the store' : 'done; a copy stays in the store, for other peers'
      const view = this.transfer.done({ path, step })
      over()
      finished(view)
    } catch (error) {
      if (stop.aborted && !this.transfer.signal.aborted && !service.aborted) {
        // Else it is to go on again already.
        if (this.#paused) await this.#rest()
        return
      }
      this.#paused = false
      await this.#run.abandon()
      const view = this.transfer.fail(signal.aborted ? signal.reason : error)
      // What the stop of the peer interrupts goes on after the next start.
      if (service.aborted) return released(view)
      if (view.state === 'failed') {
        counters.add(`files.fetch-failed:${view.error?.code ?? 'INTERNAL'}`)
        log.warn({ err: error, cid: this.cid, name: view.name }, 'a file could not be fetched')
        this.mayHope = error instanceof SwarmError && error.detail['reason'] === 'no-provider'
      }
      over()
      // Whoever hears of it may ask for it anew.
      released(view)
      if (view.state === 'failed') finished(view)
    }
  }

  async #rest(): Promise<void> {
    await this.#run.rest()
    this.#rested()
  }

  #rested(): void {
    if (this.#paused && !this.transfer.over && !this.transfer.signal.aborted)
      this.transfer.set({ state: 'paused', step: 'held' })
  }

  /** What runs ends by itself, unless it is about to be held: one that is held has nobody who would notice. */
  async #cancelled(): Promise<void> {
    while (this.#going !== null) await this.#going.ended
    if (this.transfer.over) return
    this.#paused = false
    await this.#run.abandon()
    const view = this.transfer.fail(this.transfer.signal.reason)
    this.#deps.over()
    this.#deps.released(view)
  }

  /** Tries until it works, until nothing was heard for too long, or until it makes no sense. */
  async #patiently(signal: AbortSignal): Promise<{ readonly sizeBytes: number; readonly path: string | null }> {
    const { clock, holders, gate } = this.#deps
    const { transfer, cid } = this
    const from = new Set(transfer.view.from)
    let sinceMs = clock.monotonic()
    const onFrom = (peer: PeerId): void => {
      // A block that was under way when it was cancelled comes all the same.
      if (signal.aborted) return
      sinceMs = clock.monotonic()
      const name = holders.nameOf(peer)
      if (!from.has(name) && from.size < maxFrom) transfer.set({ from: [...from.add(name)] })
      transfer.set({ state: 'running', step: `fetching from ${name}` })
    }
    const attempt = async (): Promise<{ readonly sizeBytes: number; readonly path: string | null }> => {
      transfer.set({ state: 'running', step: 'looking for a peer that has it' })
      await holders.connect(cid, signal)
      return await this.#run.bring(holders.source(cid, onFrom), {
        signal,
        progressed: () => (sinceMs = clock.monotonic()),
      })
    }
    for (let tries = 0; ; tries += 1) {
      const queuedMs = clock.monotonic()
      try {
        return await gate.run(
          signal,
          () => transfer.view.priority,
          async () => {
            // Waiting for its turn costs no patience.
            sinceMs += clock.monotonic() - queuedMs
            return await attempt()
          },
        )
      } catch (error) {
        signal.throwIfAborted()
        // The store itself is away: that is waited for as long as it takes, and is no fault of those who have the file.
        const away = error instanceof SwarmError && error.code === 'KUBO_UNREACHABLE' ? error.message : null
        if (away === null && !(error instanceof NoProviderError)) throw error
        if (away !== null) {
          sinceMs = clock.monotonic()
          tries = 0
        }
        const why = away ?? holders.explain(cid)
        if (clock.monotonic() - sinceMs >= this.#init.patienceMs && !(this.#isPatient && holders.isHeld(cid))) {
          throw new SwarmError('FETCH_FAILED', why, { cause: error, detail: { reason: 'no-provider', cid } })
        }
        // Others have their turn while this one waits.
        await this.#run.rest()
        transfer.set({ state: 'waiting', step: why })
      }
      await this.#wait(Math.min(lookAgainMs * 2 ** tries, lookAtLeastMs), signal)
    }
  }

  /** Until something makes another try worth it, and in any case after so long. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const { clock, holders, poked } = this.#deps
    let isOver = false
    const sleep = clock
      .sleep(ms, { signal: AbortSignal.any([signal, woken.signal]) })
      .catch(() => {})
      .then(() => {
        isOver = true
      })
    while (!isOver) {
      await Promise.race([sleep, poked()])
      if (holders.isHopeful(this.cid)) break
    }
    woken.abort()
    signal.throwIfAborted()
  }
}
