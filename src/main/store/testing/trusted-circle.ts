import type { PeerId } from '../../../shared/ids.ts'
import type { TrustRole } from '../../../shared/trust-views.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../record-book.ts'
import { trustedSwarm, type MemorySwarm, type TrustedSwarm } from './trusted.ts'

/**
 * Peers of a test that all know and trust each other from the start, whenever they are made: each has a role, and every
 * book of the circle holds the grants of all.
 */
export class TrustedCircle {
  readonly trusted: TrustedSwarm
  readonly #grants = new Map<PeerId, SignedRecord>()
  readonly #books = new Set<RecordBook>()
  readonly #atMs: number

  /** @param init.atMs when all of it begins: before any clock of the test */
  constructor(init: { readonly atMs: number }) {
    this.#atMs = init.atMs
    this.trusted = trustedSwarm([], init)
  }

  /** What the next book takes as its swarm. */
  swarm(): MemorySwarm {
    return this.trusted.swarm()
  }

  /** Admits a peer that has no book. */
  admitPeer(peer: PeerId, roles: readonly TrustRole[] = ['robot']): void {
    if (this.#grants.has(peer)) return
    const grant = this.trusted.grant(peer, roles)
    this.#grants.set(peer, grant)
    for (const book of this.#books) if (!merge(book, [grant], this.#atMs)) this.#books.delete(book)
  }

  /** Admits the peer of a book that was just opened (again), and tells all. @param roles default: robot */
  admit(book: RecordBook, roles: readonly TrustRole[] = ['robot']): void {
    this.admitPeer(book.self, roles)
    this.#books.add(book)
    merge(book, [...this.trusted.records, ...this.#grants.values()], this.#atMs)
  }
}

/** @returns false when the book's database is closed */
function merge(book: RecordBook, records: readonly SignedRecord[], atMs: number): boolean {
  try {
    book.merge(records, { via: 'caught-up', from: null, channel: null, receivedAtMs: atMs, hops: 1 })
    return true
  } catch {
    return false
  }
}
