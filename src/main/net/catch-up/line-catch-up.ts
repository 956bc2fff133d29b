import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { BucketName } from '../../model/bucket.ts'
import { itemOf } from '../../model/reconcile-item.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { ChannelSet, MessageHandler } from '../messages/brain-message.ts'
import type { Brain } from '../messages/brain.ts'
import type { Channel, MessageSource, SwarmMessage } from '../channels/channel.ts'
import type { Ingest } from '../ingest/ingest.ts'
import { LineChannelCatchUp, type LineChannelDeps } from './line-channel-catch-up.ts'
import { linePaceOf, type LinePace } from './line-pace.ts'
import { RecordTrade } from './reconcile-trade.ts'
import { RefusedIds } from '../ingest/refused-ids.ts'

export interface LineCatchUpDeps {
  readonly self: PeerId
  readonly channels: ChannelSet
  readonly brain: Pick<Brain, 'on' | 'sendOn'>
  readonly book: RecordBook
  readonly ingest: Pick<Ingest, 'receive'>
  /** Whether a bucket is exchanged now. */
  readonly isOpen: (bucket: BucketName) => boolean
  /** Whether the two have a stream between them: then that is the better way. */
  readonly isLinked: (peer: PeerId) => boolean
  /** Hands records that came by catching up on a channel to all others: they may lack them too. */
  readonly passOn: (records: readonly SignedRecord[], from: MessageSource) => void
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface LineCatchUpInit {
  /** Default `linePaceOf`. */
  readonly paceOf?: (channel: Channel) => LinePace
}

/**
 * Catching up on channels without streams: peers say now and then what they hold, and whoever holds something else asks.
 * Where there is a stream between two peers they use that.
 */
export class LineCatchUp implements Startable {
  readonly #deps: LineCatchUpDeps
  readonly #paceOf: (channel: Channel) => LinePace
  readonly #shared: Pick<LineChannelDeps, 'trade' | 'refused' | 'unwanted'>
  readonly #channels = new Map<string, LineChannelCatchUp>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #undo: Unsubscribe[] = []
  #running = false

  constructor(deps: LineCatchUpDeps, init: LineCatchUpInit = {}) {
    this.#deps = deps
    this.#paceOf = init.paceOf ?? linePaceOf
    const refused = new RefusedIds(deps)
    this.#shared = { refused, unwanted: new RefusedIds(deps), trade: new RecordTrade({ ...deps, refused }) }
  }

  /** Channels, brain and ingest are started before. */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const { book, brain, channels } = this.#deps
    const on =
      (
        take: (catchUp: LineChannelCatchUp, message: SwarmMessage, source: MessageSource) => ReturnType<MessageHandler>,
      ) =>
      (message: SwarmMessage, source: MessageSource): ReturnType<MessageHandler> => {
        const catchUp = this.#channels.get(source.channel)
        return catchUp === undefined ? 'known' : take(catchUp, message, source)
      }
    this.#undo.push(
      brain.on(
        'digest',
        on((catchUp, message, source) => catchUp.takeDigest(message, source)),
      ),
      brain.on(
        'reconcile',
        on((catchUp, message, source) => catchUp.takeFrame(message, source)),
      ),
      brain.on(
        'get',
        on((catchUp, message, source) => catchUp.takeFrame(message, source)),
      ),
      brain.on(
        'given',
        on((catchUp, message, source) => catchUp.takeGiven(message, source)),
      ),
      channels.events.on('channel:changed', () => this.#look()),
      book.events.on('records:stored', ({ records }) => {
        if (![...this.#channels.values()].some(({ isWaiting }) => isWaiting)) return
        const items = records.map(({ record }) => itemOf(record).id)
        for (const catchUp of this.#channels.values()) catchUp.stored(items)
      }),
    )
    this.#undo.push(
      // What was refused for who signed it, here or there, may be welcome now.
      book.events.on('trust:changed', () => {
        this.#shared.refused.clear()
        this.#shared.unwanted.clear()
        for (const catchUp of this.#channels.values()) catchUp.lookAgain()
      }),
    )
    this.#look()
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    for (const undo of this.#undo.splice(0)) undo()
    for (const id of this.#channels.keys()) this.#drop(id)
    await Promise.all(this.#stopping)
  }

  /** Takes up channels that have come, and leaves those that have gone. */
  #look(): void {
    const there = new Map(this.#deps.channels.channels().map((channel) => [channel.id, channel]))
    for (const [id, catchUp] of this.#channels) {
      const channel = there.get(id)
      if (channel === undefined || channel !== catchUp.channel) this.#drop(id)
      else catchUp.look()
    }
    for (const [id, channel] of there) if (channel.kind !== 'gossip' && !this.#channels.has(id)) this.#take(channel)
  }

  #take(channel: Channel): void {
    const pace = this.#paceOf(channel)
    const catchUp = new LineChannelCatchUp({ ...this.#deps, ...this.#shared }, { channel, pace })
    this.#channels.set(channel.id, catchUp)
    void catchUp.start()
  }

  #drop(id: string): void {
    const stopping = this.#channels.get(id)?.stop()
    this.#channels.delete(id)
    if (stopping === undefined) return
    this.#stopping.add(stopping)
    void stopping.then(() => this.#stopping.delete(stopping))
  }
}
