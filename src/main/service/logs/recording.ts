/** How the messages of a channel are written, and by which definition. */
export interface MessageForm {
  readonly kind: 'ros1' | 'ros2' | 'json' | 'other'
  readonly definition: string
}

/** One writer of one topic: a connection of a ROS bag, a channel of an MCAP file. */
export interface RecordedChannel {
  readonly id: number
  readonly topic: string
  readonly type: string
  readonly form: MessageForm
  /** Of an MCAP file: what it says of the channel, to be written again. */
  readonly written?: WrittenChannel
}

export interface WrittenChannel {
  readonly messageEncoding: string
  readonly metadata: ReadonlyMap<string, string>
  readonly schema: { readonly name: string; readonly encoding: string; readonly data: Uint8Array } | undefined
}

/** Messages that lie together, mostly a compressed chunk. */
export interface Stretch {
  readonly at: number
  readonly length: number
  /** Of its first and last message, ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  /** Messages by channel; null when the file does not tell without all of it being read. */
  readonly counts: ReadonlyMap<number, number> | null
}

export interface RecordedMessage {
  readonly channel: number
  readonly timeMs: number
  readonly data: Uint8Array
}

/** A file of messages, as its index tells, or as its pieces tell where it has none. */
export interface Recording {
  readonly format: 'rosbag' | 'mcap'
  readonly channels: ReadonlyMap<number, RecordedChannel>
  /** In the order of the file. */
  readonly stretches: readonly Stretch[]
  /** In all, by channel, where the file says so beside its stretches. */
  readonly counts: ReadonlyMap<number, number> | null
  readonly startMs: number | null
  readonly endMs: number | null
  readonly whole: boolean
  readonly problem: string | null
  readonly facts: readonly (readonly [string, string])[]
  /** The messages of a stretch, in the order of the file. @throws LogProblem when it cannot be unpacked */
  messages(stretch: Stretch): Promise<Iterable<RecordedMessage>>
}

/** Messages of a recording by channel, from what is known of them; a channel that is not there was not counted. */
export function countsOf({ counts, stretches }: Recording): ReadonlyMap<number, number> {
  if (counts !== null) return counts
  const sums = new Map<number, number>()
  for (const stretch of stretches) {
    if (stretch.counts === null) return new Map()
    for (const [channel, count] of stretch.counts) sums.set(channel, (sums.get(channel) ?? 0) + count)
  }
  return sums
}
