import type { FileChannelView } from '../../../shared/file-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { printChannels } from './network-command.ts'
import { table } from './words.ts'

/** `dt-swarm channels`: both kinds, which have nothing to do with each other but the word. */
export async function showAllChannels(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const [messages, files] = await withApi(endpoint, (api) =>
    Promise.all([api.network.channels(), api.files.channels()]),
  )
  if (json) return io.out(JSON.stringify({ messages, files }, null, 2))
  io.out('Message channels: the ways messages travel')
  printChannels(messages, false, io)
  io.out('\nFile channels: among whom files are shared and looked for')
  printFileChannels(files, io)
}

/** `dt-swarm channels list`: the file channels. */
export async function showFileChannels(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const files = await withApi(endpoint, (api) => api.files.channels())
  if (json) return io.out(JSON.stringify(files, null, 2))
  printFileChannels(files, io)
}

/** `dt-swarm channels join|leave NAME`. */
export async function changeFileChannel(
  change: 'join' | 'leave',
  name: string,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const view = await withApi(endpoint, (api) =>
    change === 'join' ? api.files.joinChannel({ name }) : api.files.leaveChannel({ name }),
  )
  io.out(json ? JSON.stringify(view, null, 2) : view.name)
}

function printFileChannels(channels: readonly FileChannelView[], io: Io): void {
  if (channels.length === 0) return io.note('none is joined or heard of: "dt-swarm channels join NAME" makes one')
  const rows = channels.map(({ name, joined, members, files }) => [
    name,
    joined ? 'yes' : 'no',
    String(members),
    String(files),
  ])
  io.out(table(['NAME', 'JOINED', 'MEMBERS', 'FILES'], rows))
}
