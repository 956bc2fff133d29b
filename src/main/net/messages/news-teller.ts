import type { PeerId } from '../../../shared/ids.ts'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { SignedRecord } from '../../model/record.ts'
import { unexpected, type FrameStream } from '../catch-up/reconcile-stream.ts'
import type { SwarmNode } from '../swarm-node.ts'

export interface NewsTellerDeps {
  readonly node: Pick<SwarmNode, 'linked' | 'neighbours'>
  /** A stream of reconciliation to a neighbour. */
  readonly open: (peer: PeerId, signal: AbortSignal) => Promise<FrameStream>
  /** Hands records that came by catching up to all others: they may lack them too. */
  readonly passOn: (records: readonly SignedRecord[]) => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
}

/** Some half a minute of tries. */
const maxTellings = 6
/** Up to this many caught-up records are gossiped on at once; of more, neighbours are told that there is news. */
const maxPassedOn = 256

/** What one neighbour knew, the others may lack: two parts of a swarm that meet again become one through this. */
export class NewsTeller {
  readonly #deps: NewsTellerDeps
  readonly #swarm: string
  readonly #telling = new Map<PeerId, Promise<void>>()
  /** Caught up with from each neighbour, and not yet passed on; null once they are too many to gossip. */
  readonly #toPassOn = new Map<PeerId, SignedRecord[] | null>()

  constructor(deps: NewsTellerDeps, init: { readonly swarm: string }) {
    this.#deps = deps
    this.#swarm = init.swarm
  }

  /** Resolves once nobody is being told any more; the signal of `passOn` ends that. */
  async quiet(): Promise<void> {
    await Promise.all(this.#telling.values())
  }

  /** Records of a neighbour that were new here. */
  add(from: PeerId, records: readonly SignedRecord[]): void {
    const before = this.#toPassOn.get(from)
    if (before === null || records.length === 0) return
    const all = [...(before ?? []), ...records]
    this.#toPassOn.set(from, all.length > maxPassedOn ? null : all)
  }

  /** A session with a neighbour is over, or the neighbour gone. */
  passOn(from: PeerId, signal: AbortSignal): void {
    const records = this.#toPassOn.get(from)
    this.#toPassOn.delete(from)
    const others = this.#deps.node.neighbours().filter((peer) => peer !== from)
    if (records === undefined || others.length === 0) return
    if (records === null) for (const peer of others) this.#tell(peer, signal)
    else this.#deps.passOn(records)
  }

  /** One telling at a time is enough: whoever is told comes afterwards, and finds what came meanwhile too. */
  #tell(peer: PeerId, signal: AbortSignal): void {
    if (signal.aborted || this.#telling.has(peer)) return
    const telling = this.#tellUntilHeard(peer, signal)
    this.#telling.set(peer, telling)
    void telling.then(() => this.#telling.delete(peer))
  }

  /** A neighbour may be busy with others just now. One that is never reached looks by itself, only much later. */
  async #tellUntilHeard(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { node, clock, random, log } = this.#deps
    for (let attempt = 0; attempt < maxTellings && !signal.aborted && node.linked(peer); attempt += 1) {
      let frames: FrameStream | null = null
      try {
        frames = await this.#deps.open(peer, signal)
        await tellNews(frames, this.#swarm)
        return await frames.close()
      } catch (err) {
        frames?.abort(new Error('telling of news broke off', { cause: err }))
        log.debug({ err, peer, attempt }, 'a neighbour could not be told that there is news')
        await clock.sleep(backoffMs(attempt, random()), { signal }).catch(() => {})
      }
    }
  }
}

async function tellNews(frames: FrameStream, swarm: string): Promise<void> {
  const greeting = await frames.ask(['hello', swarm, []])
  if (greeting[0] !== 'round') throw unexpected(greeting)
  const answer = await frames.ask(['news'])
  if (answer[0] !== 'noted') throw unexpected(answer)
}
