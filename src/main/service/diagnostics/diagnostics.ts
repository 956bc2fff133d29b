import type { PeerId } from '../../../shared/ids.ts'
import {
  metricNames,
  type HealthView,
  type HistoryView,
  type MetricName,
  type MetricValues,
} from '../../../shared/views.ts'
import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { MetricStore } from '../../store/metric-store.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { SpokenTimes } from '../membership/spoken-times.ts'
import { decodeHealth, encodeHealth, healthOf } from './health-record.ts'
import { LatestHealth, type Spark } from './latest-health.ts'
import type { Sampler } from './sampler.ts'
import { SummaryBuilder } from './summary.ts'

export interface DiagnosticsDeps {
  readonly peerId: PeerId
  readonly book: RecordBook
  readonly metrics: MetricStore
  readonly sampler: Sampler
  readonly clock: Clock
  /** In [0, 1): spreads the robots' summaries over time. */
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
}

export interface DiagnosticsInit {
  /** Default 2 s: as Duckietown's own dashboard polls. */
  readonly sampleEveryMs?: number
  /** Default 10 s: 1,000 robots then make 100 records a second, which one core verifies many times over. */
  readonly publishEveryMs?: number
}

export interface HistoryQuery {
  readonly peer: PeerId
  /** Default: all. */
  readonly metrics?: readonly MetricName[] | undefined
  readonly fromMs: number
  readonly toMs: number
  /** At most so many points a series. Default 300. */
  readonly maxPoints?: number | undefined
}

export interface DiagnosticsEvents {
  /** A machine's summary came, or this machine sampled itself. */
  readonly 'health:heard': { readonly peer: PeerId; readonly health: HealthView }
}

/** As long as the machine itself is shown: the last health of a silent robot is what one wants to see. */
const validForMs = 7 * 24 * 60 * 60_000

/** What a crash may cost a chart; the summaries in the records are safe at once. */
const flushEveryMs = 10_000
/** What comes in within that time from a thousand robots. */
const maxUnwritten = 1_000

/**
 * This machine's health at full resolution, told to the swarm as summaries, and what others tell of theirs.
 * All of it is kept in the metric store, from which charts are drawn.
 */
export class Diagnostics implements Startable {
  readonly #deps: DiagnosticsDeps
  readonly #sampleEveryMs: number
  readonly #publishEveryMs: number
  readonly #events: Emitter<DiagnosticsEvents>
  readonly #latest = new LatestHealth()
  readonly #spoken = new SpokenTimes()
  #unwritten: { readonly peer: PeerId; readonly atMs: number; readonly values: MetricValues }[] = []
  #flushedAtMs = 0
  #summary: SummaryBuilder
  #run: AbortController | undefined
  #loop: Promise<void> = Promise.resolve()
  #unsubscribe: Unsubscribe | undefined

  constructor(deps: DiagnosticsDeps, init: DiagnosticsInit = {}) {
    this.#deps = deps
    this.#sampleEveryMs = init.sampleEveryMs ?? 2_000
    this.#publishEveryMs = init.publishEveryMs ?? 10_000
    this.#events = new Emitter((err, name) => deps.log.error({ err, event: name }, 'a listener of diagnostics failed'))
    this.#summary = new SummaryBuilder(deps.clock.monotonic())
  }

  get events(): EventSource<DiagnosticsEvents> {
    return this.#events
  }

