import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { ContentStore } from './content-store.ts'
import { diskError } from './disk-error.ts'
import { Gate } from './gate.ts'
import type { Holders } from './holders.ts'
import { makeFolder } from './make-folder.ts'
import { NoProviderError } from './provider-pool.ts'
import { safeName } from './safe-name.ts'
import type { ShareBook } from './share-book.ts'
import type { FetchTarget, ShareIndex } from './share-index.ts'
import type { Transfer, TransferList } from './transfer-list.ts'
import { giveName, PartFile, partName } from './write-file.ts'

export interface FetcherDeps {
  readonly store: ContentStore
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly transfers: TransferList
  readonly holders: Holders
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly peerId: PeerId
  readonly downloadDir: () => string
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  readonly finished: (view: TransferView) => void
}

export interface FetcherInit {
  /** Without a byte for so long, a fetch that finds no provider fails. Default 60 s. */
  readonly patienceMs?: number
}

/** Fetches that move bytes at a time; more would only make each slower. */
const atATime = 3
/** Who has it is looked at anew this often while a fetch waits; links and records make it sooner. */
const lookAgainMs = 3_000
/** Failed fetches that wait for a holder to come back. */
const maxHoping = 100

/** Brings files from the swarm to a place on this machine. */
export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #patienceMs: number
  readonly #gate = new Gate(atATime)
  readonly #running = new Map<Cid, Transfer>()
  /** Failed for want of a provider: tried again when one turns up. */
  readonly #hoping = new Map<Cid, { readonly to: FetchTarget; readonly transfer: string }>()
  readonly #ended = new Set<Promise<void>>()
  #poked = Promise.withResolvers<void>()

  constructor(deps: FetcherDeps, init: FetcherInit = {}) {
    this.#deps = deps
    this.#patienceMs = init.patienceMs ?? 60_000
  }

  /** Begins; a CID that is being fetched already is not fetched twice. */
  fetch(cid: Cid, to: FetchTarget): TransferView {
    const running = this.#running.get(cid)
    if (running !== undefined) return running.view
    const { transfers, shares, index } = this.#deps
    const hoped = this.#hoping.get(cid)
    if (hoped !== undefined) transfers.forget(hoped.transfer)
    this.#hoping.delete(cid)
    const facts = shares.facts(cid)
    const transfer = transfers.add('fetch', facts?.name ?? cid, { cid, sizeBytes: facts?.sizeBytes ?? null })
    this.#running.set(cid, transfer)
    index.fetches.set(cid, to)
    index.changed(this.#deps.signal())
    const ended = this.#run(transfer, cid, to).finally(() => {
      this.#running.delete(cid)
      this.#ended.delete(ended)
    })
    this.#ended.add(ended)
    return transfer.view
  }

  /** Goes on with what was under way when the peer stopped. */
  resume(): void {
    for (const [cid, to] of this.#deps.index.fetches) this.fetch(cid, to)
  }

  /** A link came up or a record came in: whoever waits looks again. */
  look(): void {
    this.#deps.store.forgetFailures()
    this.#poked.resolve()
    this.#poked = Promise.withResolvers<void>()
    for (const [cid, { to }] of this.#hoping) {
      if (this.#deps.holders.linked(cid).length > 0) this.fetch(cid, to)
    }
  }

  /** Files on their way, and those that failed for want of a provider and are tried again. */
  wanted(): readonly Cid[] {
    return [...new Set([...this.#deps.index.fetches.keys(), ...this.#running.keys(), ...this.#hoping.keys()])]
  }

  /** Resolves once nothing runs any more; the signal must have been aborted. */
  async stopped(): Promise<void> {
    await Promise.all(this.#ended)
    this.#hoping.clear()
  }

  async #run(transfer: Transfer, cid: Cid, to: FetchTarget): Promise<void> {
    const { index, counters, log } = this.#deps
    const service = this.#deps.signal()
    const signal = AbortSignal.any([transfer.signal, service])
    try {
      await this.#gate.run(signal, () => this.#bring(transfer, cid, to, signal))
      this.#deps.finished(transfer.view)
    } catch (error) {
      const view = transfer.fail(signal.aborted ? signal.reason : error)
      index.onReleased()
      if (view.state === 'failed') {
        counters.add(`files.fetch-failed:${view.error?.code ?? 'INTERNAL'}`)
        log.warn({ err: error, cid, name: view.name }, 'a file could not be fetched')
        if (error instanceof SwarmError && error.detail['reason'] === 'no-provider') this.#hope(cid, to, transfer.id)
        this.#deps.finished(view)
      }
    } finally {
      // What the stop of the peer interrupts goes on after the next start.
      if (!service.aborted) {
        index.fetches.delete(cid)
        index.changed(service)
      }
    }
  }

  #hope(cid: Cid, to: FetchTarget, transfer: string): void {
    this.#hoping.set(cid, { to, transfer })
    const oldest = this.#hoping.keys().next().value
    if (this.#hoping.size > maxHoping && oldest !== undefined) this.#hoping.delete(oldest)
  }

  async #bring(transfer: Transfer, cid: Cid, to: FetchTarget, signal: AbortSignal): Promise<void> {
    transfer.set({ state: 'running', step: 'looking for a peer that has it' })
    const sizeBytes = await this.#patiently(transfer, cid, signal, (from) =>
      this.#deps.store.sizeBytes(cid, { signal, from }),
    )
    transfer.set({ sizeBytes })
    const path = to === 'store' ? null : await this.#write(transfer, cid, to, signal)
    if (to === 'store') await this.#read(transfer, cid, signal, async () => {})
    this.#deps.index.keepCopy(cid, sizeBytes)
    this.#deps.shares.copy(cid, sizeBytes)
    transfer.done({ path, step: 'done; a copy stays in the store, for other peers' })
  }

  async #write(transfer: Transfer, cid: Cid, to: Exclude<FetchTarget, 'store'>, signal: AbortSignal): Promise<string> {
    const dir = to === 'downloads' ? this.#deps.downloadDir() : dirname(to.path)
    const name = to === 'downloads' ? safeName(transfer.view.name, cid) : basename(to.path)
    try {
      await makeFolder(dir)
    } catch (error) {
      throw diskError(error, `making the folder ${dir}`)
    }
    const part = await PartFile.create(join(dir, partName(this.#deps.peerId)))
    try {
      await this.#read(transfer, cid, signal, (bytes) => part.write(bytes))
      transfer.set({ step: 'writing it out' })
      await part.sync()
      if (to === 'downloads') return await giveName(part.path, dir, name)
      // The person chose this very file, and said so if it was there.
      await rename(part.path, to.path).catch((error: unknown) => {
        throw diskError(error, `writing ${to.path}`)
      })
      return to.path
    } finally {
      await part.abandon()
    }
  }

  /** Reads all of it in order. Blocks that are here are not fetched again, whoever brought them. */
  async #read(
    transfer: Transfer,
    cid: Cid,
    signal: AbortSignal,
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    let offset = 0
    await this.#patiently(transfer, cid, signal, async (from, progressed) => {
      for await (const bytes of this.#deps.store.read(cid, { signal, offset, from })) {
        await take(bytes)
        offset += bytes.length
        transfer.advance(bytes.length)
        progressed()
      }
    })
  }

  /** Tries until it works, until nothing was heard for too long, or until it makes no sense. */
  async #patiently<Result>(
    transfer: Transfer,
    cid: Cid,
    signal: AbortSignal,
    work: (from: ReturnType<Holders['source']>, progressed: () => void) => Promise<Result>,
  ): Promise<Result> {
    const { clock, holders } = this.#deps
    let sinceMs = clock.monotonic()
    for (;;) {
      const poked = this.#poked.promise
      const onFrom = (peer: PeerId): void => {
        // A block that was under way when it was cancelled comes all the same.
        if (signal.aborted) return
        sinceMs = clock.monotonic()
        transfer.set({ state: 'running', step: `fetching from ${holders.nameOf(peer)}` })
      }
      try {
        await holders.connect(cid, signal)
        return await work(holders.source(cid, onFrom), () => (sinceMs = clock.monotonic()))
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof NoProviderError)) throw error
        const why = holders.explain(cid)
        if (clock.monotonic() - sinceMs >= this.#patienceMs) {
          throw new SwarmError('FETCH_FAILED', why, { cause: error, detail: { reason: 'no-provider', cid } })
        }
        transfer.set({ state: 'waiting', step: why })
      }
      await this.#rest(poked, signal)
    }
  }

  async #rest(poked: Promise<void>, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const sleep = this.#deps.clock
      .sleep(lookAgainMs, { signal: AbortSignal.any([signal, woken.signal]) })
      .catch(() => {})
    await Promise.race([sleep, poked])
    woken.abort()
    signal.throwIfAborted()
  }
}
