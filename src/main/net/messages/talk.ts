import type { PeerId } from '../../../shared/ids.ts'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import { RecentSet } from '../../base/recent-set.ts'
import { isMapValue, type CborValue } from '../../model/cbor.ts'
import { messageId } from './brain-message.ts'
import type { Arrived, ArrivedHandler, Dispatcher } from './dispatcher.ts'
import { encodePath, readPath, type PathStep } from './signed-line.ts'

export interface TalkDeps {
  readonly self: PeerId
  readonly dispatcher: Pick<Dispatcher, 'on' | 'send' | 'routes'>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
}

export interface Pong {
  /** There and back, ms. */
  readonly tookMs: number
  readonly path: readonly PathStep[]
  readonly back: readonly PathStep[]
}

/** In UTF-16 units: a remark, not a document. */
export const maxTextLength = 2_000
/** Questions that wait for their answers: more is a script gone wild. */
const maxAsked = 256
/** Texts that were shown, so that one sent twice is shown once. */
const maxShown = 1_000

type Answer = Pick<Arrived, 'payload'>['payload']

/** What peers say to each other by name: ping and pong, text and ack. */
export class Talk {
  readonly #deps: TalkDeps
  readonly #asked = new Map<string, { readonly to: PeerId; readonly settle: (answer: Answer) => void }>()
  readonly #shown = new RecentSet(maxShown)

  constructor(deps: TalkDeps) {
    this.#deps = deps
    deps.dispatcher.on('ping', (arrived) => this.#pinged(arrived))
    deps.dispatcher.on('pong', ({ payload }) => this.#answered('pong', payload))
    deps.dispatcher.on('text', (arrived) => this.#told(arrived))
    deps.dispatcher.on('ack', ({ payload }) => this.#answered('ack', payload))
  }

  /**
   * Asks a peer whether it is there, over whatever chain there is.
   * @throws SwarmError UNREACHABLE when no answer comes in time, LIMIT_REACHED
   */
  async ping(to: PeerId, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Pong> {
    if (to === this.#deps.self) return { tookMs: 0, path: [], back: [] }
    const { answer, tookMs } = await this.#ask('ping', to, null, options)
    if (answer === null) throw unreachable(to, options.timeoutMs)
    const path = isMapValue(answer.head.body) ? readPath(answer.head.body['path']) : undefined
    return { tookMs, path: path ?? [], back: answer.path }
  }

  /** Sends a text for people. @throws SwarmError INVALID_INPUT for an empty one, LIMIT_REACHED */
  async text(
    to: PeerId,
    text: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly delivered: boolean; readonly tookMs: number }> {
    const shown = cleanText(text)
    if (shown === '' || text.length > maxTextLength) {
      throw new SwarmError('INVALID_INPUT', `A text has 1 to ${maxTextLength} characters that can be seen.`)
    }
    if (to === this.#deps.self)
      throw new SwarmError('INVALID_INPUT', 'A text to oneself goes nowhere: name another peer.')
    // The same in every try, so that it is shown once.
    const no = messageId(this.#deps.random)
    const { answer, tookMs } = await this.#ask('text', to, { no, text: shown }, options)
    return { delivered: answer !== null, tookMs }
  }

  /** Two tries: along the table, then everywhere: the way in the table may be gone, and datagrams get lost. */
  async #ask(
    kind: string,
    to: PeerId,
    body: CborValue,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly answer: Answer | null; readonly tookMs: number }> {
    const { clock, dispatcher, random } = this.#deps
    if (this.#asked.size >= 2 * maxAsked) {
      throw new SwarmError('LIMIT_REACHED', `${maxAsked} questions wait for an answer already: try again in a moment.`)
    }
    const startedMs = clock.monotonic()
    const ended = new AbortController()
    const { promise: answered, resolve: settle } = Promise.withResolvers<Answer>()
    const ids = [messageId(random), messageId(random)]
    for (const id of ids) this.#asked.set(id, { to, settle })
    const wait = (ms: number): Promise<null> =>
      clock
        .sleep(ms, { signal: signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]) })
        .then(() => null)
    try {
      const first = dispatcher.send(kind, to, body, { id: ids[0] ?? '' })
      let answer = await Promise.race([answered, wait(timeoutMs / 2)])
      if (answer === null) {
        // The way may be gone. What slow channels still hold of the first try is not waited for.
        void first.then(({ used }) => dispatcher.routes.forget(used))
        void dispatcher.send(kind, to, body, { id: ids[1] ?? '', everywhere: true })
        answer = await Promise.race([answered, wait(timeoutMs / 2)])
      }
      // The first try's: the second one went everywhere.
      else void first.then(({ used }) => dispatcher.routes.prove(used))
      return { answer, tookMs: clock.monotonic() - startedMs }
    } catch (error) {
      if (isAbort(error)) return { answer: null, tookMs: clock.monotonic() - startedMs }
      throw error
    } finally {
      ended.abort()
      for (const id of ids) this.#asked.delete(id)
    }
  }

  #pinged({ payload, answer }: Arrived): ReturnType<ArrivedHandler> {
    void answer('pong', { of: payload.head.id, path: encodePath(payload.path) })
    return { summary: 'ping' }
  }

  #told({ payload, standing, answer }: Arrived): ReturnType<ArrivedHandler> {
    // What strangers have to say could be anything: they are not heard until somebody admits them.
    if (standing === 'stranger') return { refused: 'stranger' }
    const { body, origin, id } = payload.head
    const text = isMapValue(body) ? body['text'] : undefined
    const no = isMapValue(body) ? body['no'] : undefined
    if (typeof text !== 'string' || typeof no !== 'string' || text.length > maxTextLength)
      return { refused: 'malformed' }
    void answer('ack', { of: id })
    const isNew = this.#shown.add(`${origin} ${no}`)
    return { summary: isNew ? `text: ${cleanText(text)}` : 'text, once more' }
  }

  #answered(kind: string, payload: Answer): ReturnType<ArrivedHandler> {
    const { body, origin } = payload.head
    const of = isMapValue(body) ? body['of'] : undefined
    const asked = typeof of === 'string' ? this.#asked.get(of) : undefined
    if (asked === undefined) return { summary: `${kind}, too late` }
    // Whoever heard the question could sign an answer.
    if (asked.to !== origin) return { refused: 'not-asked' }
    asked.settle(payload)
    return { summary: kind }
  }
}

/** For people: no control characters, which a terminal would obey, and none that turn the direction of text. */
export function cleanText(text: string): string {
  return text
    .slice(0, maxTextLength)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .toWellFormed()
    .trim()
}

function unreachable(to: PeerId, timeoutMs: number): SwarmError {
  return new SwarmError(
    'UNREACHABLE',
    `${to} did not answer within ${Math.round(timeoutMs / 100) / 10} s on any channel: it is off, cut off, or of another swarm.`,
    { detail: { peer: to } },
  )
}
