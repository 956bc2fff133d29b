import type { CID } from 'multiformats/cid'
import type { CheckpointImportView } from '../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { decodeIndex, decodeRoot, blockOf, type ChunkEntry } from '../../model/checkpoint.ts'
import type { TrustState } from '../../model/trust.ts'
import type { BlockStore } from '../files/block-store.ts'
import { readCar } from './car.ts'
import type { CheckpointIntake } from './intake.ts'
import type { CheckpointShelf } from './shelf.ts'
import { BadCheckpointError, factsOf, readTree, type CheckpointTree } from './tree.ts'

export interface CarImportDeps {
  readonly blocks: () => BlockStore
  readonly intake: CheckpointIntake
  readonly shelf: CheckpointShelf
  readonly swarm: () => Pick<TrustState, 'anchor'>
  readonly clock: Clock
  readonly counters: Counters
}

/**
 * Takes over a checkpoint that came as a file. Its blocks go to the store as they stream, each checked by its hash and
 * only if the root leads to it; when all are there it is taken over as one from the network is.
 */
export class CarImport {
  readonly #deps: CarImportDeps

  constructor(deps: CarImportDeps) {
    this.#deps = deps
  }

  /** @throws SwarmError INVALID_INPUT, TOO_LARGE, DISK_FULL */
  async take(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CheckpointImportView> {
    const { clock, counters, intake, shelf } = this.#deps
    const held = new Held(this.#deps)
    try {
      const tree = await this.#store(bytes, held, signal)
      const load = (cid: CID): Promise<Uint8Array> => this.#load(tree.cid, cid)
      const { added, known, refused } = await intake.take(tree, { load, signal, from: null })
      // It speaks of the time of its newest record: nothing in the file says when it was made.
      const newest = tree.chunks.reduce((latest, { entry }) => Math.max(latest, entry.to), 0)
      const at = Math.min(newest, Math.trunc(clock.now()))
      shelf.add({ ...factsOf(tree, at), how: 'imported', sharedChunks: 0 }, tree.cids)
      counters.add('checkpoints.imported')
      return { root: tree.cid.toString() as Cid, added, known, refused: { ...refused } }
    } catch (error) {
      counters.add('checkpoints.refused:file')
      if (!(error instanceof BadCheckpointError)) throw error
      throw new SwarmError('INVALID_INPUT', `The file is not a sound checkpoint: ${error.problems.join('; ')}.`, {
        cause: error,
      })
    } finally {
      held.release()
    }
  }

  async #store(bytes: AsyncIterable<Uint8Array>, held: Held, signal: AbortSignal): Promise<CheckpointTree> {
    const blocks = this.#deps.blocks()
    let root: CID | null = null
    for await (const block of readCar(bytes)) {
      signal.throwIfAborted()
      // The hash first: nothing is read before it is known to be what it is called.
      if (!blockOf(block.bytes).cid.equals(block.cid)) {
        throw new BadCheckpointError(root ?? block.cid, [`the block ${block.cid} is damaged`])
      }
      if (root === null) {
        root = block.cid
        this.#checkRoot(root, block.bytes, held)
      } else if (!held.takes(block.cid, block.bytes)) {
        throw new BadCheckpointError(root, [`the block ${block.cid} is no part of it`])
      }
      await blocks.put(block.cid, block.bytes)
    }
    if (root === null) throw new SwarmError('INVALID_INPUT', 'The file holds no checkpoint.')
    const cid = root
    return readTree(cid, (one) => this.#load(cid, one))
  }

  #checkRoot(cid: CID, bytes: Uint8Array, held: Held): void {
    const decoded = decodeRoot(bytes)
    if (decoded.kind === 'bad') throw new BadCheckpointError(cid, [decoded.problem])
    const own = this.#deps.swarm().anchor.swarm
    const { swarm, buckets } = decoded.value
    if (swarm !== own) {
      throw new SwarmError(
        'INVALID_INPUT',
        `This checkpoint is of another swarm, the one whose id ends in ${words(swarm)}; this peer is in the one that ends in ${words(own)}. Nothing was taken over: import it on a peer of that swarm, or join it first.`,
        { detail: { swarm } },
      )
    }
    held.expect([cid])
    for (const { chunks } of buckets.values()) {
      if (chunks.kind === 'inline') held.expect(chunks.entries.map(({ cid: one }) => one))
      else held.expectIndex(chunks.blocks)
    }
  }

  async #load(root: CID, cid: CID): Promise<Uint8Array> {
    const bytes = await this.#deps.blocks().get(cid)
    if (bytes === undefined) throw new BadCheckpointError(root, [`the block ${cid} is missing`])
    return bytes
  }
}

/** What the root leads to, kept from collection while the file is read. */
class Held {
  readonly #shelf: CheckpointShelf
  readonly #expected = new Map<string, CID>()
  readonly #index = new Set<string>()
  readonly #name = `import-${performance.now()}`

  constructor({ shelf }: { readonly shelf: CheckpointShelf }) {
    this.#shelf = shelf
  }

  expect(cids: readonly CID[]): void {
    for (const cid of cids) this.#expected.set(cid.toString(), cid)
    this.#shelf.hold(this.#name, [...this.#expected.values()])
  }

  expectIndex(cids: readonly CID[]): void {
    this.expect(cids)
    for (const cid of cids) this.#index.add(cid.toString())
  }

  /** Whether a block belongs to it; an index block leads to more. */
  takes(cid: CID, bytes: Uint8Array): boolean {
    const name = cid.toString()
    if (!this.#expected.has(name)) return false
    if (!this.#index.delete(name)) return true
    const decoded = decodeIndex(bytes)
    const entries: readonly ChunkEntry[] = decoded.kind === 'ok' ? decoded.value : []
    this.expect(entries.map((entry) => entry.cid))
    return true
  }

  release(): void {
    this.#shelf.release(this.#name)
  }
}

/** The end of an id as people compare it. */
const words = (id: string): string => (id.slice(-16).match(/.{4}/g) ?? []).join(' ')
