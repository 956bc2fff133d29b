import type { ChannelKind } from '../../shared/network-views.ts'
import type { Channel } from './channels/channel.ts'
import { ownPace, paceFor } from './channels/irc-pace.ts'

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

const linePaces: Readonly<Record<ChannelKind, LinePace>> = {
  // Never used: where there is gossip, there are streams.
  gossip: pace(16 * kib, 64, 5_000, 10_000, 300_000, 10_000, 1_000, 1_024 * kib),
  'tcp-line': pace(16 * kib, 64, 5_000, 4_000, 60_000, 5_000, 200, 2_048 * kib),
  // Three datagrams or so a message: lost ones are asked for again, and all who hear pay for each.
  udp: pace(3_000, 64, 2_500, 4_000, 60_000, 5_000, 1_000, 512 * kib),
  // A line of some 400 bytes every second or two, for all on the channel together.
  irc: pace(1_000, 8, 60_000, 30_000, 600_000, 60_000, 20_000, 1 * kib),
}

/** On the lab's own IRC server: some ten lines a second. */
const ownIrc = pace(2_000, 16, 15_000, 5_000, 120_000, 10_000, 2_000, 2 * kib)

export function linePaceOf({ kind, address }: Pick<Channel, 'kind' | 'address'>): LinePace {
  if (kind !== 'irc') return linePaces[kind]
  const [, , host = ''] = address.split('/')
  return paceFor(host) === ownPace ? ownIrc : linePaces.irc
}

function pace(
  messageBytes: number,
  wanted: number,
  answerMs: number,
  digestMinMs: number,
  digestMaxMs: number,
  settleMs: number,
  jitterMs: number,
  givenBytesPerS: number,
): LinePace {
  const givenBurstBytes = Math.max(16 * kib, givenBytesPerS * 2)
  return {
    messageBytes,
    wanted,
    answerMs,
    digestMinMs,
    digestMaxMs,
    settleMs,
    jitterMs,
    givenBytesPerS,
    givenBurstBytes,
  }
}
