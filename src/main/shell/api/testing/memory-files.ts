import { createHash, hash } from 'node:crypto'
import {
  defaultFileSettings,
  type FileChannelView,
  type FollowView,
  type FoundView,
  type StorageView,
} from '../../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../../shared/ids.ts'
import type { LogPreview } from '../../../../shared/log-views.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import type { ShareView, TransferView } from '../../../../shared/views.ts'
import { Emitter } from '../../../base/emitter.ts'
import { fits } from '../../../service/files/file-query.ts'
import { formatUri, parseUri } from '../../../service/files/uri.ts'
import type { ApiFiles } from '../api-peer.ts'

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
  readonly ended: TransferView[] = []
  /** Bytes that uploads have brought. */
  uploaded = 0
  /** Uploads that were given up before their end. */
  aborted = 0
  readonly sharedPaths: string[] = []
  /** Calls that change something, in order. */
  readonly asked: unknown[][] = []
  /** SHA-1s that were found wrong. */
  readonly disproved: string[] = []
  readonly #joined = new Set<string>()
  #follows: FollowView[] = []

  readonly logs: ApiFiles['logs'] = {
    preview: async (cid): Promise<LogPreview> => {
      const { sizeBytes } = await this.stat(cid)
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

  shares(): readonly ShareView[] {
    return [...this.contents.keys()].map((cid) => this.#share(cid))
  }

  share(cid: Cid): ShareView | undefined {
    return this.contents.has(cid) ? this.#share(cid) : undefined
  }

  matching(query: Parameters<ApiFiles['matching']>[0]): readonly ShareView[] {
    return this.shares().filter((share) => fits(share, query))
  }

  transfers(): readonly TransferView[] {
    return this.ended
  }

  transfer(id: string): TransferView | undefined {
    return this.ended.find((transfer) => transfer.id === id)
  }

  cancel(id: string): TransferView {
    return this.#transfer(id, { state: 'cancelled' })
  }

  pause(id: string): TransferView {
    return this.#known(id, { state: 'paused' })
  }

  resume(id: string): TransferView {
    return this.#known(id, { state: 'waiting' })
  }

  setPriority(id: string, priority: TransferView['priority']): TransferView {
    return this.#known(id, { priority })
  }

  clearEnded(): void {
    this.ended.splice(0)
  }

  fetch(cid: Cid, options: Parameters<ApiFiles['fetch']>[1]): TransferView {
    this.asked.push(['fetch', cid, options])
    return this.#transfer('f1', { cid, priority: options.priority ?? 'normal' })
  }

  fetchAll(query: Parameters<ApiFiles['fetchAll']>[0], options: { readonly to: unknown }): readonly TransferView[] {
    this.asked.push(['fetchAll', query, options])
    return this.matching(query).map(({ cid }, n) => this.#transfer(`f${n}`, { cid }))
  }

  keep(cid: Cid, kept: boolean): void {
    this.asked.push(['keep', cid, kept])
    this.facts.set(cid, { ...this.facts.get(cid), kept })
  }

  follows(): readonly FollowView[] {
    return this.#follows
  }

  follow(draft: Parameters<ApiFiles['follow']>[0]): FollowView {
    const follow = { id: `w${this.#follows.length + 1}`, origin: null, search: null, topic: null, to: null, ...draft }
    this.#follows = [...this.#follows, { ...follow, sinceMs: 1, fetched: 0 }]
    return { ...follow, sinceMs: 1, fetched: 0 }
  }

  unfollow(id: string): void {
    if (!this.#follows.some((one) => one.id === id)) throw new SwarmError('NOT_FOUND', `nothing is followed as "${id}"`)
    this.#follows = this.#follows.filter((one) => one.id !== id)
  }

  async shareStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<TransferView> {
    if (name.split('/').some((step) => step === '' || step === '..')) {
      throw new SwarmError('INVALID_INPUT', `"${name}" is not a file name`)
    }
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of bytes) {
        options.signal?.throwIfAborted()
        chunks.push(chunk)
        this.uploaded += chunk.length
      }
    } catch (error) {
      this.aborted += 1
      throw error
    }
    const cid = this.put(name, Buffer.concat(chunks))
    return this.#transfer('s1', { kind: 'share', name, cid, doneBytes: 1 })
  }

  async sharePaths(
    paths: readonly string[],
    options: { readonly how?: 'copy' | 'link'; readonly channel?: string | null } = {},
  ): Promise<readonly TransferView[]> {
    this.asked.push(['sharePaths', paths, options])
    this.sharedPaths.push(...paths)
    return paths.map((name, n) => this.#transfer(`s${n}`, { kind: 'share', name }))
  }

  unshare(cid: Cid): void {
    if (!this.contents.delete(cid)) throw new SwarmError('NOT_FOUND', `${cid} is not shared by this peer`)
    this.asked.push(['unshare', cid])
  }

  async *content(
    cid: Cid,
    { offset = 0, length }: { readonly offset?: number; readonly length?: number },
  ): AsyncGenerator<Uint8Array> {
    const bytes = this.contents.get(cid) ?? new Uint8Array()
    const end = length === undefined ? bytes.length : offset + length
    for (let at = offset; at < end; at += 1_000) yield bytes.subarray(at, Math.min(at + 1_000, end))
  }

  async stat(cid: Cid): Promise<{ readonly sizeBytes: number; readonly local: boolean }> {
    const bytes = this.contents.get(cid)
    if (bytes === undefined) throw new SwarmError('FETCH_FAILED', 'no peer that has it can be reached')
    return { sizeBytes: bytes.length, local: true }
  }

  async find(text: string, options: { readonly channel?: string | undefined } = {}): Promise<FoundView> {
    const uri = parseUri(text)
    if (options.channel !== undefined && !this.#joined.has(options.channel)) {
      throw new SwarmError('INVALID_INPUT', `join "${options.channel}" first`)
    }
    const cid = uri.kind === 'cid' ? uri.cid : (this.#bySha1(uri.sha1) ?? null)
    const share = cid === null ? undefined : this.share(cid)
    return {
      uri: formatUri(uri),
      cid,
      sha1: uri.kind === 'sha1' ? uri.sha1 : (share?.sha1 ?? null),
      name: share?.name ?? uri.name,
      sizeBytes: share?.sizeBytes ?? null,
      local: share !== undefined,
      providers: [],
    }
  }

  async resolve(text: string): Promise<Cid> {
    const { cid } = await this.find(text)
    if (cid !== null) return cid as Cid
    throw new SwarmError('NOT_FOUND', `nobody has ${text}`)
  }

  disproveSha1(sha1: string): void {
    this.disproved.push(sha1)
  }

  channels(): readonly FileChannelView[] {
    return [...this.#joined].map((name) => ({ name, joined: true, members: 1, files: 0 }))
  }

  joinChannel(name: string): FileChannelView {
    this.#joined.add(name)
    return { name, joined: true, members: 1, files: 0 }
  }

  leaveChannel(name: string): FileChannelView {
    this.#joined.delete(name)
    return { name, joined: false, members: 0, files: 0 }
  }

  async storage(): Promise<StorageView> {
    const { store, quotaBytes, bandwidth } = defaultFileSettings
    const usedBytes = [...this.contents.values()].reduce((sum, { length }) => sum + length, 0)
    const kept = { keptFiles: this.contents.size, keptBytes: usedBytes }
    return { store, problem: null, version: null, usedBytes, quotaBytes, ...kept, freeBytes: null, bandwidth }
  }

  /** What a test said of it, whether it is true or not. */
  #bySha1(sha1: string): Cid | undefined {
    return this.shares().find((share) => share.sha1 === sha1 && !this.disproved.includes(sha1))?.cid
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
      local: true,
      kept: false,
      own: true,
      sha1: hash('sha1', bytes),
      channel: null,
      log: null,
      evidence: [],
      ...this.facts.get(cid),
    }
  }

  #known(id: string, change: Partial<TransferView>): TransferView {
    const before = this.transfer(id)
    if (before === undefined) throw new SwarmError('NOT_FOUND', `no transfer "${id}" is known`)
    this.asked.push([id, change])
    return { ...before, ...change }
  }

  #transfer(id: string, change: Partial<TransferView>): TransferView {
    return {
      id,
      kind: 'fetch',
      name: '',
      cid: null,
      sizeBytes: null,
      doneBytes: 0,
      bytesPerS: 0,
      remainingMs: null,
      state: 'done',
      step: 'done',
      error: null,
      startedAtMs: 1,
      endedAtMs: 1,
      path: null,
      priority: 'normal',
      group: null,
      from: [],
      ...change,
    }
  }
}
