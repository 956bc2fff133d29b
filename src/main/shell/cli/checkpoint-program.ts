import type { Command } from 'commander'
import { endpointOf } from './endpoint.ts'
import { exitCodes } from './exit-code.ts'
import type { Io } from './io.ts'
import { example, forceOption, homeOption, jsonOption, type Common } from './options.ts'
import type { Overwriting } from './whole-file.ts'

/** `dt-swarm checkpoint …` and `dt-swarm summary`. */
export function addCheckpoints(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('summary')
    .description("print the swarm's state: trust, machines, records by bucket, the newest checkpoint")
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm summary --json'))
    .action(async (options: Common) => {
      const { swarmSummary } = await import('./summary-command.ts')
      await swarmSummary(endpointOf(options), options, io)
    })
  const checkpoint = program
    .command('checkpoint')
    .description("summaries of the swarm's state: make, list, check, and carry them on a stick")
    .addHelpText('after', example('dt-swarm checkpoint export /media/stick/swarm.car'))
  const add = (name: string, description: string, shown: string): Command =>
    checkpoint
      .command(name)
      .description(description)
      .addOption(homeOption())
      .addOption(jsonOption())
      .addHelpText('after', example(`dt-swarm checkpoint ${shown}`))

  add('create', 'make one of now and announce it', 'create').action(async (options: Common) => {
    const { createCheckpoint } = await import('./checkpoint-command.ts')
    await createCheckpoint(endpointOf(options), options, io)
  })
  add('list', 'list those that are known, the newest first', 'list').action(async (options: Common) => {
    const { listCheckpoints } = await import('./checkpoint-command.ts')
    await listCheckpoints(endpointOf(options), options, io)
  })
  add('show', 'show one: what is in it and who signed it', 'show bafyrei…')
    .argument('<root>')
    .action(async (root: string, options: Common) => {
      const { showCheckpoint } = await import('./checkpoint-command.ts')
      await showCheckpoint(root, endpointOf(options), options, io)
    })
  add(
    'verify',
    'fetch it, and check every block and every signature; exit code 1 when it is not sound',
    'verify bafyrei…',
  )
    .argument('<root>')
    .action(async (root: string, options: Common) => {
      const { verifyCheckpoint } = await import('./checkpoint-command.ts')
      if (!(await verifyCheckpoint(root, endpointOf(options), options, io))) done(exitCodes.failed)
    })
  add('export', 'write one as a CAR file: of now, unless a root is given', 'export swarm.car')
    .argument('<file>')
    .argument('[root]')
    .addOption(forceOption())
    .action(async (file: string, root: string | undefined, options: Common & Overwriting) => {
      const { exportCheckpoint } = await import('./checkpoint-command.ts')
      await exportCheckpoint(file, root, endpointOf(options), options, io)
    })
  add('import', 'take over the records of a CAR file, checked as if they came by network', 'import swarm.car')
    .argument('<file>')
    .action(async (file: string, options: Common) => {
      const { importCheckpoint } = await import('./checkpoint-command.ts')
      await importCheckpoint(file, endpointOf(options), options, io)
    })
}
