import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { Channel } from '../channels/channel.ts'
import { Outbox, type OutBatch, type OutTerms } from './outbox.ts'

export interface OutboxesDeps {
  /** Those that are switched on. */
  readonly channels: () => readonly Channel[]
  /** Sends one batch on a channel, and says whether it left; the next waits for it. Never rejects. */
  readonly send: (channel: Channel, batch: OutBatch) => Promise<boolean>
  /** A channel was too slow, and records were dropped. */
  readonly onDropped: (channel: Channel) => void
  readonly clock: Clock
  readonly counters: Counters
}

/** Where a line costs a second or two, what comes meanwhile is worth waiting for: together it is compressed better. */
const ircWindowMs = 2_000

/** One outbox a channel, while the channel is on. */
export class Outboxes implements Startable {
  readonly #deps: OutboxesDeps
  readonly #outboxes = new Map<string, { readonly channel: Channel; readonly outbox: Outbox }>()
  #running = false

  constructor(deps: OutboxesDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#running = true
  }

  /** What was said here is sent first. */
  async stop(): Promise<void> {
    this.#running = false
    await Promise.all([...this.#outboxes.values()].map(({ outbox }) => outbox.stop()))
    this.#outboxes.clear()
  }

  /** Records that wait. */
  get waiting(): number {
    let waiting = 0
    for (const { outbox } of this.#outboxes.values()) waiting += outbox.waiting
    return waiting
  }

  /** @param termsOn how on a channel; null: not there */
  add(records: readonly SignedRecord[], termsOn: (channel: Channel) => OutTerms | null): void {
    if (!this.#running) return
    for (const channel of this.#deps.channels()) {
      const terms = termsOn(channel)
      if (terms !== null) this.#of(channel).add(records, terms)
    }
  }

  /** Others have said these on a channel. */
  heard(channelId: string, records: readonly SignedRecord[]): void {
    this.#outboxes.get(channelId)?.outbox.heard(records)
  }

  /** A channel that was switched off takes what waited for it along: whoever misses it catches up. */
  forgetGone(): void {
    const on = new Set(this.#deps.channels())
    for (const [id, { channel, outbox }] of this.#outboxes) {
      if (!this.#running || on.has(channel)) continue
      this.#outboxes.delete(id)
      void outbox.stop()
    }
  }

  #of(channel: Channel): Outbox {
    const known = this.#outboxes.get(channel.id)
    if (known?.channel === channel) return known.outbox
    if (known !== undefined) void known.outbox.stop()
    const { clock, counters, send, onDropped } = this.#deps
    const outbox = new Outbox(
      {
        channel,
        clock,
        counters,
        send: (batch) => send(channel, batch),
        onDropped: () => onDropped(channel),
      },
      channel.kind === 'irc' ? { windowMs: ircWindowMs } : {},
    )
    void outbox.start()
    this.#outboxes.set(channel.id, { channel, outbox })
    return outbox
  }
}
