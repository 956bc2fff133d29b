import { isAbort } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { RecentSet } from '../../base/recent-set.ts'
import { buckets } from '../../model/bucket.ts'
import { encodeBatch, signedSizeBytes } from '../../model/record-codec.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { Channel } from '../channels/channel.ts'

/** A batch of records to be put on a channel. */
export interface OutBatch {
  readonly payload: Uint8Array
  readonly records: readonly SignedRecord[]
  /** Of the message: channels passed before this one. */
  readonly hops: number
  readonly trace: string | null
  /** The link that it came from and must not go back to; null: all. */
  readonly except: string | null
}

/** How records get into an outbox. */
export interface OutTerms {
  readonly hops: number
  readonly trace: string | null
  readonly except: string | null
  /** They wait so long for others to say the same, ms. */
  readonly waitMs: number
}

export interface OutboxDeps {
  readonly channel: Pick<Channel, 'id' | 'batchBytes' | 'shared'>
  /** Sends one batch, and says whether it left; the next waits for it. Never rejects. */
  readonly send: (batch: OutBatch) => Promise<boolean>
  /** So many were dropped: neighbours have to catch up. */
  readonly onDropped: (count: number) => void
  readonly clock: Clock
  readonly counters: Counters
}

export interface OutboxInit {
  /** Bytes of records that may wait; past it the oldest are dropped. Default 8 MiB: 20,000 records of common size. */
  readonly maxBytes?: number
  /** After a batch left, what comes within this time goes together. Default 25 ms. */
  readonly windowMs?: number
}

interface Waiting extends Omit<OutTerms, 'waitMs'> {
  readonly record: SignedRecord
  readonly mark: string
  readonly dueMs: number
  readonly bytes: number
}

/** Above a few hundred records larger batches save nothing; also the sight of one look for what is due. */
const maxBatchRecords = 256
/** Records heard on a channel lately: what waits in the outboxes of a busy bridge, twice over; about 2 MiB. */
const maxHeard = 20_000
/** What is waiting when a peer stops is sent within this, or not at all. */
const partingMs = 1_000

/**
 * Records that wait to be put on one channel. Of a keyed record only the newest waits, in the place of the one before;
 * what others have put there meanwhile is not said again; and a channel slower than what comes loses the oldest.
 */
export class Outbox implements Startable {
  readonly #deps: OutboxDeps
  readonly #maxBytes: number
  readonly #windowMs: number
  readonly #waiting = new Map<string, Waiting>()
  readonly #heard = new RecentSet(maxHeard)
  #bytes = 0
  #run: AbortController | null = null
  #loop: Promise<void> | null = null
  #nap: AbortController | null = null
  #wakesAtMs = Infinity

  constructor(deps: OutboxDeps, init: OutboxInit = {}) {
    this.#deps = deps
    this.#maxBytes = init.maxBytes ?? 8 * 1024 * 1024
    this.#windowMs = init.windowMs ?? 25
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#kick()
  }

