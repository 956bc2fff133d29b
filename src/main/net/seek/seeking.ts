import type { PeerId } from '../../../shared/ids.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { SeekDialogue } from './seek-dialogue.ts'
import type { Providing, Seeking } from './seek-frames.ts'
import type { SwarmNode } from '../swarm-node.ts'

export interface SeekersDeps {
  readonly self: PeerId
  readonly node: Pick<SwarmNode, 'libp2p' | 'offenders' | 'neighbours' | 'linked' | 'connect'>
  /** Whoever has a role in the swarm. */
  readonly isMember: (peer: PeerId) => boolean
  /** The others on a file channel. */
  readonly onChannel: (channel: string) => readonly PeerId[]
  /** What this peer has and may give `to`; null: nothing. */
  readonly own: (seeking: Seeking, to: PeerId) => Omit<Providing, 'peer'> | null
  readonly clock: Clock
  readonly counters: Counters
}

export interface SeekOptions {
  readonly signal: AbortSignal
  /** How long it may take in all. Default 8 s: links over the internet, and a new one to who was told of, take two or three. */
  readonly timeoutMs?: number
}

/** Linked peers asked by one search: all that a robot has, most of a hub's. A question is one small stream. */
const maxAsked = 64
/** Members of a channel that there is no link to and that are dialled for one search. */
const maxDialled = 8
/** Of those that neighbours tell of: so many are linked to and asked themselves. */
const maxConfirmed = 8
/** Asked on behalf of somebody else, and how long they have: an asker waits longer. */
const maxRelayed = 64
const relayTimeoutMs = 3_000
const timeoutMs = 8_000
/** Once somebody has it, others may say so this much longer: a second provider is worth that, not more. */
const graceMs = 250
/** Searches made on behalf of others, of all of them together: each is at most `maxRelayed` questions. */
const relays = { perS: 2, burst: 20 }

/**
 * Looks for files that no record names: asks the linked peers, or those on a file channel, and lets them ask their own
 * neighbours, one hop and no further. Who is only told of is linked to and asked itself, so that nobody speaks for others.
 */
export class Seekers implements Startable {
  readonly #deps: SeekersDeps
  readonly #dialogue: SeekDialogue
  readonly #relays: TokenBucket
  #run: AbortController | null = null

  constructor(deps: SeekersDeps) {
    this.#deps = deps
    this.#relays = new TokenBucket(deps.clock, relays)
    this.#dialogue = new SeekDialogue({
      ...deps,
      answer: (seeking, from, signal) => this.#answer(seeking, from, signal),
    })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    await this.#dialogue.start(this.#run.signal)
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    this.#run.abort()
    this.#run = null
    await this.#dialogue.stop()
  }

  /** Who says of itself that it has this, quickest first; nobody's failure is an error, and neither is that nobody has it. */
  async seek({ hash, channel }: Omit<Seeking, 'relay'>, options: SeekOptions): Promise<readonly Providing[]> {
    const run = this.#run?.signal
    if (run === undefined) return []
    const ended = new AbortController()
    const deadline = AbortSignal.timeout(options.timeoutMs ?? timeoutMs)
    const signal = AbortSignal.any([run, options.signal, ended.signal, deadline])
    const found = new Map<PeerId, Providing>()
    const { promise: enough, resolve: isEnough } = Promise.withResolvers<void>()
    const take = (one: Providing): void => {
      if (found.size === 0) void this.#deps.clock.sleep(graceMs, { signal }).then(isEnough, isEnough)
      found.set(one.peer, one)
    }
    signal.addEventListener('abort', () => isEnough(), { once: true })
    const targets = this.#targets(channel)
    const asked = new Set<PeerId>([this.#deps.self, ...targets])
    const confirm = async (hearsay: readonly Providing[]): Promise<void> => {
      const room = targets.length + 1 + maxConfirmed - asked.size
      const named = new Set(hearsay.map(({ peer }) => peer).filter((peer) => !asked.has(peer)))
      const fresh = [...named].filter(this.#deps.isMember).slice(0, Math.max(0, room))
      for (const peer of fresh) asked.add(peer)
      await Promise.all(fresh.map((peer) => this.#ask(peer, { hash, channel, relay: false }, signal, take)))
    }
    const all = Promise.all(
      targets.map(async (peer) => confirm(await this.#ask(peer, { hash, channel, relay: true }, signal, take))),
    )
    await Promise.race([all, enough])
    ended.abort()
    await all
    options.signal.throwIfAborted()
    return [...found.values()]
  }

  /** Linked peers, and of a channel's some that are not. */
  #targets(channel: string | null): readonly PeerId[] {
    const { node, isMember, onChannel } = this.#deps
    const linked = node.neighbours().filter(isMember)
    if (channel === null) return linked.slice(0, maxAsked)
    const members = onChannel(channel)
    const near = linked.filter((peer) => members.includes(peer))
    const far = members.filter((peer) => !node.linked(peer) && isMember(peer))
    return [...near.slice(0, maxAsked), ...far.slice(0, maxDialled)]
  }

  /** Asks one; what it has itself is taken, what it tells of others returned. */
  async #ask(
    peer: PeerId,
    seeking: Seeking,
    signal: AbortSignal,
    take: (one: Providing) => void,
  ): Promise<readonly Providing[]> {
    const { node, counters } = this.#deps
    try {
      if (!node.linked(peer)) await node.connect(peer, { signal })
      const heard = (await this.#dialogue.ask(peer, seeking, signal)) ?? []
      // A hash that was asked for as a CID is that of one file: any other is no answer.
      const fitting = heard.filter(({ cid }) => seeking.hash.kind === 'sha1' || cid === seeking.hash.cid)
      for (const one of fitting) if (one.peer === peer) take(one)
      return fitting.filter((one) => one.peer !== peer)
    } catch {
      if (!signal.aborted) counters.add('seek.unanswered')
      return []
    }
  }

  async #answer(seeking: Seeking, from: PeerId, signal: AbortSignal): Promise<readonly Providing[]> {
    const { self, own, counters } = this.#deps
    const here = own(seeking, from)
    if (here !== null) {
      counters.add('seek.provided')
      return [{ peer: self, ...here }]
    }
    if (!seeking.relay || (seeking.channel !== null && !this.#deps.onChannel(seeking.channel).includes(from))) return []
    const others = this.#near(seeking.channel).filter((peer) => peer !== from)
    if (others.length === 0) return []
    if (!this.#relays.take()) {
      counters.add('seek.refused:relay-rate')
      return []
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(relayTimeoutMs)])
    const found: Providing[] = []
    const once: Seeking = { ...seeking, relay: false }
    await Promise.all(others.slice(0, maxRelayed).map((peer) => this.#ask(peer, once, limit, (one) => found.push(one))))
    return found
  }

  #near(channel: string | null): readonly PeerId[] {
    const { node, isMember, onChannel } = this.#deps
    const linked = node.neighbours().filter(isMember)
    if (channel === null) return linked
    const members = onChannel(channel)
    return linked.filter((peer) => members.includes(peer))
  }
}
