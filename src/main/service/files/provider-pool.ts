import type { CID } from 'multiformats/cid'
import type { PeerId } from '../../../shared/ids.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'

export interface ProviderPoolDeps {
  readonly request: (peer: PeerId, cid: CID, options: { readonly signal: AbortSignal }) => Promise<Uint8Array>
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
}

export interface ProviderPoolInit {
  /** Who may have it, best first; asked anew for every block, so that newcomers help at once. */
  readonly candidates: () => readonly PeerId[]
  /** A provider from which nothing came for so long is left for the next. Default 20 s. */
  readonly stallMs?: number
  /** Blocks asked of one provider at a time, at most. Default 8: 2 MiB under way; more made no fetch
   * faster where it was measured, and costs memory on both sides. */
  readonly maxPerProvider?: number
  /** Asked of a provider at first; one more with every block that comes, half when it stalls. Default 4. */
  readonly firstPerProvider?: number
}

interface Provider {
  readonly peer: PeerId
  underWay: number
  limit: number
  failures: number
  /** Not asked before this time of the monotonic clock. */
  restUntilMs: number
  progressAtMs: number
}

/** Silence after which a block is asked for once more. */
const askAgainMs = 2_000

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
  #waiters: (() => void)[] = []
  /** Who gave the last block. */
  lastFrom: PeerId | null = null

  constructor(deps: ProviderPoolDeps, init: ProviderPoolInit) {
    this.#deps = deps
    this.#init = { stallMs: 20_000, maxPerProvider: 8, firstPerProvider: 4, ...init }
  }

  /** @throws NoProviderError when each candidate was asked in vain; the signal's reason when aborted */
  async load(cid: CID, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const asked = new Set<PeerId>()
    for (;;) {
      signal.throwIfAborted()
      const choice = this.#choose(asked)
      if (choice === null) throw new NoProviderError(cid, [...asked])
      if (choice === 'busy') {
        await this.#freed(signal)
        continue
      }
      asked.add(choice.peer)
      const block = await this.#ask(choice, cid, signal)
      if (block !== null) return block
    }
  }

  /** Forgets who failed: called when a link came up or a record said who else has it. */
  retryAll(): void {
    for (const provider of this.#providers.values()) provider.restUntilMs = 0
  }

  async #ask(provider: Provider, cid: CID, signal: AbortSignal): Promise<Uint8Array | null> {
    const { clock, counters } = this.#deps
    const stalled = new AbortController()
    const done = new AbortController()
    provider.underWay += 1
    if (provider.underWay === 1) provider.progressAtMs = clock.monotonic()
    const either = AbortSignal.any([signal, stalled.signal, done.signal])
    const answer = Promise.withResolvers<Uint8Array>()
    const attempt = (): void =>
      void this.#deps.request(provider.peer, cid, { signal: either }).then(answer.resolve, answer.reject)
    attempt()
    void this.#watch(provider, attempt, stalled, done.signal)
    try {
      const block = await answer.promise
      provider.progressAtMs = clock.monotonic()
      provider.failures = 0
      provider.limit = Math.min(this.#init.maxPerProvider, provider.limit + 1)
      this.lastFrom = provider.peer
      return block
    } catch {
      signal.throwIfAborted()
      counters.add(stalled.signal.aborted ? 'files.provider:stalled' : 'files.provider:failed')
      provider.limit = Math.max(1, provider.limit >> 1)
      if (clock.monotonic() >= provider.restUntilMs) {
        provider.restUntilMs = clock.monotonic() + backoffMs(provider.failures, this.#deps.random())
        provider.failures += 1
      }
      return null
    } finally {
      done.abort()
      provider.underWay -= 1
      this.#wake()
    }
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
      const limit = this.#init.firstPerProvider
      provider = { peer, underWay: 0, limit, failures: 0, restUntilMs: 0, progressAtMs: 0 }
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
