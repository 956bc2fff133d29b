import type { CopySafety } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { copyRisk, judgeKeeper, type Keeper, type KeeperJudgement } from '../../model/copy-risk.ts'
import type { ShareBook } from './share-book.ts'
import { isHolding } from './share-record.ts'
import { firstShare } from './share-view.ts'

export interface CopyWatchDeps {
  readonly self: PeerId
  readonly shares: Pick<ShareBook, 'said'>
  readonly keeperOf: (peer: PeerId) => Keeper
  /** Names of the pinning services that have it, as this peer knows. */
  readonly pinnedAt: (cid: Cid) => readonly string[]
  /** Whether a person of this peer sees it. */
  readonly isShown: (cid: Cid) => boolean
  /** How these stand has changed. */
  readonly changed: (cids: readonly Cid[]) => void
  readonly clock: Clock
  readonly log: Log
}

interface Known {
  readonly judged: KeeperJudgement
  readonly keeper: Keeper
  /** Of all that is shown of it: while it is the same nothing is told. */
  readonly key: string
  /** What it holds. */
  readonly cids: Set<Cid>
}

/** Batteries and silences move slowly; one look at a thousand machines costs a millisecond. */
const lookEveryMs = 5_000

/** Judged in one go, some 10 ms; then others have the thread. */
const sliceFiles = 500

/** The warning about so many is worked out whenever it is asked for; about more at that pace. */
const fewFiles = 500

/**
 * How safe each shared file is, worked out once for each change of its records or of one of those who hold it, so that
 * 20,000 files can be asked for at any time. It holds as many entries as there are shared files and their holders, which
 * the quotas of the bucket bound.
 */
