import type { CID } from 'multiformats/cid'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { lastingBuckets } from '../../model/checkpoint-announcement.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { BlockStore } from '../files/block-store.ts'
import { linkToAny } from '../files/link-to-any.ts'
import type { Signer } from './announcements.ts'
import { BadCheckpointError, readTree, type CheckpointTree, type Load } from './tree.ts'

export interface BringerDeps {
  readonly blocks: () => BlockStore
  readonly node: Pick<SwarmNode, 'neighbours' | 'linked' | 'connect'>
  readonly book: Pick<RecordBook, 'trust'>
  readonly clock: Clock
}

export interface BringOptions {
  readonly signal: AbortSignal
  /** Who says that they have it, or one of the same state; asked again and again: whoever turns up helps at once. */
  readonly signers: () => readonly Signer[]
  /** Somebody gave a block. */
  readonly onFrom?: (peer: PeerId) => void
  /** Called when it is known of what it consists, before its chunks come. */
  readonly onTree?: (tree: CheckpointTree) => void
}

/** Linked peers asked though they did not announce it: they may have fetched it themselves. */
const maxOthers = 8

/** Brings checkpoints from the peers that have them: each block from whoever is least busy. */
export class CheckpointBringer {
  readonly #deps: BringerDeps

  constructor(deps: BringerDeps) {
    this.#deps = deps
  }

  /**
   * Lends the tree of a checkpoint and a way to load its chunks, from here or from several peers at once. Chunks of
   * what lasts are the same wherever the state is; those of what changes by the second only whoever has this very root.
   * @throws BadCheckpointError; NoProviderError when nobody gives a block
   */
  async bring<Result>(
    root: CID,
    options: BringOptions,
    use: (tree: CheckpointTree, load: Load) => Promise<Result>,
  ): Promise<Result> {
    const { blocks, node } = this.#deps
    const { signal, signers, onFrom = () => {} } = options
    const all = (): readonly PeerId[] => signers().map(({ peer }) => peer)
    const own = (): readonly PeerId[] => signers().flatMap(({ peer, how }) => (how === 'announced' ? [peer] : []))
    await this.#connect(own(), signal)
    const linked = (peers: readonly PeerId[]): readonly PeerId[] => {
      const holders = peers.filter((peer) => node.linked(peer))
      return holders.length > 0 ? holders : node.neighbours().slice(0, maxOthers)
    }
    const onReceived = (from: PeerId | null): void => {
      if (from !== null) onFrom(from)
    }
    return blocks().fetching({ candidates: () => linked(own()), onReceived }, (loadOwn) =>
      blocks().fetching({ candidates: () => linked(all()), onReceived }, async (loadShared) => {
        const tree = await readTree(root, (cid) => loadOwn(cid, { signal }))
        if (tree.root.swarm !== this.#deps.book.trust().anchor.swarm) {
          throw new BadCheckpointError(root, ['it is of another swarm'])
        }
        options.onTree?.(tree)
        const shared = new Set(
          tree.chunks.flatMap(({ bucket, entry }) => (lastingBuckets.includes(bucket) ? [entry.cid.toString()] : [])),
        )
        return use(tree, (cid) => (shared.has(cid.toString()) ? loadShared(cid, { signal }) : loadOwn(cid, { signal })))
      }),
    )
  }

  /** Links to some that have it when none is linked yet; in vain is no error: another may do. */
  async #connect(peers: readonly PeerId[], signal: AbortSignal): Promise<void> {
    if (peers.length === 0 || peers.some((peer) => this.#deps.node.linked(peer))) return
    await linkToAny(peers, this.#deps, signal)
    signal.throwIfAborted()
  }
}
