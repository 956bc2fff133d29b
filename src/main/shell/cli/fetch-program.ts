import { Argument, type Command } from 'commander'
import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import { endpointOf } from './endpoint.ts'
import { exitCodes } from './exit-code.ts'
import { addFilter, isFilter, type FilterArguments } from './file-filter.ts'
import type { Io } from './io.ts'
import {
  example,
  forceOption,
  given,
  groupJsonOption,
  homeOption,
  jsonOption,
  uriHelp,
  type Common,
} from './options.ts'
import type { Overwriting } from './whole-file.ts'

interface FetchArguments extends Common, FilterArguments, Overwriting {
  readonly out?: string
  readonly follow: boolean
  readonly store: boolean
  readonly wait: boolean
}

/** `dt-swarm files | fetch | follows | transfers`. */
export function addFetching(program: Command, io: Io, done: (exitCode: number) => void): void {
  addFilter(program.command('files').description("list the swarm's shared files, or those that are meant"))
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example('dt-swarm files --robot duckie01 --today', 'dt-swarm files --topic /camera/ --type mcap'),
    )
    .action(async (options: Common & FilterArguments) => {
      const { listFiles } = await import('./files-command.ts')
      await listFiles(endpointOf(options), options, io)
    })
  addFetch(program, io, done)
  addFollows(program, io)
  addTransfers(program, io)
}

function addFetch(program: Command, io: Io, done: (exitCode: number) => void): void {
  addFilter(
    program
      .command('fetch')
      .description(
        'fetch files from whoever has them, verified; prints where each was written: those that are named come here, those that match go to the download folder of the peer, in the folders that they were shared in',
      )
      .argument('[uri...]', uriHelp),
  )
    .option(
      '--out <path>',
      'of those that are named: a file, a folder, or - for stdout (default: its own name, here); of those that match: a folder',
    )
    .addOption(forceOption('of those that are named: replace a file that is there already'))
    .option('--follow', 'fetch all that match, now and from now on, until "dt-swarm follows end ID"', false)
    .option('--store', 'of those that match: keep a copy in the store and write no file', false)
    .option('--no-wait', 'of those that match: do not wait until they are here')
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example(
        'dt-swarm fetch bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi --out run.mcap',
        'dt-swarm fetch --robot duckie01 --today',
        'dt-swarm fetch --folder run-17 --robot duckie01 --out ~/runs',
        'dt-swarm fetch --follow --topic /camera/image',
      ),
    )
    .action(async (uris: readonly string[], options: FetchArguments) => {
      if (uris.length > 0 === isFilter(options)) {
        throw new SwarmError(
          'INVALID_INPUT',
          'say which files: either by name (a CID or URI), or by what they have in common (--robot, --topic, --today, …)',
        )
      }
      if (uris.length === 0) return done(await fetchMatching(options, io))
      if (options.follow) throw new SwarmError('INVALID_INPUT', 'what is named is fetched once: leave out --follow')
      if (uris.length > 1 && options.out === '-') {
        throw new SwarmError('INVALID_INPUT', 'only one file at a time goes to stdout')
      }
      const { loadFile } = await import('./load-command.ts')
      const { out: dest, force, json } = options
      for (const uri of uris) await loadFile(uri, endpointOf(options), { dest, force, json }, io)
    })
}

async function fetchMatching(options: FetchArguments, io: Io): Promise<number> {
  const commands = await import('./files-command.ts')
  if (options.out === '-') {
    throw new SwarmError('INVALID_INPUT', 'what matches goes to a folder: say which, or leave out --out')
  }
  if (options.out !== undefined && options.store) {
    throw new SwarmError('INVALID_INPUT', 'a copy in the store lies in no folder: leave out --out or --store')
  }
  if (!options.follow)
    return (await commands.fetchMatching(endpointOf(options), options, io)) ? exitCodes.ok : exitCodes.failed
  const unfit = (['type', 'channel', 'folder', 'from', 'to', 'today', 'atRisk'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (unfit.length > 0) {
    throw new SwarmError(
      'INVALID_INPUT',
      `--follow goes by --robot, --search and --topic: leave out --${unfit.join(', --').replace('atRisk', 'at-risk')}`,
    )
  }
  await commands.followMatching(endpointOf(options), options, io)
  return exitCodes.ok
}

function addFollows(program: Command, io: Io): void {
  const follows = program
    .command('follows')
    .description('what is fetched by itself as soon as somebody shares it: see "fetch --follow"')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText('after', example('dt-swarm follows', 'dt-swarm follows end 6f9619ff-8b86-d011-b42d-00cf4fc964ff'))
    .action(async (_: unknown, command: Command) => {
      const { showFollows } = await import('./files-command.ts')
      await showFollows(endpointOf(given(command)), given(command), io)
    })
  follows
    .command('end')
    .description('fetch it by itself no longer')
    .argument('<id>')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (id: string, _: unknown, command: Command) => {
      const { endFollow } = await import('./files-command.ts')
      await endFollow(id, endpointOf(given(command)), given(command), io)
    })
}

function addTransfers(program: Command, io: Io): void {
  const transfers = program
    .command('transfers')
    .description('shares and fetches under way or lately ended; pause, resume, cancel, or say which comes first')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText('after', example('dt-swarm transfers pause 6f9619ff', 'dt-swarm transfers priority high 6f9619ff'))
    .action(async (_: unknown, command: Command) => {
      const { showTransfers } = await import('./transfers-command.ts')
      await showTransfers(endpointOf(given(command)), given(command), io)
    })
  for (const [change, description] of [
    ['pause', 'hold transfers; they keep what they have'],
    ['resume', 'go on with held ones, or try failed ones again'],
    ['cancel', 'stop transfers; what came stays in the store'],
  ] as const) {
    transfers
      .command(change)
      .description(description)
      .argument('<id...>', 'the first characters are enough')
      .addOption(homeOption())
      .addOption(groupJsonOption())
      .action(async (ids: readonly string[], _: unknown, command: Command) => {
        const { changeTransfers } = await import('./transfers-command.ts')
        await changeTransfers(change, ids, endpointOf(given(command)), given(command), io)
      })
  }
  transfers
    .command('priority')
    .description('those that wait are taken high before normal before low')
    .addArgument(new Argument('<priority>').choices(['high', 'normal', 'low']))
    .argument('<id...>', 'the first characters are enough')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (priority: TransferView['priority'], ids: readonly string[], _: unknown, command: Command) => {
      const { changeTransfers } = await import('./transfers-command.ts')
      await changeTransfers(priority, ids, endpointOf(given(command)), given(command), io)
    })
}
