import { setImmediate } from 'node:timers/promises'
import type { CID } from 'multiformats/cid'
import { inlineBlock } from './block-hash.ts'
import { linksOf } from './dag-walk.ts'
import { DigestSet } from './digest-set.ts'

/** Inner nodes handled between two turns of the event loop: each has 174 links and takes well under a millisecond. */
const nodesPerTurn = 8
const dagPbCode = 0x70

/** Adds all blocks below the roots it is given to `kept`. Loads inner nodes only, each once. */
export class Marker {
  readonly #kept: DigestSet
  readonly #load: (cid: CID) => Promise<Uint8Array | undefined>
  readonly #visited = new DigestSet()
  #nodes = 0

  constructor(kept: DigestSet, load: (cid: CID) => Promise<Uint8Array | undefined>) {
    this.#kept = kept
    this.#load = load
  }

  /** Tells a node that is missing, null when none is; what is below a missing node is not marked. */
  async mark(root: CID, signal: AbortSignal): Promise<CID | null> {
    const open: CID[] = [root]
    let missing: CID | null = null
    for (let cid = open.pop(); cid !== undefined; cid = open.pop()) {
      if (inlineBlock(cid) === undefined) this.#kept.add(cid.multihash.digest)
      if (cid.code !== dagPbCode || !this.#visited.add(cid.multihash.digest)) continue
      signal.throwIfAborted()
      const block = await this.#load(cid)
      if (block === undefined) missing = cid
      else open.push(...linksOf(cid, block))
      this.#nodes += 1
      if (this.#nodes % nodesPerTurn === 0) await setImmediate()
    }
    return missing
  }
}
