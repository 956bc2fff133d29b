import type { CID } from 'multiformats/cid'
import type { PeerId } from '../../../shared/ids.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Throttle } from '../../base/throttle.ts'
import { LateBlocks } from './late-blocks.ts'

export interface AskOptions {
  readonly signal: AbortSignal
  /** Nothing came for a while: the want may have been overlooked. An exchange that overlooks none does nothing. */
  readonly again?: boolean
  /** Some bytes of the block came; of an exchange that can tell. */
  readonly onBytes?: (bytes: number) => void
}

/** A peer sent something else than it was asked for. It is asked for nothing more. */
export class WrongBlockError extends Error {
  override readonly name = 'WrongBlockError'
}

export interface ProviderPoolDeps {
  readonly request: (peer: PeerId, cid: CID, options: AskOptions) => Promise<Uint8Array>
  /** Holds what comes to a limit. Default: none. */
  readonly down?: Pick<Throttle, 'take' | 'giveBack'>
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
}

export interface ProviderPoolInit {
  /** Who may have it, best first; asked anew for every block, so that newcomers help at once. */
  readonly candidates: () => readonly PeerId[]
  /** A provider from which nothing came for so long is left for the next. Default 20 s. */
  readonly stallMs?: number
}

/** Blocks asked of one provider at a time, at most: 2 MiB under way; more made no fetch faster, and costs memory on both sides. */
const maxPerProvider = 8
/** Asked of a provider at first; one more with every block that comes, half when it stalls. */
const firstPerProvider = 4

interface Provider {
  readonly peer: PeerId
  underWay: number
  limit: number
  failures: number
  /** Not asked before this time of the monotonic clock. */
  restUntilMs: number
  progressAtMs: number
  /** Came since `progressAtMs`, and is too little yet to count. */
  dripBytes: number
}

/** Silence after which a block is asked for once more. */
const askAgainMs = 2_000
/** What a block is taken to be before it comes: a leaf. */
const usualBytes = 256 * 1024
/** Fewer bytes than this in `stallMs` are no progress: who lets them drip would hold a fetch for ever. */
const leastBytes = 16 * 1024
/** One for all: making a DOMException for each block is a tenth of what asking for it costs. */
const over = new Error('the block came, or will not')

/** None of the candidates has the block or can be reached. */
export class NoProviderError extends Error {
  override readonly name = 'NoProviderError'
  readonly asked: readonly PeerId[]

  constructor(cid: CID, asked: readonly PeerId[]) {
    super(`no peer that was asked gave block ${cid}`)
    this.asked = asked
  }
}

/**
 * Spreads the blocks of one fetch over the peers that have the file: each is asked for as many at a time as it
 * answers well, one that stalls or fails rests with backoff while the others go on.
 */
export class ProviderPool {
  readonly #deps: ProviderPoolDeps
  readonly #init: Required<ProviderPoolInit>
  readonly #providers = new Map<PeerId, Provider>()
  readonly #late: LateBlocks
  #waiters: (() => void)[] = []
  /** Who gave the last block. */
  lastFrom: PeerId | null = null

