import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { encodeLinks, linksKey, type HeardLink } from './links-record.ts'

export interface LinkAnnouncerDeps {
  readonly book: Pick<RecordBook, 'author'>
  /** Whom this peer hears now. */
  readonly links: () => readonly HeardLink[]
  readonly clock: Clock
  /** In [0, 1): spreads a thousand robots' records over time. */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface LinkAnnouncerInit {
  /** At most so often, however links come and go. Default 30 s. */
  readonly everyMs?: number
}

/** A peer that went is off the graph after this. */
const validForMs = 10 * 60_000
/** Said again, though nothing changed, before the last one ends: one of two may get lost. */
const repeatMs = 4 * 60_000

/** Tells the swarm whom this peer hears on which channel: when that changed, and now and then. */
export class LinkAnnouncer implements Startable {
  readonly #deps: LinkAnnouncerDeps
  readonly #everyMs: number
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  #said: string | null = null
  #saidAtMs = -Infinity

  constructor(deps: LinkAnnouncerDeps, init: LinkAnnouncerInit = {}) {
    this.#deps = deps
    this.#everyMs = init.everyMs ?? 30_000
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#loop = this.#repeat(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
    this.#said = null
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps
    try {
      // The first links come within seconds of the start.
      await clock.sleep(this.#everyMs * (0.1 + 0.1 * random()), { signal })
      for (;;) {
        this.#look()
        await clock.sleep(this.#everyMs * (1 + 0.2 * random()), { signal })
      }
    } catch (err) {
      if (!isAbort(err)) log.error({ err }, 'telling of links ended')
    }
  }

  #look(): void {
    const { book, links, clock, counters, log } = this.#deps
    const now = clock.monotonic()
    const list = links()
    // Latency changes all the time: it is told when something else is.
    const words = list
      .map(({ peer, channel }) => `${peer} ${channel}`)
      .sort()
      .join()
    if (words === this.#said && now - this.#saidAtMs < repeatMs) return
    if (list.length === 0 && this.#said === null) return
    try {
      book.author({ bucket: 'channels', key: linksKey, value: encodeLinks(list), validForMs })
      this.#said = words
      this.#saidAtMs = now
    } catch (err) {
      counters.add('network.failed:announce')
      log.warn({ err }, 'the links of this peer could not be announced; it is tried again')
    }
  }
}
