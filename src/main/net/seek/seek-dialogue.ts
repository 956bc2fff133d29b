import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { RateTable } from '../../base/rate-table.ts'
import { Dialogue, type Frames } from '../links/dialogue.ts'
import type { SwarmNode } from '../swarm-node.ts'
import {
  decodeProviding,
  decodeSeeking,
  encodeProviding,
  encodeSeeking,
  maxSeekFrame,
  seekProtocol,
  type Providing,
  type Seeking,
} from './seek-frames.ts'

export interface SeekDialogueDeps {
  readonly node: Pick<SwarmNode, 'libp2p' | 'offenders'>
  /** Who it is answered to: whoever has a role in the swarm. */
  readonly isMember: (peer: PeerId) => boolean
  readonly answer: (seeking: Seeking, from: PeerId, signal: AbortSignal) => Promise<readonly Providing[]>
  readonly clock: Clock
  readonly counters: Counters
}

/** An answer is looked up in memory; one that neighbours are asked for may take three seconds. */
const deadlineMs = 5_000
/** A script that looks up a folder of files, and what a hub asks for all of its neighbours. */
const questions = { perS: 10, burst: 100 }
/** A few files looked up at once, and what is asked for others meanwhile. */
const maxStreams = 16
/** Neighbours whose questions are counted: more than a node has links. */
const maxAskers = 256

/** One question and its answer between two linked peers; what is told of third peers is hearsay. */
export class SeekDialogue {
  readonly #deps: SeekDialogueDeps
  readonly #dialogue: Dialogue
  readonly #askers: RateTable<PeerId>

  constructor(deps: SeekDialogueDeps) {
    this.#deps = deps
    this.#dialogue = new Dialogue(deps, { protocol: seekProtocol, maxFrame: maxSeekFrame, maxStreams, deadlineMs })
    this.#askers = new RateTable(deps.clock, { max: maxAskers })
  }

  /** @param signal ends all answers */
  start(signal: AbortSignal): Promise<void> {
    return this.#dialogue.start(signal, (frames, peer, ended) => this.#answer(frames, peer, ended))
  }

  stop(): Promise<void> {
    return this.#dialogue.stop()
  }

  /**
   * Asks a peer that is linked. Null when what it said was no answer, for which it is blamed.
   * @throws the stream's errors, and when `signal` says so
   */
  async ask(peer: PeerId, seeking: Seeking, signal: AbortSignal): Promise<readonly Providing[] | null> {
    return this.#dialogue.ask(peer, signal, async (frames) => {
      await frames.write(encodeSeeking(seeking))
      const providing = decodeProviding(await frames.read())
      if (providing === undefined) this.#blame(peer)
      return providing ?? null
    })
  }

  async #answer(frames: Frames, peer: PeerId, signal: AbortSignal): Promise<void> {
    const { counters, isMember } = this.#deps
    const seeking = decodeSeeking(await frames.read())
    if (seeking === undefined) {
      this.#blame(peer)
      throw new Error('that is no search')
    }
    const refusal = !isMember(peer) ? 'stranger' : !this.#askers.of(peer, questions).take() ? 'rate' : null
    if (refusal !== null) counters.add(`seek.refused:${refusal}`)
    // Who may not know is told what it is told of a file that is not here.
    const providing = refusal === null ? await this.#deps.answer(seeking, peer, signal) : []
    await frames.write(encodeProviding(providing))
  }

  #blame(peer: PeerId): void {
    this.#deps.counters.add('seek.refused:malformed')
    this.#deps.node.offenders.add(peer)
  }
}
