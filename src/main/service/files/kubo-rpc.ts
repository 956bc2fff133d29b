import type { KuboRPCClient } from 'kubo-rpc-client'
import { CID } from 'multiformats/cid'
import { setTimeout } from 'node:timers/promises'
import { addToKubo } from './kubo-add.ts'
import { isMissing, kuboError, unreachable } from './kubo-error.ts'
import { kuboAddress, type KuboAddress } from './kubo-url.ts'

/** Asked of Kubo's own disk, not of its network; and the same for what the client's types do not know. */
const here = { offline: true }
const bigBlocks = { 'allow-big-block': true }
const sizeOnly = { sizeOnly: true }

/** Older ones tell the names of pins wrongly or not at all (ipfs/kubo#10970). */
const leastVersion = [0, 38] as const
/** An answer from a daemon on the same machine or network; one that walks a tree, or adds, takes as long as it takes. */
const deadlineMs = 30_000
/** While a file is added, which takes as long as it takes, the daemon is asked this often whether it is there. */
const lookEveryMs = 15_000
/** In a row: one that is busy may be late for once. */
const maxUnanswered = 3

export interface KuboFacts {
  readonly version: string
  readonly peer: string
  /** Where its own libp2p listens. */
  readonly addresses: readonly string[]
}

export interface KuboPin {
  readonly cid: CID
  readonly name: string
}

interface CallOptions {
  readonly signal?: AbortSignal
  /** Null: none. Default 30 s. */
  readonly timeoutMs?: number | null
}

/**
 * The calls of Kubo's RPC that a store needs (https://docs.ipfs.tech/reference/kubo/rpc/). All that is asked is asked of
 * its own disk, never of its network, unless it is said.
 * Every call rejects with SwarmError KUBO_UNREACHABLE when the daemon does not answer or cannot be used.
 */
export class KuboRpc {
  readonly #address: KuboAddress
  readonly #lookEveryMs: number
  #client: Promise<KuboRPCClient> | null = null

  /**
   * @param init `lookEveryMs`: between questions whether it is there, while a file is added; default 15 s
   * @throws SwarmError INVALID_INPUT when that is no address
   */
  constructor(init: { readonly url: string; readonly lookEveryMs?: number }) {
    this.#address = kuboAddress(init.url)
    this.#lookEveryMs = init.lookEveryMs ?? lookEveryMs
  }

  get url(): string {
    return this.#address.url
  }

  /** Whether it runs on this machine, so that its paths are ours. */
  get isHere(): boolean {
    return /^https?:\/\/(127\.|localhost[:/]?|\[::1\])/.test(this.url)
  }