  /** How often a summary is published: with it a machine shows that it is there. */
  get publishEveryMs(): number {
    return this.#publishEveryMs
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    const run = new AbortController()
    this.#run = run
    this.#unsubscribe = this.#deps.book.events.on('bucket:merged', ({ bucket, records }) => {
      if (bucket === 'diagnostics') for (const stored of records) this.#hear(stored, true)
    })
    await this.#deps.book.eachLive('diagnostics', (stored) => this.#hear(stored, false))
    if (run.signal.aborted) return
    await this.#deps.sampler.start()
    this.#loop = this.#sampleAndPublish(run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#unsubscribe?.()
    await this.#loop
    if (this.#run !== undefined) {
      this.#flush()
      await this.#deps.sampler.stop()
    }
    this.#run = undefined
    this.#unsubscribe = undefined
  }

  /** The newest health of a machine, however old; its `atMs` says how old. */
  latest(peer: PeerId): HealthView | undefined {
    return this.#latest.get(peer)
  }

  /** The last summaries of a machine that came while this peer ran, oldest first, at most 60. */
  spark(peer: PeerId): Spark {
    return this.#latest.spark(peer)
  }

  /** A machine's past, each point the min, mean and max of its stretch. A stretch without a sample has no point. */
  history(query: HistoryQuery): HistoryView {
    this.#flush()
    return this.#deps.metrics.history({
      peer: query.peer,
      metrics: query.metrics ?? metricNames,
      fromMs: query.fromMs,
      toMs: query.toMs,
      maxPoints: query.maxPoints ?? 300,
    })
  }

  async #sampleAndPublish(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    // The first summary comes soon, so that a new machine is not a card without values; then each robot keeps its own beat.
    let publishAtMs = clock.monotonic() + Math.min(this.#publishEveryMs, 2 * this.#sampleEveryMs)
    try {
      for (;;) {
        await this.#sample(signal)
        if (clock.monotonic() >= publishAtMs) {
          this.#publish()
          publishAtMs = clock.monotonic() + this.#publishEveryMs * (0.9 + 0.1 * random()) - this.#sampleEveryMs / 2
        }
        await clock.sleep(this.#sampleEveryMs, { signal })
      }
    } catch (err) {
      if (!isAbort(err)) this.#deps.log.error({ err }, 'sampling ended')
    }
  }

  async #sample(signal: AbortSignal): Promise<void> {
    try {
      const sample = await unlessAborted(this.#deps.sampler.sample(), signal)
      const health: HealthView = { atMs: this.#deps.clock.now(), ...sample, notes: [...sample.notes] }
      this.#summary.add(sample)
      this.#keep(this.#deps.peerId, health)
      this.#latest.set(this.#deps.peerId, health)
      this.#events.emit('health:heard', { peer: this.#deps.peerId, health })
    } catch (err) {
      if (signal.aborted) throw err
      this.#deps.counters.add('diagnostics.failed:sample')
      this.#deps.log.warn({ err }, 'this machine could not be sampled; it is tried again')
    }
  }

  /** Written together: one commit in 10 s instead of one a value is kinder to an SD card. */
  #keep(peer: PeerId, { atMs, values }: HealthView): void {
    this.#unwritten.push({ peer, atMs, values })
    const waited = this.#deps.clock.monotonic() - this.#flushedAtMs
    if (waited >= flushEveryMs || this.#unwritten.length >= maxUnwritten) this.#flush()
  }

  #flush(): void {
    const unwritten = this.#unwritten
    this.#unwritten = []
    this.#flushedAtMs = this.#deps.clock.monotonic()
    try {
      this.#deps.metrics.appendMany(unwritten)
    } catch (err) {
      this.#deps.counters.add('diagnostics.failed:store')
      this.#deps.log.warn({ err }, 'health values could not be stored; the charts will have a gap')
    }
  }

  #publish(): void {
    const summary = this.#summary.take(this.#deps.clock.monotonic())
    if (summary === undefined) return
    const { book } = this.#deps
    try {
      const said = book.author({ bucket: 'diagnostics', key: 'health', value: encodeHealth(summary), validForMs })
      // Before this peer is admitted its own words count nowhere, but it may see them itself.
      if (book.state(said).state !== 'accepted') this.#hear(said, true)
    } catch (err) {
      this.#deps.counters.add('diagnostics.failed:publish')
      this.#deps.log.warn({ err }, 'the health of this machine could not be published; the next summary is in 10 s')
    }
  }

  /** @param live false for what was in the store at the start: its values are in the metric store already. */
  #hear({ record, arrival }: StoredRecord, live: boolean): void {
    const { body } = record
    if (body.key !== 'health') return
    const summary = decodeHealth(body.value)
    if (summary === undefined) return this.#deps.counters.add('diagnostics.refused:bad-value')
    const how = arrival.via === 'authored' ? 'self' : arrival.via
    const own = body.author === this.#deps.peerId
    const atMs = own
      ? body.validFrom
      : this.#spoken.spokenAtMs({
          author: body.author,
          how,
          receivedAtMs: arrival.receivedAtMs,
          validFromMs: body.validFrom,
        })
    const health = healthOf(summary, atMs)
    // Told again: it has a new signature, or the trust changed.
    if (!own && this.#latest.get(body.author)?.atMs === atMs) return
    if (live) this.#latest.addToSpark(body.author, health)
    // Of itself this peer knows more than its summaries say.
    if (own && this.#latest.get(body.author) !== undefined) return
    this.#latest.set(body.author, health)
    if (own || !live) return
    this.#keep(body.author, health)
    this.#events.emit('health:heard', { peer: body.author, health })
  }
}

/** A network disk that hangs must not hang the stop. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
