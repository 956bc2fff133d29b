import type { PeerId } from '../../../shared/ids.ts'
import type { ChannelKind, ChannelView } from '../../../shared/network-views.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'

/** What travels on a channel, whatever the channel is. At most `maxMessageBytes` of payload. */
export interface SwarmMessage {
  /** 16 random bytes in base64url, made where the message begins; forwarding keeps it. */
  readonly id: string
  /** `records`: a batch as `encodeBatch` makes it. Others: `digest`, `reconcile`, `get`, `ping`, `pong`, `text`, `ack`, … */
  readonly kind: string
  /** Where it began; proven only for kinds that are signed. */
  readonly origin: PeerId
  /** The peer that put it on this channel just now: the neighbour. */
  readonly sender: PeerId
  /** A swarm multiaddress, e.g. `/dswarm/PEERID/brain`; null: for everybody. */
  readonly to: string | null
  /** Channels passed before this one. */
  readonly hops: number
  /** W3C trace context (`traceparent`), or null. */
  readonly trace: string | null
  readonly payload: Uint8Array
}

/** Which way a message came in: enough to answer on the same way and never to send it back there unasked. */
export interface MessageSource {
  /** `Channel.id` */
  readonly channel: string
  readonly kind: ChannelKind
  /** One connection, address or nick on the channel: `192.168.1.7:1240`. Stable while it lives. */
  readonly link: string
}

/**
 * What became of a message. `news`: something in it was new, so channels that pass messages on themselves (gossipsub)
 * do. `known`: nothing new, or not for us; it stays here. `garbage`: no honest peer sends it; its link is blamed.
 * `dropped`: we had no room for it, or failed; it stays here, and is nobody's fault.
 */
export type MessageVerdict = 'news' | 'known' | 'garbage' | 'dropped'

export interface ReceivedMessage {
  readonly message: SwarmMessage
  readonly source: MessageSource
  /**
   * To be called once, when the verdict is known, by whoever takes messages of this kind (the brain). Gossipsub holds
   * the message until then, 30 s at most; the others only look whom to blame.
   * @param garbage how many records in it were garbage; default 1
   */
  readonly settle: (verdict: MessageVerdict, garbage?: number) => void
}

export interface ChannelEvents {
  'message:received': ReceivedMessage
  /** State or peers differ; rates do not count. */
  'channel:changed': { readonly id: string }
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly bytes: number }
  /** Nobody there, switched off, or the queue is full: counted in `dropped`. */
  | { readonly kind: 'dropped'; readonly reason: string }

/** The facts of a channel that it knows itself; names are put in by whoever shows it. */
export type ChannelFacts = Pick<ChannelView, 'state' | 'stateReason' | 'sinceMs' | 'sent' | 'received' | 'dropped'> & {
  readonly peers: readonly { readonly peer: PeerId; readonly lastHeardAtMs: number; readonly source: string }[]
}

/**
 * One way for messages to travel. `start` resolves once it is trying, not once somebody is there; a channel that cannot
 * work says so in its facts and tries again with backoff. `stop` sends what was accepted, within a second, and is quiet.
 * All implementations pass `channels/testing/channel-suite.ts`.
 */
export interface Channel extends Startable {
  readonly id: string
  readonly kind: ChannelKind
  readonly address: string
  readonly mode: 'dial' | 'listen'
  /** The most a message may carry here; larger ones are dropped as `oversize`. `maxMessageBytes`, less on IRC. */
  readonly maxPayloadBytes: number
  /** How large a batch of records is best: small where every line costs seconds. */
  readonly batchBytes: number
  /** Everybody on it hears what anybody says (UDP, IRC, gossip); on a TCP line each link stands alone. */
  readonly shared: boolean
  readonly events: EventSource<ChannelEvents>
  /**
   * Queues a message: to all on the channel but `except`, or to the one link `to`. Never throws for what the network
   * does. Resolves when it has left or was dropped.
   */
  send(message: SwarmMessage, options?: { readonly to?: string; readonly except?: string }): Promise<SendOutcome>
  facts(): ChannelFacts
  /** Notes that what came on a link was garbage or too much: past a limit the link is cut, or ignored for a while. */
  blame(link: string, reason: string): void
}

/** Payload of one message: a batch and two records of the largest size. Gossip takes less: see `maxPayloadBytes`. */
export const maxMessageBytes = 256 * 1_024
/** Channels that a message may pass; past it, it is dropped as `hops`. */
export const maxHops = 8
