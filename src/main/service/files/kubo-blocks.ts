import { base64 } from 'multiformats/bases/base64'
import type { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import type { Counters } from '../../base/counters.ts'
import { canCheck, inlineBlock, isBlock } from './block-hash.ts'
import type { Blocks } from './blocks.ts'
import { Gate } from './gate.ts'
import type { KuboRpc } from './kubo-rpc.ts'

/** Calls under way: a file is read 24 blocks ahead, and several are read at a time; each is a connection. */
const callsAtATime = 32
/** Damaged blocks remembered, so that they count as missing; one more makes the oldest count as there again. */
const maxDamaged = 10_000

/** Pins that hold one damaged block, in files of which each has it; more stay as they are. */
const maxPinsOfBlock = 100

export interface KuboBlocksDeps {
  readonly rpc: KuboRpc
  readonly counters: Counters
  /** The name of our pins. */
  readonly pinName: string
  readonly onCorrupt: () => void
}

/** The blocks of a Kubo daemon. Each is hashed before it is used: Kubo itself does not look at what lies on its disk. */
export class KuboBlocks implements Blocks {
  readonly #deps: KuboBlocksDeps
  readonly #gate = new Gate(callsAtATime)
  /** Blocks that Kubo gives damaged and does not let go of, because somebody else has pinned them. */
  readonly #damaged = new Set<string>()
  #run = new AbortController()

  constructor(deps: KuboBlocksDeps) {
    this.#deps = deps
  }

  /** Ends what is under way; it can be used again afterwards. */
  close(): void {
    const { url } = this.#deps.rpc
    // No abort of whoever asked: that waits, and tries again with the store that is chosen then.
    const why = `Kubo at ${url} is no longer used. Try again.`
    this.#run.abort(new SwarmError('KUBO_UNREACHABLE', why, { detail: { url } }))
    this.#run = new AbortController()
  }

  /** @throws SwarmError KUBO_UNREACHABLE */
  async has(cid: CID): Promise<boolean> {
    if (inlineBlock(cid) !== undefined) return true
    if (this.#damaged.has(keyOf(cid))) return false
    return this.#do((signal) => this.#deps.rpc.hasBlock(cid, { signal }))
  }

  /** @throws SwarmError KUBO_UNREACHABLE */
  async get(cid: CID): Promise<Uint8Array | undefined> {
    const inline = inlineBlock(cid)
    if (inline !== undefined || !canCheck(cid)) return inline
    if (this.#damaged.has(keyOf(cid))) return undefined
    const bytes = await this.#do((signal) => this.#deps.rpc.getBlock(cid, { signal }))
    if (bytes === undefined || isBlock(cid, bytes)) return bytes
    await this.#damage(cid)
    return undefined
  }

  /** @throws SwarmError KUBO_UNREACHABLE, DISK_FULL */
  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    if (inlineBlock(cid) !== undefined || !canCheck(cid)) return
    await this.#do((signal) => this.#deps.rpc.putBlock(cid, bytes, { signal }))
    this.#damaged.delete(keyOf(cid))
  }

  /**
   * Kubo writes no block that it has, so a damaged one must go before it can be sound again, and before that our pins of
   * the files that it belongs to: they are no longer whole, and are pinned again when they are.
   */
  async #damage(cid: CID): Promise<void> {
    const { rpc, counters, pinName } = this.#deps
    counters.add('files.block:corrupt')
    this.#damaged.add(keyOf(cid))
    const oldest = this.#damaged.keys().next().value
    if (this.#damaged.size > maxDamaged && oldest !== undefined) this.#damaged.delete(oldest)
    await this.#do(async (signal) => {
      for (let pins = 0; pins < maxPinsOfBlock; pins += 1) {
        const holder = await rpc.removeBlock(cid, { signal })
        if (holder === null) return void this.#damaged.delete(keyOf(cid))
        if ((await rpc.pinOf(holder, { signal }))?.name !== pinName) return
        await rpc.unpin(holder, { signal })
      }
    })
    this.#deps.onCorrupt()
  }

  #do<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { signal } = this.#run
    return this.#gate.run(signal, () => work(signal))
  }
}

const keyOf = (cid: CID): string => base64.encode(cid.multihash.bytes)
