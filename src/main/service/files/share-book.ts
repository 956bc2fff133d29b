import { isCid, type Cid, type PeerId, type RecordId } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { CborMap } from '../../model/cbor.ts'
import type { RecordDraft } from '../../store/record-book-init.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { fileValueSchema, shareValue, type FileValue, type ShareDraft } from './share-record.ts'
import { firstShare, shareView, type ShareFact } from './share-view.ts'

/** A share lives this long without its origin; while the origin runs it is renewed. */
const validForMs = 60 * 24 * 60 * 60_000
/** Renewed when this much is left: an origin that is switched off for a month keeps its shares. */
const renewBeforeMs = validForMs / 2

export interface ShareBookDeps {
  readonly book: RecordBook
  readonly counters: Counters
  readonly self: PeerId
  readonly nameOf: (peer: PeerId) => string
  readonly isAlive: (peer: PeerId) => boolean
  readonly now: () => number
  readonly changed: (cids: readonly Cid[]) => void
}

/** What only this machine knows of a file. */
export interface Here {
  /** All of it is in the store. */
  readonly isLocal: (cid: Cid) => boolean
  /** A person wants it kept. */
  readonly isKept: (cid: Cid) => boolean
}

/** The swarm's shared files as the records tell: which there are, and who holds them. */
export class ShareBook {
  readonly #deps: ShareBookDeps
  readonly #byCid = new Map<Cid, Map<RecordId, ShareFact>>()
  readonly #cidOf = new Map<RecordId, Cid>()
  /** Those of this peer. */
  readonly #ownIds = new Set<RecordId>()
  /** Of those, the shares, by the name that they give. */
  readonly #ownByName = new Map<string, Set<RecordId>>()
  #off: Unsubscribe[] = []

