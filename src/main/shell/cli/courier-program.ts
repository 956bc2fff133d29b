import type { Command } from 'commander'
import { SwarmError } from '../../../shared/errors.ts'
import { endpointOf } from './endpoint.ts'
import { exitCodes } from './exit-code.ts'
import { addFilter, isFilter, type FilterArguments } from './file-filter.ts'
import type { Io } from './io.ts'
import { example, homeOption, jsonOption, uriHelp, type Common } from './options.ts'

interface ExportArguments extends Common, FilterArguments {
  readonly all: boolean
  readonly files: boolean
  readonly records: boolean
}

/** `dt-swarm courier export | import`. */
export function addCourier(program: Command, io: Io, done: (exitCode: number) => void): void {
  const courier = program
    .command('courier')
    .description('carry files and records on a stick, between networks that never meet')
    .addHelpText(
      'after',
      example('dt-swarm courier export /media/stick --robot duckie07 --today', 'dt-swarm courier import /media/stick'),
    )
  addFilter(
    courier
      .command('export')
      .description(
        'copy files that are here, and the records of the swarm, to a folder; once more goes on where it ended',
      )
      .argument('<dir>', 'the daemon must be allowed to write there')
      .argument('[uri...]', `these and no others: ${uriHelp}`),
  )
    .option('--all', 'all files that are here', false)
    .option('--no-files', 'only the records')
    .option('--no-records', 'only the files: those who take them in must know them already')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (dir: string, cids: readonly string[], options: ExportArguments) => {
      const says = [isFilter(options) || cids.length > 0, options.all, !options.files].filter((one) => one)
      if (says.length !== 1) {
        throw new SwarmError(
          'INVALID_INPUT',
          'say which files: URIs or CIDs, what they have in common (--robot, --topic, --today, …), --all, or --no-files',
        )
      }
      const { exportTo } = await import('./courier-command.ts')
      if (!(await exportTo(dir, cids, endpointOf(options), options, io))) done(exitCodes.failed)
    })
  courier
    .command('import')
    .description('take in what a courier brought: every record and every file is checked as from the network')
    .argument('<dir>', 'the daemon must be allowed to read it')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (dir: string, options: Common) => {
      const { importFrom } = await import('./courier-command.ts')
      if (!(await importFrom(dir, endpointOf(options), options, io))) done(exitCodes.failed)
    })
}
