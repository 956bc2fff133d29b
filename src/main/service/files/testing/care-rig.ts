import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FileSettings } from '../../../../shared/file-views.ts'
import type { Cid } from '../../../../shared/ids.ts'
import { HeliaStore } from '../helia-store.ts'
import type { ShareBook } from '../share-book.ts'
import type { ShareCare } from '../share-care.ts'
import type { ShareIndex } from '../share-index.ts'
import { ShareRig } from './share-rig.ts'

const { signal } = new AbortController()

/** What one process of a peer has in memory. */
interface Process {
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly store: HeliaStore
  readonly care: ShareCare
}

/** A peer that is alone with a share folder `/share`, and how it cares for what it says of its files. */
export class CareRig extends ShareRig {
  /** What it was told of, in order. */
  readonly repaired: Cid[] = []
  readonly fetched: Cid[] = []
  readonly kept = new Set<Cid>()
  whenDeleted: FileSettings['whenDeleted'] = 'unshare'
  #process: Process | null = null

  get now(): Process {
    if (this.#process === null) throw new Error('it is not open')
    return this.#process
  }

  override async open(): Promise<ShareBook> {
    const exchange = {
      start: async () => {},
      stop: async () => {},
      announce: async () => {},
      request: () => Promise.reject(new Error('nobody is there')),
    }
    const libp2p = (): never => {
      throw new Error('there is no network in this test')
    }
    const onCorrupt = (): void => this.now.care.repairSoon()
    const store = new HeliaStore(
      { ...this.basics, libp2p, exchange, onCorrupt },
      { blocksDir: join(this.world.home, 'blocks') },
    )
    await store.start()
    const shares = await super.open()
    const index = this.newIndex()
    await index.load()
    const care = this.newCare(index, {
      store,
      whenDeleted: () => this.whenDeleted,
      isKept: (cid) => this.kept.has(cid),
      fetchAgain: (cid) => this.fetched.push(cid),
      repaired: (cids) => this.repaired.push(...cids),
    })
    this.#process = { shares, index, store, care }
    return shares
  }

  /** All but the database ends, as with its process. */
  async close(): Promise<void> {
    if (this.#process === null) return
    const { care, index, shares, store } = this.#process
    await care.stop()
    await index.save()
    shares.stop()
    await store.stop()
    this.#process = null
  }

  /** Another process, whose care has begun. */
  async restart(): Promise<void> {
    await this.close()
    await this.open()
    await this.now.care.start()
    await settled()
  }

  async added(bytes: Uint8Array): Promise<Cid> {
    const { cid, release } = await this.now.store.add(once(bytes), { signal })
    release()
    return cid
  }

  /** A file of the share folder, or, linked, one that lies elsewhere. */
  async share(name: string, bytes = randomBytes(600_000), { linked = false } = {}): Promise<Cid> {
    const { shares, index } = this.now
    const cid = await this.added(bytes)
    const nowMs = this.clock.now()
    const recordId = shares.share(cid, {
      name,
      sizeBytes: bytes.length,
      mediaType: 'text/plain',
      modifiedAtMs: nowMs,
      sharedAtMs: nowMs,
      simulated: false,
    })
    const facts = { sizeBytes: bytes.length, mtimeMs: 1, cid, recordId, sharedAtMs: nowMs }
    index.setFile(join('/share', name), { ...facts, name, linked })
    index.changed(signal)
    return cid
  }

  recordsOf(cid: Cid) {
    return this.book.live('files', { key: cid })
  }

  /** When the last of its records ends. */
  horizonOf(cid: Cid): number {
    return Math.max(...this.recordsOf(cid).map(({ record }) => record.body.validUntil))
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Until what was begun without waiting has run as far as it can. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
