import type { PeerId } from '../../../shared/ids.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Channel, ChannelEvents, MessageSource, MessageVerdict, SwarmMessage } from '../channels/channel.ts'

/** The channels that are switched on, as one source of messages. */
export interface ChannelSet {
  readonly events: EventSource<ChannelEvents>
  channels(): readonly Channel[]
}

/** A message to be put on channels; id, origin and sender are put in by the brain. */
export interface OutMessage {
  readonly kind: string
  /** A swarm multiaddress; null: everybody who hears it. */
  readonly to: string | null
  readonly payload: Uint8Array
  /** W3C trace context, or null. Default null. */
  readonly trace?: string | null
}

/** What became of a message that came in: what its channel is told, and what the message stream shows. */
export interface Taken {
  readonly verdict: MessageVerdict
  readonly outcome: 'taken' | 'known' | 'forwarded' | 'refused' | 'dropped'
  readonly reason?: string
  /** For people: "ping", "2 of 11 buckets differ". Default: the kind. */
  readonly summary?: string
  /** How many things in it were garbage. Default 1 when the verdict says so. */
  readonly garbage?: number
}

/** Takes messages of one kind. A throw is our own fault: it is logged, and blames nobody. */
export type MessageHandler = (
  message: SwarmMessage,
  source: MessageSource,
) => Taken | MessageVerdict | Promise<Taken | MessageVerdict>

export interface HandlerOptions {
  /** Messages of this kind that are addressed to others are handed over too: to be sent on. Default false. */
  readonly routed?: boolean
}

export function takenOf(answer: Taken | MessageVerdict): Taken {
  if (typeof answer !== 'string') return answer
  const outcome =
    answer === 'news' ? 'taken' : answer === 'known' ? 'known' : answer === 'dropped' ? 'dropped' : 'refused'
  return { verdict: answer, outcome, ...(answer === 'garbage' ? { reason: 'garbage' } : {}) }
}

/** 16 random bytes in base64url. @param random in [0, 1) */
export function messageId(random: () => number): string {
  const words = Uint32Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32))
  return Buffer.from(words.buffer).toString('base64url')
}

/** A message that begins here. */
export function ownMessage(self: PeerId, random: () => number, out: OutMessage): SwarmMessage {
  const { kind, to, payload, trace = null } = out
  return { id: messageId(random), kind, origin: self, sender: self, to, hops: 0, trace, payload }
}