  /** What was said here is sent first, as far as a second allows: the last of it is the goodbye. */
  async stop(): Promise<void> {
    if (this.#run === null) return
    this.#run.abort()
    this.#run = null
    const untilMs = this.#deps.clock.monotonic() + partingMs
    const parting = async (): Promise<void> => {
      await this.#loop
      for (const [slot, { hops }] of this.#waiting) if (hops > 0) this.#drop(slot)
      while (this.#waiting.size > 0 && this.#deps.clock.monotonic() < untilMs) await this.#send(this.#take(Infinity))
    }
    const limit = new AbortController()
    const late = this.#deps.clock.sleep(partingMs, { signal: limit.signal }).catch(() => {})
    await Promise.race([parting(), late])
    limit.abort()
    this.#waiting.clear()
    this.#bytes = 0
  }

  /** Records that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  add(records: readonly SignedRecord[], { waitMs, ...terms }: OutTerms): void {
    if (this.#run === null) return
    const dueMs = this.#deps.clock.monotonic() + waitMs
    for (const record of records) this.#put(record, { ...terms, record, mark: markOf(record), dueMs })
    this.#dropSurplus()
    if (dueMs < this.#wakesAtMs) this.#nap?.abort()
    this.#kick()
  }

  /** Others on the channel have said these. */
  heard(records: readonly SignedRecord[]): void {
    if (!this.#deps.channel.shared) return
    for (const record of records) this.#heard.add(markOf(record))
  }

  #put(record: SignedRecord, waiting: Omit<Waiting, 'bytes'>): void {
    const bytes = signedSizeBytes(record)
    const slot = slotOf(record)
    const before = this.#waiting.get(slot)
    this.#bytes += bytes - (before?.bytes ?? 0)
    if (before !== undefined && before.record.id !== record.id) this.#deps.counters.add('brain.replaced')
    // In its place and at its time: a machine that speaks often must not put off its own turn for ever.
    const dueMs = Math.min(waiting.dueMs, before?.dueMs ?? Infinity)
    // One that came from two links has to go to neither, but who has it and hears it again is not harmed.
    const except = before === undefined || before.except === waiting.except ? waiting.except : null
    this.#waiting.set(slot, { ...waiting, except, dueMs, bytes })
  }

  #dropSurplus(): void {
    let dropped = 0
    for (const slot of this.#waiting.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#drop(slot)
      dropped += 1
    }
    if (dropped === 0) return
    this.#deps.counters.add('brain.dropped:overflow', dropped)
    this.#deps.onDropped(dropped)
  }

  #drop(slot: string): void {
    const gone = this.#waiting.get(slot)
    if (gone === undefined) return
    this.#bytes -= gone.bytes
    this.#waiting.delete(slot)
  }

  #kick(): void {
    if (this.#run === null || this.#loop !== null || this.#waiting.size === 0) return
    this.#loop = this.#drain(this.#run.signal).finally(() => {
      this.#loop = null
      // Something may have come between the last look and here.
      this.#kick()
    })
  }

  async #drain(signal: AbortSignal): Promise<void> {
    // What is added in the same turn belongs to the first batch.
    await Promise.resolve()
    while (!signal.aborted && this.#waiting.size > 0) {
      const now = this.#deps.clock.monotonic()
      const batch = this.#take(now)
      if (batch.length === 0) {
        await this.#sleep(this.#nextDueMs() - now, signal)
        continue
      }
      await this.#send(batch)
      if (batch.length < maxBatchRecords) await this.#sleep(this.#windowMs, signal, true)
    }
  }

  #nextDueMs(): number {
    let next = Infinity
    for (const { dueMs } of this.#waiting.values()) next = Math.min(next, dueMs)
    return next
  }

  /** Ends early when something comes that is due before, unless the time itself is what is wanted. */
  async #sleep(ms: number, signal: AbortSignal, whole = false): Promise<void> {
    if (!(ms > 0) || ms === Infinity) return
    const nap = new AbortController()
    if (!whole) {
      this.#nap = nap
      this.#wakesAtMs = this.#deps.clock.monotonic() + ms
    }
    try {
      await this.#deps.clock.sleep(ms, { signal: AbortSignal.any([signal, nap.signal]) })
    } catch (error) {
      if (!isAbort(error)) throw error
    } finally {
      this.#nap = null
      this.#wakesAtMs = Infinity
    }
  }

  /** The next batch of those that are due: of one origin of the way, so that one message can carry them. */
  #take(now: number): readonly Waiting[] {
    const batch: Waiting[] = []
    let bytes = 0
    for (const [slot, waiting] of this.#waiting) {
      if (waiting.dueMs > now) continue
      if (this.#deps.channel.shared && this.#heard.has(waiting.mark)) {
        this.#deps.counters.add('brain.spared')
        this.#drop(slot)
        continue
      }
      const first = batch[0]
      if (first !== undefined && (first.hops !== waiting.hops || first.except !== waiting.except)) continue
      if (first !== undefined && bytes + waiting.bytes > this.#deps.channel.batchBytes) break
      bytes += waiting.bytes
      batch.push(waiting)
      this.#drop(slot)
      if (batch.length >= maxBatchRecords) break
    }
    return batch
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    const records = batch.map(({ record }) => record)
    const trace = batch.every((one) => one.trace === first.trace) ? first.trace : null
    const { hops, except } = first
    if (await this.#deps.send({ payload: encodeBatch(records), records, hops, trace, except })) this.heard(records)
  }
}

/** Where a record waits: of an author's keyed records under one key only the newest is worth saying. */
function slotOf({ id, body }: SignedRecord): string {
  return buckets[body.bucket].kind === 'keyed' ? `${body.bucket} ${body.author} ${body.key}` : id
}

/** A record with the attestations it has: with a new one it is news again. */
function markOf({ id, attestations }: SignedRecord): string {
  if (attestations.length === 0) return id
  return `${id} ${attestations.map(({ author, verdict, at }) => `${author.slice(-8)} ${verdict} ${at}`).join()}`
}
