import { Option, type Command } from 'commander'
import { recordStateSchema } from '../../../shared/record-views.ts'
import { endpointOf } from './endpoint.ts'
import type { Io } from './io.ts'
import { example, given, groupJsonOption, homeOption } from './options.ts'

interface Filters {
  readonly bucket?: string
  readonly state?: string
  readonly search?: string
}

/** `dt-swarm records …`. */
export function addRecords(program: Command, io: Io): void {
  const records = program
    .command('records')
    .description('the signed records that this peer holds; without options: how many in which bucket, and its rule')
    .option('--bucket <name>', 'list those of a bucket')
    .addOption(new Option('--state <state>', 'list those in a state').choices(recordStateSchema.options))
    .option('--search <text>', 'list those with this in their key, value or author')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText('after', example('dt-swarm records --bucket releases --state proposed'))
    .action(async (_: unknown, command: Command) => {
      const { bucket, state, search } = command.opts<Filters>()
      const { json } = given(command)
      const { listRecords, summarizeRecords } = await import('./records-command.ts')
      if (bucket === undefined && state === undefined && search === undefined) {
        return summarizeRecords(endpointOf(given(command)), { json }, io)
      }
      await listRecords(endpointOf(given(command)), { bucket, state, search, json }, io)
    })
  const sub = (name: string, description: string, shown: string): Command =>
    records
      .command(name)
      .description(description)
      .argument('<id>', 'bafyrei…')
      .addOption(homeOption())
      .addOption(groupJsonOption())
      .addHelpText('after', example(`dt-swarm records ${shown}`))

  sub('show', 'show one: its value, state, signers and the way it came', 'show bafyrei…').action(
    async (id: string, _: unknown, command: Command) => {
      const { showRecord } = await import('./records-command.ts')
      await showRecord(endpointOf(given(command)), { id, json: given(command).json }, io)
    },
  )
  for (const verdict of ['endorse', 'dismiss'] as const) {
    const what = verdict === 'endorse' ? 'sign one as right' : 'take one back, or have it taken away where you may'
    sub(verdict, what, `${verdict} bafyrei…`).action(async (id: string, _: unknown, command: Command) => {
      const { attestRecord } = await import('./records-command.ts')
      await attestRecord(endpointOf(given(command)), { id, verdict, json: given(command).json }, io)
    })
  }
}
