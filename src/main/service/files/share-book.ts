import type { CopySafety } from '../../../shared/file-views.ts'
import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import type { EvidenceView, ShareView } from '../../../shared/views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { RecordDraft } from '../../store/record-book-init.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { RecordFacts } from './record-facts.ts'
import {
  copyValue,
  isHolding,
  shareValue,
  toldBy,
  type FileValue,
  type OwnShare,
  type ShareDraft,
} from './share-record.ts'
import { ShareDeletions } from './share-deletion.ts'
import type { Held } from './share-index.ts'
import { endingSoon, renewAll } from './share-renewal.ts'
import { ShareWithdrawal } from './share-withdrawal.ts'
import { firstShare, lastingShare, shareEvidence, shareView, type ShareFact } from './share-view.ts'

/** A share lives this long without its origin; while the origin runs it is renewed. */
const validForMs = 60 * 24 * 60 * 60_000
/** Renewed when this much is left: an origin that is switched off for a month keeps its shares. */
const renewBeforeMs = validForMs / 2
/** A share that has less left is not renewed any more: its peer has been away for a month and a half. */
const standInBeforeMs = validForMs / 4

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
  /** What is known of it when all of it is in the store. */
  readonly held: (cid: Cid) => Held | undefined
  /** A person wants it kept. */
  readonly isKept: (cid: Cid) => boolean
  /** How safe it is with those who hold it. */
  readonly safetyOf: (cid: Cid) => CopySafety
}

/** The swarm's shared files as the records tell: which there are, and who holds them. */
export class ShareBook {
  readonly #deps: ShareBookDeps
  readonly #facts: RecordFacts
  readonly #withdrawal: ShareWithdrawal
  readonly #deletions: ShareDeletions
  #off: Unsubscribe[] = []

