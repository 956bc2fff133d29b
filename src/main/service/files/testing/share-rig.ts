import { join } from 'node:path'
import { silentLog } from '../../../base/log.ts'
import { OneBook, self } from '../../../store/testing/one-book.ts'
import { ShareBook, type Here, type ShareBookDeps } from '../share-book.ts'
import { ShareCare, type ShareCareDeps } from '../share-care.ts'
import { ShareIndex } from '../share-index.ts'

export const dayMs = 24 * 60 * 60_000

const safety = { copies: 1, aliveCopies: 1, risk: 'low', why: 'only copy' } as const
/** A machine that has nothing of any file. */
export const nowhere: Here = { held: () => undefined, isKept: () => false, safetyOf: () => safety }
/** A machine that keeps a copy of whatever it is asked about. */
export const here: Here = { ...nowhere, held: () => ({ sizeBytes: 5, copy: true }), isKept: () => true }

/** What a peer that is alone says of files: its book of shares, and what the makers of its parts want. */
export class ShareRig {
  readonly world = new OneBook()
  readonly clock = this.world.clock
  readonly book = this.world.book
  readonly basics = { clock: this.clock, counters: this.world.counters, log: silentLog, random: () => 0.5 }
  readonly #nameOf: ShareBookDeps['nameOf']
  shares: ShareBook

  constructor(nameOf: ShareBookDeps['nameOf'] = (peer) => peer) {
    this.#nameOf = nameOf
    this.shares = this.#newShares()
  }

  /** Also again, as at the start of a process: what is in memory is made anew. */
  async open(): Promise<ShareBook> {
    this.shares.stop()
    this.shares = this.#newShares()
    await this.shares.start()
    return this.shares
  }

  newIndex(): ShareIndex {
    return new ShareIndex(this.basics, { path: join(this.world.home, 'files.json') })
  }

  /** Of files that are whole, and of which nothing is kept, unless it is said otherwise. */
  newCare(index: ShareIndex, change: Partial<ShareCareDeps> = {}): ShareCare {
    return new ShareCare({
      ...this.basics,
      store: { complete: async () => true },
      shares: this.shares,
      index,
      whenDeleted: () => 'unshare',
      isKept: () => false,
      fetchAgain: unexpected,
      repaired: unexpected,
      ...change,
    })
  }

  remove(): void {
    this.shares.stop()
    this.world.remove()
  }

  #newShares(): ShareBook {
    return new ShareBook({
      book: this.book,
      counters: this.world.counters,
      self: self.peerId,
      nameOf: this.#nameOf,
      isAlive: () => true,
      now: () => this.clock.now(),
      changed: () => {},
    })
  }
}

export function unexpected(): never {
  throw new Error('this is not to be asked')
}
