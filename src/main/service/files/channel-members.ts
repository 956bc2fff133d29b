import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { readMembership } from './file-channel-record.ts'

export interface ChannelMembersDeps {
  readonly book: Pick<RecordBook, 'events' | 'eachLive' | 'state'>
  readonly counters: Counters
  readonly now: () => number
  readonly changed: () => void
}

interface Said {
  readonly id: RecordId
  readonly joined: boolean
  readonly seq: number
  readonly validUntilMs: number
}

/** Who says to be on which file channel, as long as the records that say so count. Bounded by the bucket's own limits. */
export class ChannelMembers implements Startable {
  readonly #deps: ChannelMembersDeps
  readonly #byName = new Map<string, Map<PeerId, Said>>()
  readonly #of = new Map<RecordId, { readonly name: string; readonly peer: PeerId }>()
  #off: Unsubscribe[] = []

  constructor(deps: ChannelMembersDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#off.length > 0) return
    const { book, changed } = this.#deps
    this.#off = [
      book.events.on('bucket:merged', ({ bucket, records }) => {
        if (bucket !== 'channels') return
        // What its author no longer may say is told here too.
        const touched = records.map((one) =>
          book.state(one).state === 'accepted' ? this.#put(one) : this.#remove(one.record.id),
        )
        if (touched.includes(true)) changed()
      }),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket === 'channels' && ids.map((id) => this.#remove(id)).includes(true)) changed()
      }),
    ]
    await book.eachLive('channels', (stored) => void this.#put(stored))
  }

  async stop(): Promise<void> {
    for (const off of this.#off.splice(0)) off()
    this.#byName.clear()
    this.#of.clear()
  }

  /** Channels that anybody is on. */
  names(): readonly string[] {
    return [...this.#byName.keys()].filter((name) => this.members(name).length > 0)
  }

  members(name: string): readonly PeerId[] {
    const now = this.#deps.now()
    const said = [...(this.#byName.get(name) ?? [])]
    return said.filter(([, { joined, validUntilMs }]) => joined && validUntilMs > now).map(([peer]) => peer)
  }

  has(name: string, peer: PeerId): boolean {
    const said = this.#byName.get(name)?.get(peer)
    return said?.joined === true && said.validUntilMs > this.#deps.now()
  }

  /** Until when what a peer says of a channel counts; null when it says nothing, or something else. */
  saidUntilMs(name: string, peer: PeerId, joined: boolean): number | null {
    const said = this.#byName.get(name)?.get(peer)
    return said?.joined === joined ? said.validUntilMs : null
  }

  #put({ record: { id, body } }: StoredRecord): boolean {
    const read = readMembership(body.key, body.value)
    if (read.kind === 'bad') this.#deps.counters.add('files.refused:bad-channel')
    if (read.kind !== 'ok') return false
    const { name, joined } = read
    const { author: peer, seq, validUntil: validUntilMs } = body
    const members = this.#byName.get(name) ?? new Map<PeerId, Said>()
    const before = members.get(peer)
    if (before !== undefined && before.seq > seq) return false
    if (before !== undefined) this.#of.delete(before.id)
    this.#byName.set(name, members.set(peer, { id, joined, seq, validUntilMs }))
    this.#of.set(id, { name, peer })
    return before?.joined !== joined
  }

  #remove(id: RecordId): boolean {
    const of = this.#of.get(id)
    if (of === undefined) return false
    this.#of.delete(id)
    const members = this.#byName.get(of.name)
    members?.delete(of.peer)
    if (members?.size === 0) this.#byName.delete(of.name)
    return true
  }
}