  /** Who answers. @throws SwarmError KUBO_UNREACHABLE also for a Kubo that is too old, and for what is none */
  async facts(options: CallOptions = {}): Promise<KuboFacts> {
    const { version, id } = await this.#call(
      'asking for its version',
      async (client, { signal }) => ({ version: await client.version({ signal }), id: await client.id({ signal }) }),
      { timeoutMs: 5_000, ...options },
    )
    const [major = 0, minor = 0] = String(version.version).split('.').map(Number)
    if (!(major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1]))) {
      throw unreachable(
        this.url,
        `version ${String(version.version).slice(0, 40)} is too old, ${leastVersion.join('.')} is needed`,
      )
    }
    return { version: version.version, peer: id.id.toString(), addresses: id.addresses.map(String) }
  }

  /** Bytes of the whole repository, and where it lies on the machine of the daemon. */
  async room(options: CallOptions = {}): Promise<{ readonly usedBytes: number; readonly path: string }> {
    const { repoSize, repoPath } = await this.#call(
      'asking for its size',
      (client, more) => client.repo.stat({ ...more, ...sizeOnly }),
      { timeoutMs: 5_000, ...options },
    )
    return { usedBytes: Number(repoSize), path: repoPath }
  }

  hasBlock(cid: CID, options: CallOptions = {}): Promise<boolean> {
    return this.#call(
      'looking for a block',
      async (client, more) => {
        const found = await orMissing(client.block.stat(cid, { ...more, ...here }))
        return found !== undefined
      },
      options,
    )
  }

  /**
   * The bytes as they come: to be checked. Undefined when it is not there.
   * @param online also asks its network, and waits for that as long as the deadline is
   */
  async getBlock(cid: CID, { online = false, ...options }: CallOptions & { readonly online?: boolean } = {}) {
    return this.#call(
      'reading a block',
      (client, more) => orMissing(client.block.get(cid, { ...more, ...(online ? {} : here) })),
      options,
    )
  }

  async putBlock(cid: CID, bytes: Uint8Array, options: CallOptions = {}): Promise<void> {
    // The codec only decides under which CID it answers; the block lies under its hash.
    await this.#call(
      'writing a block',
      (client, more) =>
        client.block.put(bytes, { ...more, ...here, ...bigBlocks, format: 'raw', mhtype: hashName(cid), version: 1 }),
      options,
    )
  }

  /** Removes a block; tells the root of a pin that holds it, and then it stays. */
  removeBlock(cid: CID, options: CallOptions = {}): Promise<CID | null> {
    return this.#call(
      'removing a block',
      async (client, more) => {
        for await (const { error } of client.block.rm(cid, { ...more, force: true })) {
          const pinned = /pinned(?: via (\w+))?/.exec(error?.message ?? '')
          if (pinned !== null) return pinned[1] === undefined ? cid : CID.parse(pinned[1])
        }
        return null
      },
      options,
    )
  }

  /** Adds a file as our own store does: the same bytes get the same CID whatever is set in Kubo. It is not pinned. */
  async add(bytes: AsyncIterable<Uint8Array>, { signal }: { readonly signal: AbortSignal }): Promise<CID> {
    // What ended the source is told as it is, not as Kubo's fault.
    const broken: unknown[] = []
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* bytes
      } catch (error) {
        broken.push(error)
        throw error
      }
    }
    const over = new AbortController()
    const gone = new AbortController()
    void this.#watch(over.signal).then((why) => gone.abort(why))
    try {
      return CID.parse(await addToKubo(this.#address, watched(), { signal: AbortSignal.any([signal, gone.signal]) }))
    } catch (error) {
      signal.throwIfAborted()
      if (broken.length > 0) throw broken[0]
      throw kuboError(gone.signal.aborted ? gone.signal.reason : error, { url: this.url, doing: 'adding a file' })
    } finally {
      over.abort()
    }
  }

  /** Resolves when it does not answer any more, with why that is so, or when it is over. */
  async #watch(over: AbortSignal): Promise<unknown> {
    for (let unanswered = 0; ;) {
      try {
        await setTimeout(this.#lookEveryMs, undefined, { signal: over })
        await this.facts({ signal: over })
        unanswered = 0
      } catch (error) {
        unanswered += 1
        if (over.aborted || unanswered >= maxUnanswered) return error
      }
    }
  }

  /** Pins what is whole there. False when something of it is missing: then nothing is pinned. */
  async pin(cid: CID, name: string, options: CallOptions = {}): Promise<boolean> {
    const pinned = await this.#call(
      'pinning a file',
      (client, more) => orMissing(client.pin.add(cid, { ...more, ...here, recursive: true, name })),
      { timeoutMs: null, ...options },
    )
    return pinned !== undefined
  }

  async unpin(cid: CID, options: CallOptions = {}): Promise<void> {
    await this.#call(
      'unpinning a file',
      (client, more) => orMissing(client.pin.rm(cid, { ...more, recursive: true })),
      options,
    )
  }

  /** How one file is pinned with all that it consists of; null when it is not. */
  pinOf(cid: CID, options: CallOptions = {}): Promise<KuboPin | null> {
    return this.#call(
      'looking for a pin',
      async (client, more) => {
        try {
          for await (const pin of client.pin.ls({ ...more, paths: [cid], type: 'recursive', names: true })) {
            return { cid: pin.cid, name: pin.name ?? '' }
          }
        } catch (error) {
          if (!isMissing(error)) throw error
        }
        return null
      },
      options,
    )
  }

  /** All that is pinned with all that it consists of, whoever did it. */
  async *pins(options: CallOptions = {}): AsyncGenerator<KuboPin> {
    const client = await this.#open()
    try {
      const { signal } = deadline({ timeoutMs: null, ...options })
      for await (const pin of client.pin.ls({ signal, type: 'recursive', names: true })) {
        yield { cid: pin.cid, name: pin.name ?? '' }
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      throw kuboError(error, { url: this.url, doing: 'listing pins' })
    }
  }

  async #call<Result>(
    doing: string,
    work: (client: KuboRPCClient, options: { readonly signal: AbortSignal }) => Promise<Result>,
    options: CallOptions,
  ): Promise<Result> {
    const { signal } = deadline(options)
    try {
      return await work(await this.#open(), { signal })
    } catch (error) {
      options.signal?.throwIfAborted()
      throw kuboError(error, { url: this.url, doing })
    }
  }

  #open(): Promise<KuboRPCClient> {
    const { url, authorization } = this.#address
    // Loaded when it is needed: few peers use it.
    this.#client ??= import('kubo-rpc-client').then(({ create }) =>
      create({ url, ...(authorization === null ? {} : { headers: { authorization } }) }),
    )
    return this.#client
  }
}

function deadline({ signal, timeoutMs = deadlineMs }: CallOptions): { readonly signal: AbortSignal } {
  const signals = [
    ...(signal === undefined ? [] : [signal]),
    ...(timeoutMs === null ? [] : [AbortSignal.timeout(timeoutMs)]),
  ]
  return { signal: AbortSignal.any(signals) }
}

async function orMissing<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** As Kubo calls the hash functions that we can check. */
const hashName = (cid: CID): string => (cid.multihash.code === 0x13 ? 'sha2-512' : 'sha2-256')

/** Of the addresses at which a Kubo listens, those that peers of the swarm can dial: plain TCP. */
export function plainAddresses(addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => /^\/ip[46]\/[^/]+\/tcp\/\d+\/p2p\/\w+$/.test(address)).toSorted()
}
