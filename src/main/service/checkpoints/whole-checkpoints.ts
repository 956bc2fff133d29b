import type { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { BlockStore } from '../files/block-store.ts'
import { parseCid } from '../files/parse-cid.ts'
import type { Announcements } from './announcements.ts'
import type { CheckpointBringer } from './bringer.ts'
import { carBytes, writeCar } from './car.ts'
import type { CheckpointShelf } from './shelf.ts'
import { BadCheckpointError, factsOf, readTree, type CheckpointTree, type Load } from './tree.ts'

export interface WholeCheckpointsDeps {
  readonly blocks: () => BlockStore
  readonly shelf: CheckpointShelf
  readonly announcements: Announcements
  readonly bringer: CheckpointBringer
}

/** A checkpoint as a file that streams. */
export interface CheckpointFile {
  readonly root: Cid
  /** Without the folder. */
  readonly name: string
  readonly sizeBytes: number
  readonly bytes: () => AsyncIterable<Uint8Array>
}

/** Fetching and verifying one for a person who waits. */
const bringTimeoutMs = 10 * 60_000

/** Checkpoints with all their blocks: what is not here is brought from who announces it, and kept. */
export class WholeCheckpoints {
  readonly #deps: WholeCheckpointsDeps

  constructor(deps: WholeCheckpointsDeps) {
    this.#deps = deps
  }

  /**
   * Lends a checkpoint whose blocks `use` loads, each once at least, if it is to be kept.
   * @throws BadCheckpointError; SwarmError NOT_FOUND, FETCH_FAILED
   */
  async lend<Result>(
    root: Cid,
    until: AbortSignal,
    use: (tree: CheckpointTree, load: Load, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { announcements, bringer, shelf } = this.#deps
    const candidate = announcements.candidates().find((one) => one.root === root)
    const at = shelf.get(root)?.at ?? candidate?.announced.at
    if (at === undefined) throw unknownCheckpoint(root)
    const signal = AbortSignal.any([until, AbortSignal.timeout(bringTimeoutMs)])
    const isKept = (): boolean => shelf.get(root) !== undefined
    try {
      return await bringer.bring(
        parseCid(root),
        {
          signal,
          signers: () => announcements.signersOf(root),
          onTree: ({ cids }) => {
            if (!isKept()) shelf.hold(root, cids)
          },
        },
        async (tree, load) => {
          const result = await use(tree, load, signal)
          if (!isKept()) shelf.add({ ...factsOf(tree, at), how: 'fetched', sharedChunks: 0 }, tree.cids)
          return result
        },
      )
    } catch (error) {
      if (!isKept()) shelf.release(root)
      if (!(error instanceof Error) || error.name !== 'NoProviderError') throw error
      throw new SwarmError(
        'FETCH_FAILED',
        `No peer in reach gives all of the checkpoint ${root}. Try again when who announced it is back, or another.`,
        { cause: error },
      )
    }
  }

  /** As a CAR file. @throws SwarmError NOT_FOUND, FETCH_FAILED */
  async file(root: Cid, until: AbortSignal): Promise<CheckpointFile> {
    const { blocks, shelf } = this.#deps
    if (shelf.get(root) === undefined) await this.#bring(root, until)
    const load = async (cid: CID): Promise<Uint8Array> => {
      const bytes = await blocks().get(cid)
      if (bytes !== undefined) return bytes
      shelf.drop(root)
      throw new SwarmError(
        'FETCH_FAILED',
        `A block of the checkpoint ${root} is lost from this peer's disk: make a new one.`,
      )
    }
    const tree = await readTree(parseCid(root), load)
    const chunkBytes = new Map(tree.chunks.map(({ entry }) => [entry.cid.toString(), entry.bytes]))
    const sizes: { cid: CID; bytes: number }[] = []
    for (const cid of tree.cids) sizes.push({ cid, bytes: chunkBytes.get(cid.toString()) ?? (await load(cid)).length })
    const day = new Date(shelf.get(root)?.at ?? 0).toISOString().slice(0, 16).replace(':', '')
    return {
      root,
      name: `swarm-${day}-${root.slice(-6)}.car`,
      sizeBytes: carBytes(tree.cid, sizes),
      bytes: () => writeCar(tree.cid, tree.cids, load),
    }
  }

  async #bring(root: Cid, until: AbortSignal): Promise<void> {
    try {
      await this.lend(root, until, async (tree, load) => {
        for (const { entry } of tree.chunks) await load(entry.cid)
      })
    } catch (error) {
      if (!(error instanceof BadCheckpointError)) throw error
      throw new SwarmError('FETCH_FAILED', `The checkpoint ${root} is not sound: ${error.problems.join('; ')}.`, {
        cause: error,
      })
    }
  }
}

export function unknownCheckpoint(root: string): SwarmError {
  return new SwarmError('NOT_FOUND', `No checkpoint ${root} is known: "dt-swarm checkpoint list" shows those that are.`)
}
