import type { PeerId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import { RateTable } from '../../base/rate-table.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import { Dialogue, type Frames } from '../links/dialogue.ts'
import type { SwarmNode } from '../swarm-node.ts'
import {
  decodeTimeAnswer,
  encodeTimeAnswer,
  isTimeQuestion,
  maxTimeFrame,
  timeProtocol,
  timeQuestion,
  type TimeAnswer,
} from './time-frames.ts'

export interface TimeDialogueDeps {
  readonly node: SwarmNode
  readonly clock: SwarmClock
  /** The machine's own clock, as it is told to others; null when it cannot be right, or was never set. */
  readonly ownMs: () => number | null
  readonly counters: Counters
}

/** An answer, and when by our monotonic clock it was asked for and came. */
export interface TimedAnswer {
  readonly answer: TimeAnswer
  readonly asked: number
  readonly answered: number
}

/** Questions in a row on one stream, of which the quickest answer counts. */
const rounds = 3
/** A clock is read in no time; what takes longer says nothing about it. */
const deadlineMs = 5_000
/** An asker needs three at a time, once a minute; several times over, for links that flap. */
const answers = { perS: 0.2, burst: 12 }
/** Neighbours whose questions are counted: more than a node has links. */
const maxAskers = 256

/** The questions and answers about the time between two neighbours, on streams. */
export class TimeDialogue {
  readonly #deps: TimeDialogueDeps
  readonly #dialogue: Dialogue
  readonly #askers: RateTable<PeerId>

  constructor(deps: TimeDialogueDeps) {
    this.#deps = deps
    this.#dialogue = new Dialogue(deps, { protocol: timeProtocol, maxFrame: maxTimeFrame, maxStreams: 2, deadlineMs })
    this.#askers = new RateTable(deps.clock, { max: maxAskers })
  }

  /** @param signal ends all answers */
  start(signal: AbortSignal): Promise<void> {
    return this.#dialogue.start(signal, (frames, peer) => this.#answer(frames, peer))
  }

  stop(): Promise<void> {
    return this.#dialogue.stop()
  }

  /**
   * Asks a neighbour a few times in a row. Null when what it said was no answer, for which it is blamed.
   * @throws the stream's errors, and after five seconds
   */
  async ask(peer: PeerId, { signal }: { readonly signal: AbortSignal }): Promise<readonly TimedAnswer[] | null> {
    const { clock } = this.#deps
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
    return this.#dialogue.ask(peer, deadline, async (frames) => {
      const heard: TimedAnswer[] = []
      for (let i = 0; i < rounds; i++) {
        const asked = clock.monotonic()
        await frames.write(timeQuestion)
        const answer = decodeTimeAnswer(await frames.read())
        if (answer === undefined) {
          this.#blame(peer)
          return null
        }
        heard.push({ answer, asked, answered: clock.monotonic() })
      }
      return heard
    })
  }

  async #answer(frames: Frames, peer: PeerId): Promise<void> {
    const { clock, ownMs, counters } = this.#deps
    for (let i = 0; i < rounds; i++) {
      const bytes = await frames.read()
      const cameAt = clock.monotonic()
      const own = ownMs()
      if (!isTimeQuestion(bytes)) {
        this.#blame(peer)
        throw new Error('that is no question for the time')
      }
      if (!this.#askers.of(peer, answers).take()) {
        counters.add('time.refused:rate')
        throw new Error('too many questions for the time')
      }
      const swarm = clock.isKnown ? clock.now() : null
      await frames.write(encodeTimeAnswer({ own, swarm, held: clock.monotonic() - cameAt }))
    }
  }

  #blame(peer: PeerId): void {
    this.#deps.counters.add('time.refused:malformed')
    this.#deps.node.offenders.add(peer)
  }
}
