import type { ApiClient } from '../../../shared/contract/contract.ts'
import type { ChannelKind, SwarmMessageView } from '../../../shared/network-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { printable, timeText } from './words.ts'

interface MessagesOptions {
  readonly follow: boolean
  readonly search?: string
  readonly channel?: ChannelKind
  readonly kind?: string
  readonly lines: number
  readonly json: boolean
}

/** `dt-swarm messages`: one line a message, with `--json` one object a line when followed, else a list. */
export async function showMessages(endpoint: Endpoint, options: MessagesOptions, io: Io): Promise<void> {
  const { search, channel, kind, lines, follow, json } = options
  const filter = {
    ...(search === undefined ? {} : { search }),
    ...(channel === undefined ? {} : { channel }),
    ...(kind === undefined ? {} : { kind }),
  }
  await withApi(endpoint, async (api) => {
    if (follow) return followMessages(api, filter, { lines, json }, io)
    const messages = await api.network.messages({ ...filter, limit: lines })
    if (json) return io.out(JSON.stringify(messages, null, 2))
    for (const message of messages) io.out(lineOf(message))
    if (messages.length === 0) io.note('no message so far')
  })
}

async function followMessages(
  api: ApiClient,
  filter: Parameters<ApiClient['network']['watchMessages']>[0],
  { lines, json }: Pick<MessagesOptions, 'lines' | 'json'>,
  io: Io,
): Promise<void> {
  let isFirst = true
  for await (const { messages, missed } of await api.network.watchMessages(filter)) {
    if (missed > 0 && !json) io.note(`… ${missed} more`)
    for (const message of isFirst ? messages.slice(-lines) : messages) {
      io.out(json ? JSON.stringify(message) : lineOf(message))
    }
    isFirst = false
  }
}

function lineOf(message: SwarmMessageView): string {
  const { atMs, direction, channelKind, from, fromName, to, hops, summary, outcome, reason } = message
  const who = direction === 'in' ? `from ${fromName ?? from ?? '?'}` : to === null ? 'to all' : `to ${to}`
  const why = reason === null ? '' : ` (${reason})`
  const passed = hops === 0 ? '' : `, ${hops} ${hops === 1 ? 'channel' : 'channels'} before`
  return printable(
    `${timeText(atMs)} ${direction.padEnd(3)} ${channelKind} ${who}${passed}: ${summary} - ${outcome}${why}`,
  )
}
