import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Log } from '../../base/log.ts'
import { maxFutureMs } from '../../model/bucket.ts'
import { agrees, announcementKey, decodeAnnouncement, type Announcement } from '../../model/checkpoint-announcement.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/stored-record.ts'

/** What a trusted peer says of a checkpoint of its own. */
export interface Announced extends Announcement {
  readonly recordId: RecordId
  readonly by: PeerId
  readonly endorsers: readonly { readonly peer: PeerId; readonly atMs: number }[]
}

export interface Signer {
  readonly peer: PeerId
  readonly atMs: number
  /** announced: this very root. endorsed: signed such an announcement. same: announced another root of the same state. */
  readonly how: 'announced' | 'endorsed' | 'same'
  readonly recordId: RecordId
}

/** All that is said of one root. */
export interface Candidate {
  readonly root: string
  /** The newest announcement of it. */
  readonly announced: Announced
  /** Every announcement of it, the newest first: they may differ, then some lie. */
  readonly said: readonly Announced[]
  readonly signers: readonly Signer[]
}

export interface AnnouncementsDeps {
  readonly book: Pick<RecordBook, 'events' | 'livePages' | 'state' | 'trust'>
  readonly clock: Clock
  readonly log: Log
}

/** More signers make a checkpoint no more believable. */
export const quorum = 3
/** Newest announcements that are looked at; of an honest swarm a handful is newer than an hour. */
const maxLookedAt = 64
/** Announcements remembered as wrong; the oldest is forgotten first. */
const maxRefuted = 256

/** What trusted peers announce in the bucket `checkpoints`, kept in step with the book. */
export class Announcements {
  readonly #deps: AnnouncementsDeps
  readonly #known = new Map<RecordId, Announced>()
  readonly #events: Emitter<{ 'announcements:changed': { readonly others: boolean } }>
  /** Who said of which root what it does not hold: saying it once more changes nothing. */
  readonly #refuted = new Set<string>()
  #undo: Unsubscribe[] = []
  #candidates: readonly Candidate[] | null = null

  constructor(deps: AnnouncementsDeps) {
    this.#deps = deps
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener of the checkpoints failed'))
  }

  /** `others`: something that this peer did not say itself. */
  get events(): EventSource<{ 'announcements:changed': { readonly others: boolean } }> {
    return this.#events
  }

  start(): void {
    if (this.#undo.length > 0) return
    const { book } = this.#deps
    this.#undo = [
      book.events.on('bucket:merged', ({ bucket, records, arrival }) => {
        if (bucket !== 'checkpoints') return
        for (const stored of records) this.#add(stored)
        this.#changed(arrival.via !== 'authored')
      }),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket !== 'checkpoints') return
        for (const id of ids) this.#known.delete(id)
        this.#changed(false)
      }),
      // Who endorsed may have gained or lost a place; whose announcements count, the events above tell.
      book.events.on('trust:changed', () => this.#changed(true)),
    ]
    for (const page of book.livePages('checkpoints')) for (const stored of page) this.#add(stored)
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo()
    this.#known.clear()
    this.#candidates = null
  }

  /** By root, the best to begin with first: most signers up to a quorum, then the newest. */
  candidates(): readonly Candidate[] {
    this.#candidates ??= this.#compare()
    return this.#candidates
  }

  /** Who signs this root, or the same state; nobody when it is not announced any more. */
  signersOf(root: string): readonly Signer[] {
    return this.candidates().find((one) => one.root === root)?.signers ?? []
  }

  /** What a peer says of a root is not so; what others say of the same root is another matter. */
  refute({ by, root }: Announced): void {
    this.#refuted.add(`${by} ${root}`)
    const oldest = this.#refuted.values().next().value
    if (this.#refuted.size > maxRefuted && oldest !== undefined) this.#refuted.delete(oldest)
    this.#changed(false)
  }

  /** What a peer announces itself. */
  of(peer: PeerId): Announced | undefined {
    return [...this.#known.values()].filter(({ by }) => by === peer).toSorted((a, b) => b.at - a.at)[0]
  }

  #add({ record }: StoredRecord): void {
    const { id, body, attestations } = record
    if (body.key !== announcementKey) return
    const announcement = decodeAnnouncement(body.value)
    if (announcement === undefined) return
    const endorsers = attestations
      .filter(({ verdict, author }) => verdict === 'endorse' && author !== body.author)
      .map(({ author, at }) => ({ peer: author, atMs: at }))
    this.#known.set(id, { ...announcement, recordId: id, by: body.author, endorsers })
  }

  #changed(others: boolean): void {
    this.#candidates = null
    this.#events.emit('announcements:changed', { others })
  }

  #compare(): readonly Candidate[] {
    const now = this.#deps.clock.now()
    const announcers = new Set<PeerId>()
    const newest = [...this.#known.values()]
      .filter(({ at, by, root }) => at <= now + maxFutureMs && !this.#refuted.has(`${by} ${root}`))
      // A clock that is fast makes nothing newer.
      .map((one) => ({ ...one, at: Math.min(one.at, now) }))
      .toSorted((a, b) => b.at - a.at)
      .filter(({ by }) => !announcers.has(by) && announcers.add(by))
      .slice(0, maxLookedAt)
    const roots = Map.groupBy(newest, ({ root }) => root.toString())
    const candidates = [...roots].flatMap(([root, said]) => {
      const [announced] = said
      return announced === undefined ? [] : [{ root, announced, said, signers: this.#signers(root, announced, newest) }]
    })
    const weight = ({ signers }: Candidate): number => Math.min(quorum, signers.length)
    return candidates.toSorted(
      (a, b) => weight(b) - weight(a) || b.announced.at - a.announced.at || (a.root < b.root ? -1 : 1),
    )
  }

  /** One entry a peer, for the strongest that it says. */
  #signers(root: string, announced: Announced, all: readonly Announced[]): readonly Signer[] {
    const trust = this.#deps.book.trust()
    const isTrusted = (peer: PeerId): boolean => ['root', 'member'].includes(trust.of(peer).standing)
    const signers = new Map<PeerId, Signer>()
    const ranks = ['announced', 'endorsed', 'same'] as const
    const add = (signer: Signer): void => {
      const before = signers.get(signer.peer)
      if (before !== undefined && ranks.indexOf(before.how) <= ranks.indexOf(signer.how)) return
      if (isTrusted(signer.peer)) signers.set(signer.peer, signer)
    }
    for (const { root: other, by, at, recordId, endorsers, buckets } of all) {
      const isSame = other.toString() === root
      if (!isSame && !agrees(buckets, announced.buckets)) continue
      add({ peer: by, atMs: at, how: isSame ? 'announced' : 'same', recordId })
      for (const { peer, atMs } of endorsers) add({ peer, atMs, how: isSame ? 'endorsed' : 'same', recordId })
    }
    return [...signers.values()].toSorted((a, b) => ranks.indexOf(a.how) - ranks.indexOf(b.how) || b.atMs - a.atMs)
  }
}