export class CopyWatch implements Startable {
  readonly #deps: CopyWatchDeps
  readonly #lookEveryMs: number
  readonly #holders = new Map<Cid, readonly PeerId[]>()
  readonly #known = new Map<PeerId, Known>()
  readonly #safety = new Map<Cid, CopySafety>()
  readonly #high = new Set<Cid>()
  #warning: readonly { readonly code: string; readonly message: string }[] = []
  /** It may have to say something else. */
  #isStale = false
  #warnedAtMs = -Infinity
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: CopyWatchDeps, init: { readonly lookEveryMs?: number } = {}) {
    this.#deps = deps
    this.#lookEveryMs = init.lookEveryMs ?? lookEveryMs
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#loop = this.#watch(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
    this.#holders.clear()
    this.#known.clear()
    this.#safety.clear()
    this.#high.clear()
    this.#warning = []
    this.#isStale = false
  }

  of(cid: Cid): CopySafety {
    return this.#safety.get(cid) ?? this.#judge(cid)
  }

  /** Their records have changed, or where they are pinned. */
  heard(cids: readonly Cid[]): void {
    for (const cid of cids) {
      const before = this.#holders.get(cid) ?? []
      const facts = this.#deps.shares.said(cid)
      const authors = [...new Set(facts.flatMap(({ author, value }) => (isHolding(value) ? author : [])))]
      // What somebody holds and nobody shares is shown nowhere but where it is kept.
      const now = firstShare(facts) === undefined && !authors.includes(this.#deps.self) ? [] : authors
      for (const peer of before) if (!now.includes(peer)) this.#drop(peer, cid)
      for (const peer of now) this.#open(peer).cids.add(cid)
      if (now.length === 0) {
        this.#holders.delete(cid)
        this.#put(cid, undefined)
      } else {
        this.#holders.set(cid, now)
        this.#put(cid, this.#judge(cid))
      }
    }
  }

  /** Looks at those who hold files, and tells which files stand differently now; of many, bit by bit. */
  async #look(signal: AbortSignal): Promise<void> {
    const touched = new Set<Cid>()
    for (const [peer, { key, cids }] of this.#known) {
      const now = this.#ask(peer, cids)
      if (now.key === key) continue
      this.#known.set(peer, now)
      for (const cid of cids) touched.add(cid)
    }
    const all = [...touched]
    for (let at = 0; at < all.length; at += sliceFiles) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve))
      if (signal.aborted) return
      // What was heard of meanwhile has been judged.
      const some = all.slice(at, at + sliceFiles).filter((cid) => this.#holders.has(cid))
      for (const cid of some) this.#put(cid, this.#judge(cid))
      if (some.length > 0) this.#deps.changed(some)
    }
  }

  /** One line for the operator, whatever the number of files. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const nowMs = this.#deps.clock.monotonic()
    const isDue = this.#high.size <= fewFiles || nowMs - this.#warnedAtMs >= this.#lookEveryMs
    if (this.#isStale && isDue) {
      this.#isStale = false
      this.#warnedAtMs = nowMs
      this.#warning = this.#warn()
    }
    return this.#warning
  }

  #warn(): readonly { readonly code: string; readonly message: string }[] {
    const { shares, isShown } = this.#deps
    const high = [...this.#high].filter(isShown).flatMap((cid) => {
      const share = firstShare(shares.said(cid))?.share
      return share === undefined ? [] : [{ name: share.name, atMs: share.sharedAtMs, ...this.of(cid) }]
    })
    // What can be saved comes first, the newest of it.
    const [worst] = high.toSorted(
      (a, b) => Number(b.aliveCopies > 0) - Number(a.aliveCopies > 0) || b.atMs - a.atMs || (a.name < b.name ? -1 : 1),
    )
    if (worst === undefined) return []
    const count = high.length === 1 ? '1 file is' : `${high.length} files are`
    const savable = high.filter(({ aliveCopies }) => aliveCopies > 0).length
    const what = savable === 0 ? 'out of reach' : 'in danger of being lost'
    const first = `${high.length === 1 ? '' : 'such as '}${worst.name.slice(0, 100)}: ${worst.why}`
    const how = 'on the Logs page, or with "dt-swarm rescue --all"'
    const remedy =
      savable === 0
        ? `What is rescued now, ${how}, comes when its holders are back.`
        : `Rescue what can be had while its holders are up: ${how}.`
    return [{ code: 'COPIES_AT_RISK', message: `${count} ${what}, ${first}. ${remedy}` }]
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        await clock.sleep(this.#lookEveryMs, { signal })
        await this.#look(signal)
      } catch (err) {
        if (!signal.aborted) log.error({ err }, 'how safe the files are could not be looked at')
      }
    }
  }

  #judge(cid: Cid): CopySafety {
    const holders = this.#holders.get(cid) ?? []
    const known = holders.map((peer) => this.#open(peer))
    const pins = this.#deps.pinnedAt(cid).map(serviceKeeper)
    return copyRisk(
      [...known.map(({ keeper }) => keeper), ...pins],
      [...known.map(({ judged }) => judged), ...pins.map(judgeKeeper)],
    )
  }

  #put(cid: Cid, safety: CopySafety | undefined): void {
    const before = this.#safety.get(cid)
    if (safety === undefined) this.#safety.delete(cid)
    else this.#safety.set(cid, safety)
    if (safety?.risk === 'high') this.#high.add(cid)
    else this.#high.delete(cid)
    if (safety?.risk === 'high' || before?.risk === 'high') this.#isStale = true
  }

  #open(peer: PeerId): Known {
    const known = this.#known.get(peer)
    if (known !== undefined) return known
    const fresh = this.#ask(peer, new Set())
    this.#known.set(peer, fresh)
    return fresh
  }

  #ask(peer: PeerId, cids: Set<Cid>): Known {
    const keeper = this.#deps.keeperOf(peer)
    const judged = judgeKeeper(keeper)
    return { keeper, judged, cids, key: JSON.stringify([keeper.name, judged]) }
  }

  #drop(peer: PeerId, cid: Cid): void {
    const cids = this.#known.get(peer)?.cids
    cids?.delete(cid)
    if (cids?.size === 0) this.#known.delete(peer)
  }
}

/** One of whom nothing is known but that it holds files. */
export const anyKeeper: Keeper = {
  name: '',
  status: 'unknown',
  silentMs: null,
  role: null,
  archive: false,
  batteryPercent: null,
  charging: false,
  diskPercent: null,
}

/** A service that says it has a file pinned is asked now and then whether it still does. */
const serviceKeeper = (name: string): Keeper => ({ ...anyKeeper, name, status: 'alive', silentMs: 0, archive: true })
