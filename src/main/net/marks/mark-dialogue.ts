import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { MarkedView } from '../../../shared/recorder-views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { Dialogue, type Frames } from '../links/dialogue.ts'
import type { SwarmNode } from '../swarm-node.ts'
import {
  decodeMark,
  decodeMarkAnswer,
  encodeMark,
  encodeMarkAnswer,
  markProtocol,
  maxMarkFrame,
  type MarkAnswer,
} from './mark-frames.ts'

export interface MarkDialogueDeps {
  readonly node: Pick<SwarmNode, 'libp2p' | 'offenders' | 'linked' | 'connect'>
  /** Whose wish is followed: those who run the swarm. */
  readonly mayMark: (peer: PeerId) => boolean
  /** Saves the last minutes here. */
  readonly mark: (text: string, from: PeerId) => Promise<MarkedView>
  readonly nameOf: (peer: PeerId) => string
  readonly counters: Counters
}

/** Many logs on a slow card. */
const deadlineMs = 120_000
const linkWithinMs = 10_000

/**
 * Asks another peer's flight recorder to save the last minutes, and does so here for operators. The link says who asks, so
 * nothing is signed; how often it may be is the recorder's own matter.
 */
export class MarkDialogue implements Startable {
  readonly #deps: MarkDialogueDeps
  readonly #dialogue: Dialogue
  #run: AbortController | null = null

  constructor(deps: MarkDialogueDeps) {
    this.#deps = deps
    // One is saved at a time; who asks meanwhile is told so at once.
    this.#dialogue = new Dialogue(deps, { protocol: markProtocol, maxFrame: maxMarkFrame, maxStreams: 2, deadlineMs })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    await this.#dialogue.start(run.signal, (frames, peer) => this.#answer(frames, peer))
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    this.#run.abort()
    this.#run = null
    await this.#dialogue.stop()
  }

  /** Resolves when it is saved there. @throws SwarmError UNREACHABLE, LIMIT_REACHED when it is refused, TIMEOUT */
  async ask(peer: PeerId, text: string, options: { readonly signal: AbortSignal }): Promise<MarkedView> {
    const { node, nameOf, counters } = this.#deps
    const run = this.#run?.signal ?? AbortSignal.abort()
    const ended = AbortSignal.any([run, options.signal])
    const answer = await this.#asked(peer, text, ended).catch((cause: unknown) => {
      ended.throwIfAborted()
      const late = isAbort(cause) || (cause instanceof Error && cause.name === 'TimeoutError')
      throw late && node.linked(peer)
        ? new SwarmError('TIMEOUT', `${nameOf(peer)} did not say in time whether it saved its last minutes.`, { cause })
        : new SwarmError(
            'UNREACHABLE',
            `${nameOf(peer)} cannot be asked: there is no link to it, or its dt-swarm has no flight recorder yet.`,
            { cause },
          )
    })
    if (answer === undefined) {
      counters.add('mark.refused:malformed')
      node.offenders.add(peer)
      throw new SwarmError('UNREACHABLE', `${nameOf(peer)} answered what is no answer.`)
    }
    if ('refused' in answer) throw new SwarmError('LIMIT_REACHED', answer.refused)
    return answer.marked
  }

  async #asked(peer: PeerId, text: string, ended: AbortSignal): Promise<MarkAnswer | undefined> {
    const { node } = this.#deps
    if (!node.linked(peer)) {
      await node.connect(peer, { signal: AbortSignal.any([ended, AbortSignal.timeout(linkWithinMs)]) })
    }
    const signal = AbortSignal.any([ended, AbortSignal.timeout(deadlineMs)])
    return this.#dialogue.ask(peer, signal, async (frames) => {
      await frames.write(encodeMark(text))
      return decodeMarkAnswer(await frames.read())
    })
  }

  async #answer(frames: Frames, peer: PeerId): Promise<void> {
    const text = decodeMark(await frames.read())
    if (text === undefined) {
      this.#deps.counters.add('mark.refused:malformed')
      this.#deps.node.offenders.add(peer)
      throw new Error('that is no mark')
    }
    await frames.write(encodeMarkAnswer(await this.#marked(text, peer)))
  }

  async #marked(text: string, peer: PeerId): Promise<MarkAnswer> {
    const { mayMark, mark, counters } = this.#deps
    if (!mayMark(peer)) {
      counters.add('mark.refused:no-operator')
      return { refused: 'Only operators and roots of the swarm may have another peer save its last minutes.' }
    }
    try {
      return { marked: await mark(text, peer) }
    } catch (error) {
      return {
        refused: error instanceof SwarmError ? error.message : 'It failed inside that peer; its log has the details.',
      }
    }
  }
}