  constructor(deps: ShareBookDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#off.length > 0) return
    const { book } = this.#deps
    this.#off = [
      book.events.on('bucket:merged', ({ bucket, records }) => {
        if (bucket === 'files') this.#take(records)
      }),
      // Before this peer is admitted its own shares count nowhere, but here they are shared all the same.
      book.events.on('records:stored', ({ records }) =>
        this.#take(records.filter((stored) => this.#isOwnWaiting(stored))),
      ),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket === 'files') this.#tell(ids.map((id) => (this.#waits(id) ? undefined : this.#remove(id))))
      }),
    ]
    const cids = new Set<Cid | undefined>()
    await book.eachLive('files', (stored) => cids.add(this.#put(stored, book.state(stored).reason)))
    if (book.trust().of(book.self).roles.size === 0) {
      await book.eachHeld('files', (stored) => {
        if (this.#isOwnWaiting(stored)) cids.add(this.#put(stored, book.state(stored).reason))
      })
    }
    this.#tell([...cids])
  }

  stop(): void {
    for (const off of this.#off) off()
    this.#off = []
    this.#byCid.clear()
    this.#cidOf.clear()
    this.#ownIds.clear()
    this.#ownByName.clear()
  }

  /** Signs a share of this peer. */
  share(cid: Cid, facts: ShareDraft): RecordId {
    return this.#deps.book.author(draftOf(cid, facts)).record.id
  }

  /** Signs many shares in one go: all or none. Tells their records in the same order. */
  shareAll(shares: readonly { readonly cid: Cid; readonly facts: ShareDraft }[]): readonly RecordId[] {
    return this.#deps.book.authorAll(shares.map(({ cid, facts }) => draftOf(cid, facts))).map(({ record }) => record.id)
  }

  /** Says, once, that this peer holds a whole copy. */
  copy(cid: Cid, sizeBytes: number): void {
    if (this.#own(cid).length > 0) return
    this.#deps.book.author({ bucket: 'files', key: cid, value: { kind: 'copy', sizeBytes }, validForMs })
  }

  /** Takes back a record of this peer, if it still counts. */
  withdraw(id: RecordId): void {
    if (this.#cidOf.has(id)) this.#deps.book.attest(id, 'dismiss')
  }

  /** The files that this peer says it shares or holds. */
  ownCids(kind?: FileValue['kind']): readonly Cid[] {
    const cids = [...this.#ownIds].flatMap((id) => {
      const cid = this.#cidOf.get(id)
      const fact = cid === undefined ? undefined : this.#byCid.get(cid)?.get(id)
      return cid === undefined || (kind !== undefined && fact?.value.kind !== kind) ? [] : [cid]
    })
    return [...new Set(cids)]
  }

  /** The files of which this peer says that it holds a fetched copy. */
  ownCopies(): readonly { readonly cid: Cid; readonly sizeBytes: number }[] {
    return this.ownCids('copy').flatMap((cid) =>
      this.#own(cid).flatMap(({ value }) => (value.kind === 'copy' ? [{ cid, sizeBytes: value.sizeBytes }] : [])),
    )
  }

  /**
   * Whether a record of this peer will never count again, so that it is to be said anew. One that a clock set back makes
   * seem too early will; what somebody else has dismissed is to stay away.
   */
  isOver(id: RecordId): boolean {
    if (this.#cidOf.has(id)) return false
    const { book, self } = this.#deps
    const stored = book.get(id)
    const state = stored === undefined ? 'dismissed' : book.state(stored).state
    if (state !== 'dismissed') return state !== 'proposed'
    const said = book.attestations(id)
    return said === undefined || said.some(({ author, verdict }) => author === self && verdict === 'dismiss')
  }

  /** This peer's records about a file, of both kinds. */
  #own(cid: Cid): readonly ShareFact[] {
    return this.said(cid).filter((fact) => fact.author === this.#deps.self)
  }

  /** This peer's share records under a name. */
  ownNamed(name: string): readonly { readonly id: RecordId; readonly cid: Cid; readonly channel: string | null }[] {
    const now = this.#deps.now()
    return [...(this.#ownByName.get(name) ?? [])].flatMap((id) => {
      const cid = this.#cidOf.get(id)
      const fact = cid === undefined ? undefined : this.#byCid.get(cid)?.get(id)
      if (cid === undefined || fact?.value.kind !== 'share' || fact.validUntilMs <= now) return []
      return [{ id, cid, channel: fact.value.channel }]
    })
  }

  /** This peer's share records, all of them. */
  ownShares(): readonly { readonly id: RecordId; readonly cid: Cid; readonly name: string }[] {
    return this.ownCids('share').flatMap((cid) =>
      this.#own(cid).flatMap(({ id, value }) => (value.kind === 'share' ? [{ id, cid, name: value.name }] : [])),
    )
  }

  /** Takes back this peer's shares of a file; tells how many there were. */
  withdrawShares(cid: Cid): number {
    const shares = this.#own(cid).filter(({ value }) => value.kind === 'share')
    for (const { id } of shares) this.withdraw(id)
    return shares.length
  }

  /** Takes back what this peer said of a file that it no longer holds. */
  withdrawCopies(cid: Cid): void {
    for (const fact of this.#own(cid)) if (fact.value.kind === 'copy') this.withdraw(fact.id)
  }

  /**
   * Signs anew what would end soon, then takes the old record back. Tells which were replaced by which.
   */
  renew(): ReadonlyMap<RecordId, RecordId> {
    const { self, book } = this.#deps
    const replaced = new Map<RecordId, RecordId>()
    const soonMs = this.#deps.now() + renewBeforeMs
    for (const cid of this.ownCids()) {
      const facts = this.#byCid.get(cid) ?? new Map<RecordId, ShareFact>()
      const newest = new Map<string, ShareFact>()
      for (const fact of facts.values()) {
        if (fact.author !== self) continue
        const what = fact.value.kind === 'share' ? `share:${fact.value.name}` : 'copy'
        const other = newest.get(what)
        if (other === undefined || other.validUntilMs < fact.validUntilMs) newest.set(what, fact)
      }
      for (const fact of newest.values()) {
        if (fact.validUntilMs > soonMs) continue
        const { record } = book.author({ bucket: 'files', key: cid, value: valueOf(fact.value), validForMs })
        this.withdraw(fact.id)
        replaced.set(fact.id, record.id)
      }
    }
    return replaced
  }

  /** Who says to hold a file, this peer left out; origins first. */
  holders(cid: Cid): readonly PeerId[] {
    const facts = this.said(cid).filter((fact) => fact.author !== this.#deps.self)
    const origins = facts.filter((fact) => fact.value.kind === 'share')
    return [...new Set([...origins, ...facts].map((fact) => fact.author))]
  }

  /** Name and size of a file, when a record tells. */
  facts(cid: Cid): { readonly name: string; readonly sizeBytes: number } | undefined {
    const first = firstShare(this.said(cid))
    return first && { name: first.share.name, sizeBytes: first.share.sizeBytes }
  }

  /** All files that somebody shares, newest first. */
  list(here: Here): readonly ShareView[] {
    const views = [...this.#byCid.keys()].flatMap((cid) => this.view(cid, here) ?? [])
    return views.sort((a, b) => b.sharedAtMs - a.sharedAtMs || (a.cid < b.cid ? -1 : 1))
  }

  view(cid: Cid, here: Here): ShareView | undefined {
    return shareView(cid, this.said(cid), this.#deps, { local: here.isLocal(cid), kept: here.isKept(cid) })
  }

  /** Files that records tell of. */
  cids(): Iterable<Cid> {
    return this.#byCid.keys()
  }

  /** What counts now: a record that has ended may still be here until it is swept. */
  said(cid: Cid): readonly ShareFact[] {
    const now = this.#deps.now()
    return [...(this.#byCid.get(cid)?.values() ?? [])].filter((fact) => fact.validUntilMs > now)
  }

  #take(records: readonly StoredRecord[]): void {
    this.#tell(
      records.map((stored) => {
        const { state, reason } = this.#deps.book.state(stored)
        const counts = state === 'accepted' || this.#isOwnWaiting(stored)
        return counts ? this.#put(stored, reason) : this.#remove(stored.record.id)
      }),
    )
  }

  #isOwnWaiting(stored: StoredRecord): boolean {
    const { author, bucket } = stored.record.body
    const { book, self } = this.#deps
    return bucket === 'files' && author === self && book.state(stored).state === 'proposed'
  }

  /** One of our own that does not count (any more), though we have not taken it back. */
  #waits(id: RecordId): boolean {
    const stored = this.#ownIds.has(id) ? this.#deps.book.get(id) : undefined
    return stored !== undefined && this.#isOwnWaiting(stored)
  }

  #put({ record, arrival }: StoredRecord, rule: string): Cid | undefined {
    const { key: cid, author, seq, validFrom, validUntil } = record.body
    const parsed = fileValueSchema.safeParse(record.body.value)
    if (!isCid(cid) || !parsed.success) {
      this.#deps.counters.add('files.record:bad-value')
      return undefined
    }
    const evidence = {
      fact: parsed.data.kind === 'share' ? ('file' as const) : ('copy' as const),
      recordId: record.id,
      author,
      seq,
      how: arrival.via === 'authored' ? ('self' as const) : arrival.via,
      from: arrival.from,
      receivedAtMs: arrival.receivedAtMs,
      validFromMs: validFrom,
      validUntilMs: validUntil,
      rule,
    }
    let facts = this.#byCid.get(cid)
    if (facts === undefined) this.#byCid.set(cid, (facts = new Map()))
    facts.set(record.id, { id: record.id, author, validUntilMs: validUntil, value: parsed.data, evidence })
    this.#cidOf.set(record.id, cid)
    if (author === this.#deps.self) {
      this.#ownIds.add(record.id)
      if (parsed.data.kind === 'share') this.#named(parsed.data.name).add(record.id)
    }
    return cid
  }

  #remove(id: RecordId): Cid | undefined {
    const cid = this.#cidOf.get(id)
    if (cid === undefined) return undefined
    this.#cidOf.delete(id)
    this.#ownIds.delete(id)
    const facts = this.#byCid.get(cid)
    const value = facts?.get(id)?.value
    if (value?.kind === 'share') {
      const named = this.#ownByName.get(value.name)
      named?.delete(id)
      if (named?.size === 0) this.#ownByName.delete(value.name)
    }
    facts?.delete(id)
    if (facts?.size === 0) this.#byCid.delete(cid)
    return cid
  }

  #named(name: string): Set<RecordId> {
    let ids = this.#ownByName.get(name)
    if (ids === undefined) this.#ownByName.set(name, (ids = new Set()))
    return ids
  }

  #tell(cids: readonly (Cid | undefined)[]): void {
    const changed = [...new Set(cids.filter((cid) => cid !== undefined))]
    if (changed.length > 0) this.#deps.changed(changed)
  }
}

function draftOf(cid: Cid, facts: ShareDraft): RecordDraft {
  return { bucket: 'files', key: cid, value: shareValue(facts), validForMs }
}

function valueOf(value: FileValue): CborMap {
  return value.kind === 'share' ? shareValue(value) : { ...value }
}