  constructor(deps: ShareBookDeps) {
    this.#deps = deps
    this.#facts = new RecordFacts(deps)
    this.#deletions = new ShareDeletions({ ...deps, facts: this.#facts })
    this.#withdrawal = new ShareWithdrawal({
      counters: deps.counters,
      counts: (id) => this.#facts.has(id),
      dismiss: (ids) => {
        this.#deletions.tell(ids)
        deps.book.attestAll(ids, 'dismiss')
      },
    })
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
        if (bucket === 'files') this.#tell(ids.map((id) => (this.#waits(id) ? undefined : this.#facts.remove(id))))
      }),
    ]
    const cids = new Set<Cid | undefined>()
    await book.eachLive('files', (stored) => cids.add(this.#facts.put(stored, book.state(stored).reason)))
    if (book.trust().of(book.self).roles.size === 0) {
      await book.eachHeld('files', (stored) => {
        if (this.#isOwnWaiting(stored)) cids.add(this.#facts.put(stored, book.state(stored).reason))
      })
    }
    this.#tell([...cids])
  }

  stop(): void {
    for (const off of this.#off) off()
    this.#off = []
    this.#withdrawal.clear()
    this.#deletions.clear()
    this.#facts.clear()
  }

  /** Signs a share of this peer. */
  share(cid: Cid, facts: ShareDraft): RecordId {
    const { id } = this.#deps.book.author(draftOf(cid, facts)).record
    this.#withdrawDeleted(cid)
    return id
  }

  /** Signs many shares in one go: all or none. Tells their records in the same order. */
  shareAll(shares: readonly { readonly cid: Cid; readonly facts: ShareDraft }[]): readonly RecordId[] {
    const signed = this.#deps.book.authorAll(shares.map(({ cid, facts }) => draftOf(cid, facts)))
    for (const { cid } of shares) this.#withdrawDeleted(cid)
    return signed.map(({ record }) => record.id)
  }

  /** It is shared again, or taken back: what was said when it was deleted is over. */
  #withdrawDeleted(cid: Cid): void {
    for (const { id, value } of this.#facts.own(cid)) if (!isHolding(value)) this.withdraw(id)
  }

  /** Says, once, that this peer holds a whole copy. */
  copy(cid: Cid, sizeBytes: number): void {
    if (this.#facts.own(cid).some(({ id, value }) => isHolding(value) && !this.#withdrawal.has(id))) return
    this.#deps.book.author({ bucket: 'files', key: cid, value: copyValue(sizeBytes), validForMs })
  }

  /**
   * Sees to it that a file of which this peer keeps a copy is still listed when the shares end of those who have been away
   * for too long to renew them, or have deleted it: then the record of the copy tells what they told, until one of them
   * shares it again. What was taken back by its owner is not brought back: that is no longer known here.
   * @returns whether a record was signed anew
   */
  standIn(cid: Cid, isKept: boolean): boolean {
    const own = this.#facts.own(cid).find(({ value }) => value.kind === 'copy')
    if (own?.value.kind !== 'copy') return false
    const { sizeBytes, of } = own.value
    const said = this.said(cid)
    const shares = said.filter(({ value }) => value.kind === 'share')
    const deleted = said.find(({ value }) => value.kind === 'deleted')
    const told = lastingShare(shares) ?? (deleted && toldBy(deleted.value))
    if (told === undefined || told === null) return false
    const lasts = shares.some(({ validUntilMs }) => validUntilMs > this.#deps.now() + standInBeforeMs)
    if (lasts ? of === undefined : of !== undefined || !isKept) return false
    const value = lasts ? copyValue(sizeBytes) : copyValue(sizeBytes, told)
    this.#deps.book.author({ bucket: 'files', key: cid, value, validForMs })
    this.withdraw(own.id)
    return true
  }

  /** Takes back a record of this peer, if it still counts. */
  withdraw(id: RecordId): void {
    if (this.#facts.has(id)) this.#deps.book.attest(id, 'dismiss')
  }

  /** As `withdraw`, of any number: the first at once, the others soon. */
  withdrawAll(ids: Iterable<RecordId>): void {
    this.#withdrawal.add(ids)
  }

  /** As `withdrawAll`, of shares whose files were deleted: of those that others hold it is told what they are. */
  withdrawDeleted(ids: readonly RecordId[]): void {
    this.#deletions.add(ids)
    this.withdrawAll(ids)
  }

  /** The files that this peer says it shares or holds. */
  ownCids(kind?: FileValue['kind']): readonly Cid[] {
    return this.#facts.ownCids(kind)
  }

  /** The files of which this peer says that it holds a fetched copy. */
  ownCopies(): readonly { readonly cid: Cid; readonly sizeBytes: number }[] {
    return this.ownCids('copy').flatMap((cid) =>
      this.#facts.own(cid).flatMap(({ value }) => (value.kind === 'copy' ? [{ cid, sizeBytes: value.sizeBytes }] : [])),
    )
  }

  /**
   * Whether a record of this peer will never count again, so that it is to be said anew. One that a clock set back makes
   * seem too early will; what somebody else has dismissed is to stay away.
   */
  isOver(id: RecordId): boolean {
    if (this.#facts.has(id)) return false
    const { book, self } = this.#deps
    const stored = book.get(id)
    const state = stored === undefined ? 'dismissed' : book.state(stored).state
    if (state !== 'dismissed') return state !== 'proposed'
    const said = book.attestations(id)
    return said === undefined || said.some(({ author, verdict }) => author === self && verdict === 'dismiss')
  }

  /** This peer's share records under a name. */
  ownNamed(name: string): readonly Pick<OwnShare, 'id' | 'cid' | 'channel'>[] {
    return this.#facts.ownNamed(name).filter(({ id }) => !this.#withdrawal.has(id))
  }

  /** This peer's share records, all of them or those of one file. */
  ownShares(of?: Cid): readonly OwnShare[] {
    return (of === undefined ? this.ownCids('share') : [of]).flatMap((cid) =>
      this.#facts.own(cid).flatMap(({ id, value }) => {
        if (value.kind !== 'share' || this.#withdrawal.has(id)) return []
        return [{ id, cid, name: value.name, channel: value.channel }]
      }),
    )
  }

  /** Takes back this peer's shares of a file; tells how many there were. */
  withdrawShares(cid: Cid): number {
    const shares = this.#facts.own(cid).filter(({ value }) => value.kind === 'share')
    for (const { id } of shares) this.withdraw(id)
    this.#withdrawDeleted(cid)
    return shares.length
  }

  /** Takes back what this peer said of files that it no longer holds. */
  withdrawCopies(cids: readonly Cid[]): void {
    this.withdrawAll(
      cids.flatMap((cid) => this.#facts.own(cid).flatMap(({ id, value }) => (value.kind === 'copy' ? [id] : []))),
    )
  }

  /**
   * Signs anew what would end soon, then takes the old record back; of many, bit by bit.
   * @param replaced told for each bit which were replaced by which
   */
  async renew(replaced: (ids: ReadonlyMap<RecordId, RecordId>) => void): Promise<void> {
    const { book, self, now } = this.#deps
    const own = { facts: this.#facts, leaving: this.#withdrawal, self }
    await renewAll(book, endingSoon(own, now() + renewBeforeMs), { validForMs, facts: this.#facts, replaced })
  }

  /** Who says to hold a file, this peer left out; origins first. */
  holders(cid: Cid): readonly PeerId[] {
    const facts = this.said(cid).filter(({ author, value }) => author !== this.#deps.self && isHolding(value))
    const origins = facts.filter((fact) => fact.value.kind === 'share')
    return [...new Set([...origins, ...facts].map((fact) => fact.author))]
  }

  /** Name and size of a file, when a record tells. */
  facts(cid: Cid): { readonly name: string; readonly sizeBytes: number } | undefined {
    const first = firstShare(this.said(cid))
    return first && { name: first.share.name, sizeBytes: first.share.sizeBytes }
  }

  /** All files that somebody shares, and those that are kept here though nobody does; newest first. */
  list(here: Here): readonly ShareView[] {
    const views = [...this.#facts.cids()].flatMap((cid) => this.view(cid, here) ?? [])
    return views.sort((a, b) => b.sharedAtMs - a.sharedAtMs || (a.cid < b.cid ? -1 : 1))
  }

  view(cid: Cid, here: Here): ShareView | undefined {
    const facts = this.said(cid)
    if (facts.length === 0) return undefined
    const held = here.held(cid)
    const own = { held, local: held !== undefined, kept: here.isKept(cid), safety: here.safetyOf(cid) }
    return shareView(cid, facts, this.#deps, own)
  }

  /** Why it is known. */
  evidence(cid: Cid): readonly EvidenceView[] {
    return shareEvidence(this.said(cid), this.#deps)
  }

  /** Files that records tell of. */
  cids(): Iterable<Cid> {
    return this.#facts.cids()
  }

  /** What counts now: a record that has ended may still be here until it is swept. */
  said(cid: Cid): readonly ShareFact[] {
    return this.#facts.said(cid)
  }

  #take(records: readonly StoredRecord[]): void {
    this.#tell(
      records.map((stored) => {
        const { state, reason } = this.#deps.book.state(stored)
        const counts = state === 'accepted' || this.#isOwnWaiting(stored)
        return counts ? this.#facts.put(stored, reason) : this.#facts.remove(stored.record.id)
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
    const stored = this.#facts.isOwn(id) ? this.#deps.book.get(id) : undefined
    return stored !== undefined && this.#isOwnWaiting(stored)
  }

  #tell(cids: readonly (Cid | undefined)[]): void {
    const changed = [...new Set(cids.filter((cid) => cid !== undefined))]
    if (changed.length > 0) this.#deps.changed(changed)
  }
}

function draftOf(cid: Cid, facts: ShareDraft): RecordDraft {
  return { bucket: 'files', key: cid, value: shareValue(facts), validForMs }
}
