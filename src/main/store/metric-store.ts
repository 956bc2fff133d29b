import type { StatementSync } from 'node:sqlite'
import { SwarmError } from '../../shared/errors.ts'
import type { PeerId } from '../../shared/ids.ts'
import { metricNames, type HistoryView, type MetricName, type MetricValues } from '../../shared/views.ts'
import type { Clock } from '../base/clock.ts'
import type { Database } from './database.ts'

export interface MetricStoreInit {
  /** How long values stay as they were measured. Default 24 h: the longest chart that shows single events. */
  readonly fullForMs?: number
  /** Most single values kept, about 40 bytes each; past it the oldest become minutes early. Default 5 million, 200 MB. */
  readonly maxSamples?: number
  /** Most minutes kept; past it the oldest go. Default 5 million. */
  readonly maxMinutes?: number
}

export interface HistoryAsk {
  readonly peer: PeerId
  readonly metrics: readonly MetricName[]
  readonly fromMs: number
  readonly toMs: number
  /** Points a series at most, 1 to 10,000. */
  readonly maxPoints: number
}

export interface LatestSample {
  readonly atMs: number
  readonly values: MetricValues
}

const minuteMs = 60_000
/** How long minutes (min, mean, max) stay once they have taken the place of what was measured. */
const minutesForMs = 30 * 24 * 60 * minuteMs

