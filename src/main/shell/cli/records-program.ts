import { Option, type Command } from 'commander'
import { recordStateSchema } from '../../../shared/record-views.ts'
import { localEndpoint } from './endpoint.ts'
import { homeOf } from './home.ts'
import type { Io } from './io.ts'
import { homeOption } from './options.ts'

interface Common {
  readonly home?: string
  readonly json?: boolean
}

interface Filters {
  readonly bucket?: string
  readonly state?: string
  readonly search?: string
}

// Without a default: it would hide what stands after a command of `records`.
const json = () => new Option('--json', 'print JSON')
const example = (text: string) => `\nExample:\n  $ ${text}\n`
const given = (command: Command): Common & Filters => command.optsWithGlobals()
const endpointOf = (command: Command) => localEndpoint(homeOf(given(command).home))

/** `dt-swarm records …`. */
export function addRecords(program: Command, io: Io): void {
  const records = program
    .command('records')
    .description('the signed records that this peer holds; without options: how many in which bucket, and its rule')
    .option('--bucket <name>', 'list those of a bucket')
    .addOption(new Option('--state <state>', 'list those in a state').choices(recordStateSchema.options))
    .option('--search <text>', 'list those with this in their key, value or author')
    .addOption(homeOption())
    .addOption(json())
    .addHelpText('after', example('dt-swarm records --bucket releases --state proposed'))
    .action(async (_: unknown, command: Command) => {
      const { bucket, state, search, json: asJson = false } = given(command)
      const { listRecords, summarizeRecords } = await import('./records-command.ts')
      if (bucket === undefined && state === undefined && search === undefined) {
        return summarizeRecords(endpointOf(command), { json: asJson }, io)
      }
      await listRecords(endpointOf(command), { bucket, state, search, json: asJson }, io)
    })
  const sub = (name: string, description: string, shown: string): Command =>
    records
      .command(name)
      .description(description)
      .argument('<id>', 'bafyrei…')
      .addOption(homeOption())
      .addOption(json())
      .addHelpText('after', example(`dt-swarm records ${shown}`))

  sub('show', 'show one: its value, state, signers and the way it came', 'show bafyrei…').action(
    async (id: string, _: unknown, command: Command) => {
      const { showRecord } = await import('./records-command.ts')
      await showRecord(endpointOf(command), { id, json: given(command).json ?? false }, io)
    },
  )
  for (const verdict of ['endorse', 'dismiss'] as const) {
    const what = verdict === 'endorse' ? 'sign one as right' : 'take one back, or have it taken away where you may'
    sub(verdict, what, `${verdict} bafyrei…`).action(async (id: string, _: unknown, command: Command) => {
      const { attestRecord } = await import('./records-command.ts')
      await attestRecord(endpointOf(command), { id, verdict, json: given(command).json ?? false }, io)
    })
  }
}
