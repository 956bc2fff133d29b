import { Option, type Command } from 'commander'
import { maxWantedCopies } from '../../../shared/file-views.ts'
import { endpointOf } from './endpoint.ts'
import { exitCodes } from './exit-code.ts'
import type { Io } from './io.ts'
import { example, homeOption, jsonOption, uriHelp, whole, type Common } from './options.ts'

interface OnArguments extends Common {
  readonly robot?: string
  readonly search?: string
  readonly topic?: string
}

interface RescueArguments extends Common {
  readonly all: boolean
  readonly risk: 'low' | 'high'
  readonly wait: boolean
}

/** `dt-swarm archive status | on | off | copies`, `dt-swarm rescue`. */
export function addArchive(program: Command, io: Io, done: (exitCode: number) => void): void {
  addRescue(program, io, done)
  const archive = program
    .command('archive')
    .description('what this peer keeps for the swarm: copies of all that is shared, or of what is meant')
    .addHelpText(
      'after',
      example('dt-swarm archive on', 'dt-swarm archive on --robot duckie07', 'dt-swarm archive copies 2'),
    )
  archive
    .command('status')
    .description('what it keeps, and how far it is')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { showArchive } = await import('./archive-command.ts')
      await showArchive(endpointOf(options), options, io)
    })
  archive
    .command('on')
    .description('keep all that is shared, now and from now on; or what fits all that is given here')
    .option('--robot <peer>', 'only what was first shared by this machine: its name, its id, or the end of its id')
    .option('--search <text>', 'only what has this in its name or machine, or at the beginning of its CID')
    .option('--topic <name>', 'only recordings with this topic, or with any below a name that ends in a slash')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async ({ robot, search, topic, ...options }: OnArguments) => {
      const { turnOn } = await import('./archive-command.ts')
      await turnOn({ robot, search, topic }, endpointOf(options), options, io)
    })
  archive
    .command('off')
    .description('fetch nothing more for the archive; what it has is kept')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { turnOff } = await import('./archive-command.ts')
      await turnOff(endpointOf(options), options, io)
    })
  archive
    .command('copies')
    .description(
      'how many copies each file should have: servers and archives that are set to two or more agree by themselves who fetches what has fewer; 1 turns it off',
    )
    .argument('<n>', 'copies in all, the one on the robot included', whole(1, maxWantedCopies))
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (copies: number, options: Common) => {
      const { setCopies } = await import('./archive-command.ts')
      await setCopies(copies, endpointOf(options), options, io)
    })
}

function addRescue(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('rescue')
    .description(
      'fetch files that may be lost before all others, and keep them here for good; see "dt-swarm files --at-risk"',
    )
    .argument('[uri...]', uriHelp)
    .option('--all', 'all that may be lost', false)
    .addOption(
      new Option('--risk <level>', 'of all: "high", or "low" with what hangs on one machine')
        .choices(['low', 'high'])
        .default('high'),
    )
    .option('--no-wait', 'do not wait until they are here; it goes on by itself, also after a restart')
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm rescue --all', 'dt-swarm rescue ipfs://bafybei…/run-17.mcap'))
    .action(async (uris: readonly string[], options: RescueArguments) => {
      const { rescueFiles } = await import('./archive-command.ts')
      if (!(await rescueFiles(uris, endpointOf(options), options, io))) done(exitCodes.failed)
    })
}