  constructor(deps: ProviderPoolDeps, init: ProviderPoolInit) {
    this.#deps = deps
    this.#init = { stallMs: 20_000, ...init }
    this.#late = new LateBlocks({
      ...deps,
      isAnotherFree: (than) => this.#waiters.length === 0 && this.#choose(new Set([than])) instanceof Object,
    })
  }

  /** @throws NoProviderError when each candidate was asked in vain; the signal's reason when aborted */
  async load(cid: CID, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const { down } = this.#deps
    if (down === undefined) return this.#load(cid, options)
    const owed = await down.take(usualBytes, options.signal)
    let came = 0
    try {
      const block = await this.#load(cid, options)
      came = block.length
      return block
    } finally {
      // What passed without a limit is not paid for when one is set later.
      if (owed > 0) down.giveBack(owed - came)
    }
  }

  async #load(cid: CID, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const asked = new Set<PeerId>()
    let slow: PeerId | null = null
    let wasTaken = false
    for (;;) {
      signal.throwIfAborted()
      const choice = this.#choose(asked)
      if (choice === 'busy') {
        await this.#freed(signal)
        continue
      }
      if (choice === null) {
        // Better from a slow one than not at all.
        if (slow === null) throw new NoProviderError(cid, [...asked])
        asked.delete(slow)
        slow = null
        continue
      }
      asked.add(choice.peer)
      const answer = await this.#ask(choice, cid, { signal, mayBeTaken: !wasTaken })
      if (answer instanceof Uint8Array) return answer
      if (answer === 'slow') {
        slow = choice.peer
        wasTaken = true
      }
    }
  }

  /** Forgets who failed: called when a link came up or a record said who else has it. */
  retryAll(): void {
    for (const provider of this.#providers.values()) if (provider.restUntilMs < Infinity) provider.restUntilMs = 0
  }

  async #ask(
    provider: Provider,
    cid: CID,
    { signal, mayBeTaken }: { readonly signal: AbortSignal; readonly mayBeTaken: boolean },
  ): Promise<Uint8Array | 'failed' | 'slow'> {
    const { clock, counters } = this.#deps
    const left = new AbortController()
    const done = new AbortController()
    const startedMs = clock.monotonic()
    let taken = false
    const takeAway = (): void => {
      taken = true
      left.abort(over)
    }
    provider.underWay += 1
    if (provider.underWay === 1) this.#progressed(provider)
    const either = AbortSignal.any([signal, left.signal, done.signal])
    const answer = Promise.withResolvers<Uint8Array>()
    // Whatever a request waits for: nobody waits for it longer than that.
    either.addEventListener('abort', () => answer.reject(either.reason), { once: true })
    const onBytes = (bytes: number): void => this.#came(provider, bytes)
    const attempt = (again: boolean): void =>
      void this.#deps
        .request(provider.peer, cid, { signal: either, again, onBytes })
        .then(answer.resolve, answer.reject)
    attempt(false)
    void this.#watch(provider, () => attempt(true), left, done.signal)
    // Only once: two that are slow must not hand it to and fro.
    if (mayBeTaken) void this.#late.watch({ peer: provider.peer, askedAtMs: startedMs, takeAway }, done.signal)
    try {
      const block = await answer.promise
      this.#late.came(clock.monotonic() - startedMs)
      this.#progressed(provider)
      provider.failures = 0
      provider.limit = Math.min(maxPerProvider, provider.limit + 1)
      this.lastFrom = provider.peer
      return block
    } catch (error) {
      signal.throwIfAborted()
      provider.limit = Math.max(1, provider.limit >> 1)
      if (taken) {
        counters.add('files.provider:slow')
        return 'slow'
      }
      counters.add(left.signal.aborted ? 'files.provider:stalled' : 'files.provider:failed')
      if (error instanceof WrongBlockError) provider.restUntilMs = Infinity
      else if (clock.monotonic() >= provider.restUntilMs) {
        provider.restUntilMs = clock.monotonic() + backoffMs(provider.failures, this.#deps.random())
        provider.failures += 1
      }
      return 'failed'
    } finally {
      done.abort(over)
      provider.underWay -= 1
      this.#wake()
      this.#late.look()
    }
  }

  #progressed(provider: Provider): void {
    provider.progressAtMs = this.#deps.clock.monotonic()
    provider.dripBytes = 0
  }

  #came(provider: Provider, bytes: number): void {
    provider.dripBytes += bytes
    if (provider.dripBytes >= leastBytes) this.#progressed(provider)
  }

  /**
   * Aborts when nothing came from the provider for `stallMs`: one slow block behind others that come is no stall.
   * Well before that it asks once more, because Helia's peers overlook a want for a block that they sent before.
   */
  async #watch(provider: Provider, again: () => void, stalled: AbortController, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const { stallMs } = this.#init
    const silent = async (ms: number): Promise<void> => {
      for (;;) {
        const leftMs = provider.progressAtMs + ms - clock.monotonic()
        if (leftMs <= 0) return
        await clock.sleep(leftMs, { signal })
      }
    }
    try {
      await silent(Math.min(askAgainMs, stallMs / 2))
      again()
      await silent(stallMs)
      stalled.abort()
    } catch {
      // The block came first.
    }
  }

  /** The least busy of the candidates that may be asked; null when none is left. */
  #choose(asked: ReadonlySet<PeerId>): Provider | 'busy' | null {
    const now = this.#deps.clock.monotonic()
    let best: Provider | null = null
    let busy = false
    for (const peer of this.#init.candidates()) {
      if (asked.has(peer)) continue
      const provider = this.#provider(peer)
      if (provider.restUntilMs > now) continue
      if (provider.underWay >= provider.limit) busy = true
      else if (best === null || provider.underWay < best.underWay) best = provider
    }
    return best ?? (busy ? 'busy' : null)
  }

  #provider(peer: PeerId): Provider {
    let provider = this.#providers.get(peer)
    if (provider === undefined) {
      const limit = firstPerProvider
      provider = { peer, underWay: 0, limit, failures: 0, restUntilMs: 0, progressAtMs: 0, dripBytes: 0 }
      this.#providers.set(peer, provider)
    }
    return provider
  }

  #freed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
