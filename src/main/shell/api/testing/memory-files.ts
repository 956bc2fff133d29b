import { createHash, hash } from 'node:crypto'
import { SwarmError } from '../../../../shared/errors.ts'
import { defaultFileSettings, type StorageView } from '../../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../../shared/ids.ts'
import type { LogPreview } from '../../../../shared/log-views.ts'
import type { ShareView, TransferView } from '../../../../shared/views.ts'
import { Emitter } from '../../../base/emitter.ts'
import { fits, type FileQuery } from '../../../service/files/file-query.ts'
import type { ApiFiles } from '../api-peer.ts'
import { memoryFetching } from './memory-fetching.ts'
import { memoryFinder } from './memory-finder.ts'
import { MemoryTransfers, transferView } from './memory-transfers.ts'

const origin = '12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as PeerId

/** Files in memory: what is put in is shared, and what is asked of it is noted in `asked`. */
export class MemoryFiles implements ApiFiles {
  readonly events = new Emitter<{
    'shares:changed': { readonly cids: readonly Cid[] }
    'transfers:changed': { readonly ids: readonly string[] }
    'fetch:finished': TransferView
  }>()
  readonly contents = new Map<Cid, Uint8Array>()
  readonly names = new Map<Cid, string>()
  /** What a test says of a share beyond its name and bytes. */
  readonly facts = new Map<Cid, Partial<ShareView>>()
  /** Bytes that uploads have brought. */
  uploaded = 0
  /** So many fit; after them the disk is full. */
  roomBytes = Infinity
  /** Uploads that were given up before their end. */
  aborted = 0
  readonly sharedPaths: string[] = []
  /** Calls that change something, in order. */
  readonly asked: unknown[][] = []
  /** SHA-1s that were found wrong. */
  readonly disproved: string[] = []
  readonly #moved = new MemoryTransfers(this.asked)
  readonly transfers = this.#moved.list

  readonly shares: ApiFiles['shares'] = {
    all: () => [...this.contents.keys()].map((cid) => this.#share(cid)),
    cids: () => this.contents.keys(),
    get: (cid) => (this.contents.has(cid) ? this.#share(cid) : undefined),
    evidence: () => [],
    matching: (query) => this.#matching(query),
  }

  readonly fetching = memoryFetching({
    asked: this.asked,
    matching: (query) => this.#matching(query),
    kept: (cid, kept) => this.facts.set(cid, { ...this.facts.get(cid), kept }),
    transfer: (id, facts) => transferView(id, facts),
  })

  readonly finder = memoryFinder({ shares: () => this.shares.all(), disproved: this.disproved })

  readonly sharing: ApiFiles['sharing'] = {
    shareStream: (name, bytes, options) => this.#shareStream(name, bytes, options?.signal),
    sharePaths: async (paths, options) => {
      this.asked.push(['sharePaths', paths, options])
      this.sharedPaths.push(...paths)
      return paths.map((name, n) => transferView(`s${n}`, { kind: 'share', name }))
    },
    unshare: (cid) => {
      if (!this.contents.delete(cid)) throw new SwarmError('NOT_FOUND', `${cid} is not shared by this peer`)
      this.asked.push(['unshare', cid])
    },
  }

  readonly reader: ApiFiles['reader'] = {
    content: (cid, options) => this.#content(cid, options),
    stat: async (cid) => {
      const bytes = this.contents.get(cid)
      if (bytes === undefined) throw new SwarmError('FETCH_FAILED', 'no peer that has it can be reached')
      return { sizeBytes: bytes.length, local: true }
    },
  }

  readonly logs: ApiFiles['logs'] = {
    preview: async (cid): Promise<LogPreview> => {
      const { sizeBytes } = await this.reader.stat(cid)
      const times = { startMs: null, endMs: null, messages: null }
      const info = {
        ...times,
        format: 'other',
        topics: [],
        moreTopics: 0,
        whole: true,
        problem: null,
        facts: [],
      } as const
      return {
        kind: 'none',
        readBytes: 0,
        sizeBytes,
        info: { ...info, topics: [], facts: [] },
        why: 'nothing looks into files here',
      }
    },
    frame: async () => {
      throw new SwarmError('NOT_FOUND', 'there are no pictures here')
    },
  }

  put(name: string, bytes: Uint8Array, facts: Partial<ShareView> = {}): Cid {
    const digest = createHash('sha256').update(bytes).digest('hex')
    const cid = `bafy${digest.replace(/[0189]/g, 'z')}` as Cid
    this.contents.set(cid, bytes)
    this.names.set(cid, name)
    this.facts.set(cid, facts)
    this.events.emit('shares:changed', { cids: [cid] })
    return cid
  }

  async storage(): Promise<StorageView> {
    const { store, quotaBytes, bandwidth } = defaultFileSettings
    const usedBytes = [...this.contents.values()].reduce((sum, { length }) => sum + length, 0)
    const kept = { keptFiles: this.contents.size, keptBytes: usedBytes }
    return { store, problem: null, version: null, usedBytes, quotaBytes, ...kept, freeBytes: null, bandwidth }
  }

  #matching(query: FileQuery): readonly ShareView[] {
    return this.shares.all().filter((share) => fits(share, query))
  }

  async #shareStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<TransferView> {
    if (name.split('/').some((step) => step === '' || step === '..')) {
      throw new SwarmError('INVALID_INPUT', `"${name}" is not a file name`)
    }
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of bytes) {
        signal?.throwIfAborted()
        chunks.push(chunk)
        this.uploaded += chunk.length
        if (this.uploaded > this.roomBytes) throw new SwarmError('DISK_FULL', 'the disk is full')
      }
    } catch (error) {
      this.aborted += 1
      throw error
    }
    const cid = this.put(name, Buffer.concat(chunks))
    return transferView('s1', { kind: 'share', name, cid, doneBytes: 1 })
  }

  async *#content(
    cid: Cid,
    { offset = 0, length }: { readonly offset?: number; readonly length?: number },
  ): AsyncGenerator<Uint8Array> {
    const bytes = this.contents.get(cid) ?? new Uint8Array()
    const end = length === undefined ? bytes.length : offset + length
    for (let at = offset; at < end; at += 1_000) yield bytes.subarray(at, Math.min(at + 1_000, end))
  }

  #share(cid: Cid): ShareView {
    const bytes = this.contents.get(cid) ?? new Uint8Array()
    return {
      cid,
      name: this.names.get(cid) ?? '',
      sizeBytes: bytes.length,
      mediaType: 'text/plain',
      origin,
      originName: 'laptop',
      simulated: false,
      modifiedAtMs: 1,
      sharedAtMs: 1,
      copies: [],
      safety: { copies: 1, aliveCopies: 1, risk: 'low', why: 'only copy, on laptop' },
      local: true,
      kept: false,
      own: true,
      sha1: hash('sha1', bytes),
      channel: null,
      log: null,
      ...this.facts.get(cid),
    }
  }
}
