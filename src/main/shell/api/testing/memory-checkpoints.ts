import type { CheckpointImportView, CheckpointView } from '../../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import type { Cid } from '../../../../shared/ids.ts'
import { Emitter } from '../../../base/emitter.ts'
import type { ApiCheckpoints } from '../api-peer.ts'

/** Checkpoints in memory: what is in one is its bytes, and importing them says how many they are. */
export class MemoryCheckpoints implements ApiCheckpoints {
  readonly events = new Emitter<{ 'checkpoints:changed': { readonly roots: readonly string[] } }>()
  readonly contents = new Map<string, Uint8Array>()
  /** Imports whose caller went away. */
  aborted = 0

  list(): readonly CheckpointView[] {
    return [...this.contents.keys()].flatMap((root) => this.get(root) ?? [])
  }

  get(root: string): CheckpointView | undefined {
    const bytes = this.contents.get(root)
    if (bytes === undefined) return undefined
    return {
      root: root as Cid,
      atMs: 1,
      records: bytes.length,
      bytes: bytes.length,
      chunks: 1,
      sharedChunks: 0,
      buckets: [],
      signers: [],
      local: true,
      own: true,
      believable: true,
      reason: 'Made here.',
      difference: null,
    }
  }

  async create(): Promise<CheckpointView> {
    return this.put(`bafyrei${'a'.repeat(51)}${'abcdefgh'[this.contents.size % 8]}`, Buffer.alloc(3_000, 'state'))
  }

  put(root: string, bytes: Uint8Array): CheckpointView {
    this.contents.set(root, bytes)
    this.events.emit('checkpoints:changed', { roots: [root] })
    return this.#one(root)
  }

  async verify(root: Cid): Promise<Awaited<ReturnType<ApiCheckpoints['verify']>>> {
    const { records } = this.#one(root)
    return { root, good: true, records, signatures: records, problems: [], tookMs: 1 }
  }

  async file(root: Cid): Promise<Awaited<ReturnType<ApiCheckpoints['file']>>> {
    const { bytes: sizeBytes } = this.#one(root)
    const content = this.contents.get(root) ?? new Uint8Array(0)
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 1_000) yield content.subarray(at, at + 1_000)
    }
    return { root, name: `swarm-${root.slice(-6)}.car`, sizeBytes, bytes }
  }

  async save(root: Cid, place: { readonly folder: string } | { readonly path: string }) {
    const { name, sizeBytes } = await this.file(root)
    return { path: 'folder' in place ? `${place.folder}/${name}` : place.path, bytes: sizeBytes }
  }

  async importFile(
    bytes: AsyncIterable<Uint8Array>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<CheckpointImportView> {
    let added = 0
    try {
      for await (const part of bytes) {
        signal?.throwIfAborted()
        added += part.length
      }
    } catch (error) {
      this.aborted += 1
      throw error
    }
    if (added === 0) throw new SwarmError('INVALID_INPUT', 'This is not the file of a checkpoint: it holds no blocks.')
    return { root: `bafyrei${'b'.repeat(52)}` as Cid, added, known: 0, refused: {} }
  }

  #one(root: string): CheckpointView {
    const found = this.get(root)
    if (found === undefined) throw new SwarmError('NOT_FOUND', `No checkpoint ${root} is known.`)
    return found
  }
}
