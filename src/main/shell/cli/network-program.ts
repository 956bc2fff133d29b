import { Option, type Command } from 'commander'
import { channelKindSchema, type ChannelKind } from '../../../shared/network-views.ts'
import { endpointOf } from './endpoint.ts'
import type { Io } from './io.ts'
import { example, given, groupJsonOption, homeOption, jsonOption, whole, type Common } from './options.ts'

const timeoutOption = () =>
  new Option('--timeout <s>', 'how long to wait for an answer, in seconds').argParser(whole(1, 60)).default(10)

/** `dt-swarm ping | send | messages | routes … | channels …`. */
export function addNetwork(program: Command, io: Io, done: (exitCode: number) => void): void {
  addTalk(program, io, done)
  addMessages(program, io)
  addRoutes(program, io)
  addChannels(program, io)
}

function addTalk(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('ping')
    .description('ask a peer whether it is there, over whatever chain of channels there is; shows the way and the time')
    .argument('<peer>', 'its name, its id, or the end of its id')
    .addOption(new Option('-c, --count <n>', 'how often, a second apart').argParser(whole(1, 10_000)).default(1))
    .addOption(timeoutOption())
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm ping duckie03 -c 5'))
    .action(async (peer: string, options: Common & { count: number; timeout: number }) => {
      const { ping } = await import('./talk-command.ts')
      const { count, timeout, json } = options
      if (!(await ping(peer, endpointOf(options), { count, timeoutMs: timeout * 1_000, json }, io))) done(1)
    })
  program
    .command('send')
    .description('send a text to a peer: it appears among its messages')
    .argument('<peer>', 'its name, its id, or the end of its id')
    .argument('<text...>')
    .addOption(timeoutOption())
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm send lab-server "duckie03 is on the floor, please charge it"'))
    .action(async (peer: string, text: readonly string[], options: Common & { timeout: number }) => {
      const { send } = await import('./talk-command.ts')
      const { timeout, json } = options
      if (!(await send(peer, text.join(' '), endpointOf(options), { timeoutMs: timeout * 1_000, json }, io))) done(1)
    })
}

interface MessagesArguments extends Common {
  readonly follow: boolean
  readonly search?: string
  readonly channel?: ChannelKind
  readonly kind?: string
  readonly lines: number
}

function addMessages(program: Command, io: Io): void {
  program
    .command('messages')
    .description('the last messages of all channels, in and out, refused ones too')
    .option('-f, --follow', 'go on with those that come', false)
    .option('--search <text>', 'in ids, names, kinds and summaries')
    .addOption(new Option('--channel <kind>', 'only those of such channels').choices(channelKindSchema.options))
    .option('--kind <kind>', 'only those of a kind: records, ping, text, …')
    .addOption(new Option('-n, --lines <n>', 'how many').argParser(whole(1, 2_000)).default(50))
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm messages --follow --search duckie03'))
    .action(async (options: MessagesArguments) => {
      const { showMessages } = await import('./messages-command.ts')
      await showMessages(endpointOf(options), options, io)
    })
}

function addRoutes(program: Command, io: Io): void {
  const routes = program
    .command('routes')
    .description('the routing table: prefix => next hop, set, learned, or by a link')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText(
      'after',
      example("dt-swarm routes add /dswarm/12D3KooW…/brain '/ip4/10.0.0.7/udp/4182/dswarm-line/$0'"),
    )
    .action(async (_: unknown, command: Command) => {
      const { showRoutes } = await import('./network-command.ts')
      await showRoutes(endpointOf(given(command)), given(command), io)
    })
  routes
    .command('add')
    .description('set a route; it is kept, and goes before what is learned')
    .argument('<prefix>', 'the beginning of addresses: /dswarm/12D3KooW…/brain')
    .argument('<next>', 'where they go instead; $0 stands for what was matched')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (prefix: string, next: string, _: unknown, command: Command) => {
      const { setRoute } = await import('./network-command.ts')
      await setRoute(prefix, next, endpointOf(given(command)), given(command), io)
    })
  routes
    .command('remove')
    .description('remove a route that was set')
    .argument('<prefix>')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (prefix: string, _: unknown, command: Command) => {
      const { removeRoute } = await import('./network-command.ts')
      await removeRoute(prefix, endpointOf(given(command)), given(command), io)
    })
}

function addChannels(program: Command, io: Io): void {
  const channels = program
    .command('channels')
    .description(
      'message channels (the ways messages travel: gossip, TCP lines, UDP, IRC) and file channels (among whom files are shared)',
    )
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText(
      'after',
      `
Of message channels: add, on, off, remove. Of file channels: list, join, leave.
${example('dt-swarm channels add /ip4/192.168.1.255/udp/4182/dswarm-line')}  $ dt-swarm channels join course-2026
`,
    )
    .action(async (_: unknown, command: Command) => {
      const { showAllChannels } = await import('./file-channels-command.ts')
      await showAllChannels(endpointOf(given(command)), given(command), io)
    })
  addFileChannels(channels, io)
  for (const [name, description] of [
    ['add', 'message channels: add one, and switch it on; saved'],
    ['on', 'message channels: switch one on; saved'],
    ['off', 'message channels: switch one off; saved'],
    ['remove', 'message channels: remove one; saved'],
  ] as const) {
    channels
      .command(name)
      .description(description)
      .argument('<address>', 'as "dt-swarm channels" lists it, or gossip')
      .option('--listen', 'a TCP line that is listened on, not dialled', false)
      .addOption(homeOption())
      .addOption(groupJsonOption())
      .action(async (address: string, options: { listen: boolean }, command: Command) => {
        const { changeChannel } = await import('./network-command.ts')
        await changeChannel(name, address, endpointOf(given(command)), { ...given(command), ...options }, io)
      })
  }
}

function addFileChannels(channels: Command, io: Io): void {
  channels
    .command('list')
    .description('file channels: joined, and heard of')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (_: unknown, command: Command) => {
      const { showFileChannels } = await import('./file-channels-command.ts')
      await showFileChannels(endpointOf(given(command)), given(command), io)
    })
  for (const [name, description] of [
    ['join', 'file channels: see, find and give the files of one; a new name makes one; saved'],
    ['leave', 'file channels: leave one; saved'],
  ] as const) {
    channels
      .command(name)
      .description(description)
      .argument('<name>', 'small letters, digits, dots, "_" and "-"')
      .addOption(homeOption())
      .addOption(groupJsonOption())
      .action(async (channel: string, _: unknown, command: Command) => {
        const { changeFileChannel } = await import('./file-channels-command.ts')
        await changeFileChannel(name, channel, endpointOf(given(command)), given(command), io)
      })
  }
}
