import { isCid, type Cid, type PeerId, type RecordId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { fileValueSchema, isHolding, type FileValue } from './share-record.ts'
import type { ShareFact } from './share-view.ts'

export interface RecordFactsDeps {
  readonly counters: Counters
  readonly self: PeerId
  readonly now: () => number
}

/** What records say of files, by file, and what of it this peer says. As bounded as the bucket `files` is. */
export class RecordFacts {
  readonly #deps: RecordFactsDeps
  readonly #byCid = new Map<Cid, Map<RecordId, ShareFact>>()
  readonly #cidOf = new Map<RecordId, Cid>()
  /** Those of this peer. */
  readonly #ownIds = new Set<RecordId>()
  /** Of those, the shares, by the name that they give. */
  readonly #ownByName = new Map<string, Set<RecordId>>()

  constructor(deps: RecordFactsDeps) {
    this.#deps = deps
  }

  /** Files that records tell of. */
  cids(): Iterable<Cid> {
    return this.#byCid.keys()
  }

  has(id: RecordId): boolean {
    return this.#cidOf.has(id)
  }

  isOwn(id: RecordId): boolean {
    return this.#ownIds.has(id)
  }

  /** What counts now: a record that has ended may still be here until it is swept. */
  said(cid: Cid): readonly ShareFact[] {
    const now = this.#deps.now()
    return this.all(cid).filter((fact) => fact.validUntilMs > now)
  }

  /** Also what has ended. */
  all(cid: Cid): readonly ShareFact[] {
    return [...(this.#byCid.get(cid)?.values() ?? [])]
  }

  /** This peer's records about a file, of both kinds. */
  own(cid: Cid): readonly ShareFact[] {
    return this.said(cid).filter((fact) => fact.author === this.#deps.self)
  }

  /** The files that this peer says it shares or holds. */
  ownCids(kind?: FileValue['kind']): readonly Cid[] {
    const cids = [...this.#ownIds].flatMap((id) => {
      const found = this.find(id)
      if (found === undefined) return []
      const { value } = found.fact
      return (kind === undefined ? isHolding(value) : value.kind === kind) ? [found.cid] : []
    })
    return [...new Set(cids)]
  }

  /** This peer's share records under a name. */
  ownNamed(name: string): readonly { readonly id: RecordId; readonly cid: Cid; readonly channel: string | null }[] {
    const now = this.#deps.now()
    return [...(this.#ownByName.get(name) ?? [])].flatMap((id) => {
      const { cid, fact } = this.find(id) ?? {}
      if (cid === undefined || fact?.value.kind !== 'share' || fact.validUntilMs <= now) return []
      return [{ id, cid, channel: fact.value.channel }]
    })
  }

  /** @returns the file that the record is about; undefined, and counted, when it says nothing of a file */
  put({ record, arrival }: StoredRecord, rule: string): Cid | undefined {
    const { key: cid, author, seq, validFrom, validUntil } = record.body
    const parsed = fileValueSchema.safeParse(record.body.value)
    if (!isCid(cid) || !parsed.success) {
      this.#deps.counters.add('files.record:bad-value')
      return undefined
    }
    const evidence = {
      fact: parsed.data.kind === 'copy' ? ('copy' as const) : ('file' as const),
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

  /** @returns the file that the record was about */
  remove(id: RecordId): Cid | undefined {
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

  clear(): void {
    this.#byCid.clear()
    this.#cidOf.clear()
    this.#ownIds.clear()
    this.#ownByName.clear()
  }

  /** What a record says, also one that has ended. */
  find(id: RecordId): { readonly cid: Cid; readonly fact: ShareFact } | undefined {
    const cid = this.#cidOf.get(id)
    const fact = cid === undefined ? undefined : this.#byCid.get(cid)?.get(id)
    return cid === undefined || fact === undefined ? undefined : { cid, fact }
  }

  #named(name: string): Set<RecordId> {
    let ids = this.#ownByName.get(name)
    if (ids === undefined) this.#ownByName.set(name, (ids = new Set()))
    return ids
  }
}
