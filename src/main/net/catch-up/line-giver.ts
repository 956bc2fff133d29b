import type { Clock } from '../../base/clock.ts'
import { RecentSet } from '../../base/recent-set.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import { encodeBatch, signedSizeBytes } from '../../model/record-codec.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { Channel } from '../channels/channel.ts'
import type { LinePace } from './line-pace.ts'
import type { RecordTrade } from './reconcile-trade.ts'

export interface LineGiverDeps {
  readonly trade: RecordTrade
  readonly clock: Clock
  /** Sends a batch to all on the channel, or to one link; resolves once it has left. */
  readonly send: (batch: Uint8Array, options: { readonly to?: string }) => Promise<void>
}

/** Items that were given away lately: who asks for one again so soon will hear it. */
const maxGiven = 4_096

/** Gives records away on one channel, no faster than is good for it. Where all hear all, all get them. */
export class LineGiver {
  readonly #deps: LineGiverDeps
  readonly #channel: Pick<Channel, 'shared' | 'batchBytes'>
  readonly #pace: LinePace
  readonly #budget: TokenBucket
  #given = new RecentSet(maxGiven)
  #givenSinceMs = 0

  constructor(
    deps: LineGiverDeps,
    init: { readonly channel: Pick<Channel, 'shared' | 'batchBytes'>; readonly pace: LinePace },
  ) {
    this.#deps = deps
    this.#channel = init.channel
    this.#pace = init.pace
    this.#budget = new TokenBucket(deps.clock, {
      perS: init.pace.givenBytesPerS,
      burst: init.pace.givenBurstBytes,
    })
  }

  /** All of them, however long it takes. */
  async give(records: readonly SignedRecord[], link: string, signal: AbortSignal): Promise<void> {
    const batch = this.#batchTo(link)
    for (const record of records) {
      const bytes = signedSizeBytes(record)
      while (!this.#budget.take(bytes)) await this.#deps.clock.sleep(this.#budget.waitMs(bytes) + 1, { signal })
      await batch.add(record)
    }
    await batch.flush()
  }

  /** As many of the items, from the first, as there is room for now; resolves to how many, gone ones included. */
  async giveItems(items: Iterable<readonly [bucket: string, id: Uint8Array]>, link: string): Promise<number> {
    this.#forget()
    const batch = this.#batchTo(link)
    let settled = 0
    for (const item of items) {
      const key = `${this.#channel.shared ? '' : link} ${Buffer.from(item[1]).toString('latin1')}`
      const [record] = this.#given.has(key) ? [] : this.#deps.trade.give([item], 0).records
      if (record !== undefined && !this.#budget.take(signedSizeBytes(record))) break
      settled += 1
      if (record === undefined) continue
      this.#given.add(key)
      await batch.add(record)
    }
    await batch.flush()
    return settled
  }

  /** What was lost on the way is given again when it is asked for again. */
  #forget(): void {
    const now = this.#deps.clock.monotonic()
    if (now - this.#givenSinceMs < this.#pace.answerMs / 4) return
    this.#given = new RecentSet(maxGiven)
    this.#givenSinceMs = now
  }

  #batchTo(link: string): { add(record: SignedRecord): Promise<void>; flush(): Promise<void> } {
    const options = this.#channel.shared ? {} : { to: link }
    let records: SignedRecord[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      if (records.length === 0) return
      const batch = encodeBatch(records)
      records = []
      bytes = 0
      await this.#deps.send(batch, options)
    }
    const add = async (record: SignedRecord): Promise<void> => {
      const size = signedSizeBytes(record)
      if (bytes + size > this.#channel.batchBytes) await flush()
      records.push(record)
      bytes += size
    }
    return { add, flush }
  }
}
