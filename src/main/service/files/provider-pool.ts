import type { CID } from 'multiformats/cid'
import type { PeerId } from '../../../shared/ids.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Throttle } from '../../base/throttle.ts'

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
  /** Came since `progressAtMs`, and is too little yet to count. */
  dripBytes: number
}

/** A block that a provider was asked for. */
interface Asked {
  readonly provider: Provider
  readonly askedAtMs: number
  /** Another is to give it instead. */
  readonly takeAway: () => void
}

/** Silence after which a block is asked for once more. */
const askAgainMs = 2_000
/** What a block is taken to be before it comes: a leaf. */
const usualBytes = 256 * 1024
/** Fewer bytes than this in `stallMs` are no progress: who lets them drip would hold a fetch for ever. */
const leastBytes = 16 * 1024
/** A block is taken from a peer that is so many times slower than others need for one, when another is free. */
const slowFactor = 4
/** Nobody is called slow before this. */
const slowAfterMs = 1_000

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
  readonly #underWay = new Set<Asked>()
  #waiters: (() => void)[] = []
  /** What a block took of late, from asking to its last byte; null before the first. */
  #usualMs: number | null = null
  /** Who gave the last block. */
  lastFrom: PeerId | null = null

  constructor(deps: ProviderPoolDeps, init: ProviderPoolInit) {
    this.#deps = deps
    this.#init = { stallMs: 20_000, maxPerProvider: 8, firstPerProvider: 4, ...init }
  }

  /** @throws NoProviderError when each candidate was asked in vain; the signal's reason when aborted */
  async load(cid: CID, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const { down } = this.#deps
    if (down === undefined) return this.#load(cid, options)
    await down.take(usualBytes, options.signal)
    let came = 0
    try {
      const block = await this.#load(cid, options)
      came = block.length
      return block
    } finally {
      down.giveBack(usualBytes - came)
    }
  }

  async #load(cid: CID, { signal }: { readonly signal: AbortSignal }): Promise<Uint8Array> {
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
    for (const provider of this.#providers.values()) if (provider.restUntilMs < Infinity) provider.restUntilMs = 0
  }

  async #ask(provider: Provider, cid: CID, signal: AbortSignal): Promise<Uint8Array | null> {
    const { clock, counters } = this.#deps
    const left = new AbortController()
    const done = new AbortController()
    const startedMs = clock.monotonic()
    let taken = false
    const asked: Asked = {
      provider,
      askedAtMs: startedMs,
      takeAway: () => {
        taken = true
        left.abort()
      },
    }
    this.#underWay.add(asked)
    provider.underWay += 1
    if (provider.underWay === 1) this.#progressed(provider)
    const either = AbortSignal.any([signal, left.signal, done.signal])
    const answer = Promise.withResolvers<Uint8Array>()
    const onBytes = (bytes: number): void => this.#came(provider, bytes)
    const attempt = (again: boolean): void =>
      void this.#deps
        .request(provider.peer, cid, { signal: either, again, onBytes })
        .then(answer.resolve, answer.reject)
    attempt(false)
    void this.#watch(provider, () => attempt(true), left, done.signal)
    try {
      const block = await answer.promise
      const tookMs = clock.monotonic() - startedMs
      this.#usualMs = this.#usualMs === null ? tookMs : this.#usualMs + (tookMs - this.#usualMs) / 8
      this.#progressed(provider)
      provider.failures = 0
      provider.limit = Math.min(this.#init.maxPerProvider, provider.limit + 1)
      this.lastFrom = provider.peer
      return block
    } catch (error) {
      signal.throwIfAborted()
      provider.limit = Math.max(1, provider.limit >> 1)
      if (taken) {
        counters.add('files.provider:slow')
        return null
      }
      counters.add(left.signal.aborted ? 'files.provider:stalled' : 'files.provider:failed')
      if (error instanceof WrongBlockError) provider.restUntilMs = Infinity
      else if (clock.monotonic() >= provider.restUntilMs) {
        provider.restUntilMs = clock.monotonic() + backoffMs(provider.failures, this.#deps.random())
        provider.failures += 1
      }
      return null
    } finally {
      done.abort(over)
      provider.underWay -= 1
      this.#underWay.delete(asked)
      this.#wake()
      this.#relieve()
    }
  }

  /**
   * A provider is free and nobody waits for it: what another has been owing for far longer than a block usually takes is
   * asked of others instead. What that one is just sending is lost, a block's worth at most.
   */
  #relieve(): void {
    if (this.#waiters.length > 0 || this.#usualMs === null) return
    const now = this.#deps.clock.monotonic()
    const late = Math.max(slowAfterMs, slowFactor * this.#usualMs)
    for (const asked of this.#underWay) {
      if (now - asked.askedAtMs < late) continue
      if (this.#choose(new Set([asked.provider.peer])) instanceof Object) {
        asked.takeAway()
        return
      }
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
      const limit = this.#init.firstPerProvider
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
