import type { FollowView } from '../../../shared/file-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import type { FetchQueue } from './fetch-queue.ts'
import type { FetchOptions } from './fetcher.ts'
import { FollowBook, type FollowDraft } from './follow-book.ts'
import type { StateBookDeps } from './state-file.ts'

export interface FollowingDeps extends StateBookDeps {
  readonly share: (cid: Cid) => ShareView | undefined
  readonly listed: () => readonly ShareView[]
  readonly queue: Pick<FetchQueue, 'full' | 'get'>
  readonly fetch: (cid: Cid, options: FetchOptions) => void
}

/** From news of shares to looking which of them are followed: a folder's worth of shares comes together. */
const lookAfterMs = 250
/** From the end of a fetch to looking for what did not fit in the queue: all shares are gone through for that. */
const drainedMs = 10_000
/** What could not be fetched (a full disk, a folder that may not be written) is tried again after this. */
const tryAgainMs = 15 * 60_000
/** Failures that are remembered: as many as may wait to be fetched. Those beyond are tried again sooner. */
const maxFailed = 10_000

/** Fetches by itself what is followed, as soon as somebody shares it. */
export class Following {
  readonly #deps: FollowingDeps
  readonly #book: FollowBook
  /** Shares that may be followed, and were not looked at yet. */
  readonly #news = new Set<Cid>()
  /** On their way for somebody else, and for this follow as well; at most those of the queue. */
  readonly #joined = new Map<Cid, string>()
  /** When each is tried again, by the monotonic clock, the next first. */
  readonly #failed = new Map<Cid, number>()
  #looking = false
  /** Some did not fit in the queue. */
  #isOverfull = false
  #again: { readonly atMs: number; readonly stop: AbortController } | null = null

  constructor(deps: FollowingDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#book = new FollowBook(deps, init)
  }

  load(): void {
    this.#book.load()
  }

  /** The queue must have been loaded, and the shares be known. */
  start(): void {
    this.#lookAtAll()
  }

  /** The service's signal must have been aborted. */
  stop(): void {
    this.#book.save()
    this.#news.clear()
    this.#joined.clear()
    this.#failed.clear()
    this.#looking = false
    this.#isOverfull = false
    this.#again = null
  }

  all(): readonly FollowView[] {
    return this.#book.all()
  }

  /** @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  add(draft: FollowDraft): FollowView {
    const { id } = this.#book.add(draft)
    this.#lookAtAll()
    const follow = this.#book.get(id)
    if (follow === undefined) throw new SwarmError('INTERNAL', `The follow "${id}" is gone.`)
    return follow
  }

  /** @throws SwarmError NOT_FOUND */
  remove(id: string): void {
    this.#book.remove(id)
  }

  /** Shares came or changed. */
  heard(cids: readonly Cid[]): void {
    if (this.#book.all().length === 0) return
    for (const cid of cids) this.#news.add(cid)
    if (this.#looking) return
    this.#looking = true
    const { clock, signal } = this.#deps
    clock.sleep(lookAfterMs, { signal: signal() }).then(
      () => this.#lookAtNews(),
      () => (this.#looking = false),
    )
  }

  /** A fetch has ended, for now at least: whoever asked for it. One that a person called off is not begun again. */
  ended({ cid, state, group }: Pick<TransferView, 'cid' | 'state' | 'group'>): void {
    // The stop of the peer ends them all, and calls none off.
    if (cid === null || this.#deps.signal().aborted) return
    const follow = this.#book.get(this.#joined.get(cid) ?? group?.id ?? '')
    this.#joined.delete(cid)
    if (follow !== undefined) {
      if (state === 'failed') this.#hasFailed(cid)
      else this.#book.had(follow, cid, { came: state === 'done' })
    }
    if (this.#isOverfull) this.#lookAgain(drainedMs)
  }

  #hasFailed(cid: Cid): void {
    this.#failed.delete(cid)
    this.#failed.set(cid, this.#deps.clock.monotonic() + tryAgainMs)
    const oldest = this.#failed.keys().next().value
    if (this.#failed.size > maxFailed && oldest !== undefined) this.#failed.delete(oldest)
    this.#lookAgain(tryAgainMs)
  }

  #lookAtNews(): void {
    // What is heard from here on is looked at the next time.
    const news = [...this.#news]
    this.#news.clear()
    this.#looking = false
    this.#lookAt(news.flatMap((cid) => this.#deps.share(cid) ?? []))
  }

  #lookAtAll(): void {
    this.#isOverfull = false
    if (this.#book.all().length > 0) this.#lookAt(this.#deps.listed())
  }

  /** Once after so long, or sooner when that was asked for before. */
  #lookAgain(afterMs: number): void {
    const { clock, signal } = this.#deps
    const atMs = clock.monotonic() + afterMs
    if (this.#again !== null && this.#again.atMs <= atMs) return
    this.#again?.stop.abort()
    const again = { atMs, stop: new AbortController() }
    this.#again = again
    clock.sleep(afterMs, { signal: AbortSignal.any([signal(), again.stop.signal]) }).then(
      () => {
        this.#again = null
        this.#lookAtAll()
        const [nextMs] = this.#failed.values()
        if (nextMs !== undefined) this.#lookAgain(Math.max(0, nextMs - clock.monotonic()))
      },
      () => {},
    )
  }

  #lookAt(shares: readonly ShareView[]): void {
    const nowMs = this.#deps.clock.monotonic()
    for (const [cid, atMs] of this.#failed) {
      if (atMs > nowMs) break
      this.#failed.delete(cid)
    }
    try {
      for (const share of shares) this.#look(share)
    } catch (err) {
      this.#deps.log.error({ err }, 'what is followed could not be looked for')
    }
  }

  #look(share: ShareView): void {
    const { queue, fetch } = this.#deps
    const { cid } = share
    const follow = this.#book.wanting(share)
    if (follow === null || this.#failed.has(cid)) return
    const queued = queue.get(cid)
    if (queued === undefined && queue.full) {
      this.#isOverfull = true
      return
    }
    // It is on its way for a follow already, or a person holds it.
    if (this.#joined.has(cid) || queued?.group?.id === follow.id || queued?.paused === true) return
    const to = follow.to === null ? 'downloads' : { folder: follow.to }
    const group = { id: follow.id, name: nameOf(follow, share.originName) }
    // Who asked for it before has said how urgent it is.
    fetch(cid, queued === undefined ? { to, priority: 'low', group } : { to })
    if (queued !== undefined) this.#joined.set(cid, follow.id)
  }
}

/** What a person reads of a follow in the list of transfers. */
function nameOf({ origin, search, topic }: FollowView, originName: string): string {
  const what = [origin === null ? null : originName, search, topic].filter((one) => one !== null)
  return `Following ${what.join(', ')}`.slice(0, 200)
}
