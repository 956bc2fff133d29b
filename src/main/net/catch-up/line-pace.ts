import type { Channel } from '../channels/channel.ts'
import { ownPace, paceFor } from '../channels/irc-pace.ts'

const kib = 1_024

/** How reconciliation behaves on a kind of channel: what is quick on a LAN would drown an IRC channel. */
export interface LinePace {
  /** Of the messages of reconciliation, both ways. */
  readonly messageBytes: number
  /** Item ids asked for at once. */
  readonly wanted: number
  /** An answer, or the next of what was asked for, comes within this, or is asked for again. */
  readonly answerMs: number
  /** Between the shortest and the longest interval lies how often a peer says what it holds: see `Trickle`. */
  readonly digestMinMs: number
  readonly digestMaxMs: number
  /** Said longer ago than this, a record should have come everywhere. */
  readonly settleMs: number
  /** Of several that differ from one peer, each waits up to this long: what the first fetches, the others hear. */
  readonly jitterMs: number
  /** Bytes of records that are given away a second, and at once. */
  readonly givenBytesPerS: number
  readonly givenBurstBytes: number
}

const line: LinePace = {
  messageBytes: 16 * kib,
  wanted: 64,
  answerMs: 5_000,
  digestMinMs: 4_000,
  digestMaxMs: 60_000,
  settleMs: 5_000,
  jitterMs: 200,
  givenBytesPerS: 2_048 * kib,
  givenBurstBytes: 4_096 * kib,
}

/** Three datagrams or so a message: lost ones are asked for again, and all who hear pay for each. */
const udp: LinePace = {
  ...line,
  messageBytes: 3_000,
  answerMs: 2_500,
  jitterMs: 1_000,
  givenBytesPerS: 512 * kib,
  givenBurstBytes: 1_024 * kib,
}

/** A line of some 400 bytes every two seconds. */
const publicIrc: LinePace = {
  messageBytes: 1_000,
  wanted: 8,
  answerMs: 60_000,
  digestMinMs: 30_000,
  digestMaxMs: 600_000,
  settleMs: 60_000,
  jitterMs: 20_000,
  givenBytesPerS: kib,
  givenBurstBytes: 16 * kib,
}

/** On the lab's own IRC server: some ten lines a second. */
const ownIrc: LinePace = {
  messageBytes: 2_000,
  wanted: 16,
  answerMs: 15_000,
  digestMinMs: 5_000,
  digestMaxMs: 120_000,
  settleMs: 10_000,
  jitterMs: 2_000,
  givenBytesPerS: 2 * kib,
  givenBurstBytes: 16 * kib,
}

export function linePaceOf({ kind, address }: Pick<Channel, 'kind' | 'address'>): LinePace {
  switch (kind) {
    // Where there is gossip, there are streams: it never comes to this.
    case 'gossip':
    case 'tcp-line':
      return line
    case 'udp':
      return udp
    case 'irc': {
      const [, , host = ''] = address.split('/')
      return paceFor(host) === ownPace ? ownIrc : publicIrc
    }
  }
}