/** Time series of health, of this machine at full resolution and of others as they publish it. */
export class MetricStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #fullForMs: number
  readonly #maxSamples: number
  readonly #maxMinutes: number
  readonly #prepared = new Map<string, StatementSync>()
  /** Both are as long as their tables, which only peers whose records were taken get into. */
  readonly #peers = new Map<PeerId, number>()
  readonly #metrics = new Map<MetricName, number>()

  constructor(components: { readonly database: Database; readonly clock: Clock }, init: MetricStoreInit = {}) {
    this.#database = components.database
    this.#clock = components.clock
    this.#fullForMs = init.fullForMs ?? 24 * 60 * minuteMs
    this.#maxSamples = init.maxSamples ?? 5_000_000
    this.#maxMinutes = init.maxMinutes ?? 5_000_000
  }

  /**
   * Keeps what was measured at `atMs`; the same time again replaces. What is not a finite number, or no metric that
   * is known, is left out, because values also come from other peers. Throws DISK_FULL when it cannot be kept.
   */
  append(peer: PeerId, atMs: number, values: MetricValues): void {
    this.appendMany([{ peer, atMs, values }])
  }

  /** As `append`, in one commit: all of them are kept, or none. */
  appendMany(
    samples: readonly { readonly peer: PeerId; readonly atMs: number; readonly values: MetricValues }[],
  ): void {
    if (samples.length === 0) return
    this.#database.transaction(() => {
      const insert = this.#sql('INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)')
      for (const { peer, atMs, values } of samples) {
        const peerNo = this.#peerNo(peer, true)
        for (const metric of metricNames) {
          const value = values[metric]
          if (value === undefined || !Number.isFinite(value)) continue
          insert.run(peerNo, this.#metricNo(metric), Math.trunc(atMs), value)
        }
      }
    })
  }

  /**
   * Min, mean and max a stretch, `maxPoints` stretches of equal width from `fromMs` to `toMs` (exclusive). Each point
   * stands at the start of its stretch; one without a value has no point, so a gap shows as one.
   * Throws INVALID_INPUT for a span that is none.
   */
  history({ peer, metrics, fromMs, toMs, maxPoints }: HistoryAsk): HistoryView {
    const whole = [fromMs, toMs, maxPoints].every(Number.isSafeInteger)
    if (!whole || toMs <= fromMs || maxPoints < 1 || maxPoints > 10_000) {
      throw new SwarmError('INVALID_INPUT', `No history from ${fromMs} to ${toMs} in ${maxPoints} points can be given.`)
    }
    const stepMs = Math.max(1, Math.ceil((toMs - fromMs) / maxPoints))
    return this.#database.read(() => {
      const peerNo = this.#peerNo(peer, false)
      const series = [...new Set(metrics)].map((metric) => ({
        metric,
        points: peerNo === undefined ? [] : this.#points(peerNo, this.#metricNo(metric), fromMs, toMs, stepMs),
      }))
      return { peer, fromMs, toMs, stepMs, series }
    })
  }

  /** The newest values at full resolution, each metric's last within a minute of the newest; undefined without any. */
  latest(peer: PeerId): LatestSample | undefined {
    return this.#database.read(() => {
      const peerNo = this.#peerNo(peer, false)
      if (peerNo === undefined) return undefined
      const last = this.#sql('SELECT at, value FROM samples WHERE peer = ? AND metric = ? ORDER BY at DESC LIMIT 1')
      const found = metricNames.flatMap((metric) => {
        const row = last.get(peerNo, this.#metricNo(metric))
        return row === undefined ? [] : [{ metric, at: Number(row['at']), value: Number(row['value']) }]
      })
      if (found.length === 0) return undefined
      const atMs = Math.max(...found.map(({ at }) => at))
      const fresh = found.filter(({ at }) => at > atMs - minuteMs)
      return { atMs, values: Object.fromEntries(fresh.map(({ metric, value }) => [metric, value])) }
    })
  }

  /**
   * Turns what is old into minutes and drops the oldest minutes. Cheap when called often (every few minutes): it
   * touches only what has come of age since.
   */
  sweep(): { readonly rolledUp: number; readonly dropped: number } {
    const now = this.#clock.now()
    return this.#database.transaction(() => {
      let span = this.#fullForMs
      let rolledUp = this.#rollUp(now - span)
      // Too many for the disk: full resolution for a shorter time, down to a minute.
      while (this.#rows('samples') > this.#maxSamples && span > minuteMs) {
        span /= 2
        rolledUp += this.#rollUp(now - span)
      }
      let keep = minutesForMs
      let dropped = this.#drop(now - keep)
      while (this.#rows('minutes') > this.#maxMinutes && keep > minuteMs) {
        keep /= 2
        dropped += this.#drop(now - keep)
      }
      return { rolledUp, dropped }
    })
  }

  #points(peerNo: number, metricNo: number, fromMs: number, toMs: number, stepMs: number) {
    // A minute that has been rolled up belongs to the stretch its start lies in.
    return this.#sql(
      `SELECT CAST((at - :from) / :step AS INTEGER) AS stretch, min(low) AS min, sum(total) / sum(n) AS avg, max(high) AS max FROM (
         SELECT at, value AS low, value AS total, value AS high, 1 AS n FROM samples
           WHERE peer = :peer AND metric = :metric AND at >= :from AND at < :to
         UNION ALL
         SELECT at, min, sum, max, count FROM minutes
           WHERE peer = :peer AND metric = :metric AND at >= :from AND at < :to
       ) GROUP BY stretch ORDER BY stretch`,
    )
      .all({ peer: peerNo, metric: metricNo, from: fromMs, to: toMs, step: stepMs })
      .map((row) => ({
        atMs: fromMs + Number(row['stretch']) * stepMs,
        min: Number(row['min']),
        avg: Number(row['avg']),
        max: Number(row['max']),
      }))
  }

  /** Only whole minutes: what is left of one joins it at the next sweep. */
  #rollUp(beforeMs: number): number {
    const before = Math.floor(beforeMs / minuteMs) * minuteMs
    let count = 0
    for (const [peer, metric] of this.#everySeries()) {
      this.#sql(
        `INSERT INTO minutes
           SELECT peer, metric, at / ${minuteMs} * ${minuteMs} AS minute, min(value), sum(value), max(value), count(*)
           FROM samples WHERE peer = ? AND metric = ? AND at < ? GROUP BY minute
         ON CONFLICT (peer, metric, at) DO UPDATE SET min = min(min, excluded.min), sum = sum + excluded.sum,
           max = max(max, excluded.max), count = count + excluded.count`,
      ).run(peer, metric, before)
      const gone = this.#sql('DELETE FROM samples WHERE peer = ? AND metric = ? AND at < ?').run(peer, metric, before)
      count += Number(gone.changes)
    }
    return count
  }

  #drop(beforeMs: number): number {
    let count = 0
    for (const [peer, metric] of this.#everySeries()) {
      const gone = this.#sql('DELETE FROM minutes WHERE peer = ? AND metric = ? AND at < ?')
      count += Number(gone.run(peer, metric, Math.trunc(beforeMs)).changes)
    }
    return count
  }

  #everySeries(): (readonly [peer: number, metric: number])[] {
    const numbers = (table: string) =>
      this.#sql(`SELECT no FROM ${table}`)
        .all()
        .map((row) => Number(row['no']))
    const metrics = numbers('metric_names')
    return numbers('metric_peers').flatMap((peer) => metrics.map((metric) => [peer, metric] as const))
  }

  #rows(table: 'samples' | 'minutes'): number {
    return Number(this.#sql(`SELECT count(*) AS n FROM ${table}`).get()?.['n'] ?? 0)
  }

  #peerNo(peer: PeerId, make: true): number
  #peerNo(peer: PeerId, make: false): number | undefined
  #peerNo(peer: PeerId, make: boolean): number | undefined {
    const cached = this.#peers.get(peer)
    if (cached !== undefined) return cached
    const find = this.#sql('SELECT no FROM metric_peers WHERE peer = ?')
    const row = find.get(peer)
    if (row !== undefined) {
      this.#peers.set(peer, Number(row['no']))
      return Number(row['no'])
    }
    if (!make) return undefined
    // Not remembered yet: a failing transaction takes the number back.
    this.#sql('INSERT INTO metric_peers (peer) VALUES (?)').run(peer)
    return Number(find.get(peer)?.['no'])
  }

  #metricNo(metric: MetricName): number {
    const cached = this.#metrics.get(metric)
    if (cached !== undefined) return cached
    const found = this.#sql('SELECT no FROM metric_names WHERE name = ?').get(metric)
    if (found !== undefined) {
      this.#metrics.set(metric, Number(found['no']))
      return Number(found['no'])
    }
    this.#sql('INSERT INTO metric_names (name) VALUES (?)').run(metric)
    return Number(this.#sql('SELECT no FROM metric_names WHERE name = ?').get(metric)?.['no'])
  }

  #sql(text: string): StatementSync {
    let statement = this.#prepared.get(text)
    if (statement === undefined) this.#prepared.set(text, (statement = this.#database.connection.prepare(text)))
    return statement
  }
}
