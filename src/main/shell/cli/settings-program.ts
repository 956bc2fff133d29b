import type { Command } from 'commander'
import { endpointOf } from './endpoint.ts'
import type { Io } from './io.ts'
import { example, given, groupJsonOption, homeOption } from './options.ts'
import { settingNames } from './setting-names.ts'

const widest = Math.max(...settingNames.map(({ name }) => name.length))

const namesHelp = settingNames
  .map(({ name, about, change }) => {
    const by = typeof change === 'string' ? `; set by "${change}"` : ''
    return `  ${name.padEnd(widest)}  ${about}${by}`
  })
  .join('\n')

/** `dt-swarm settings [NAME]`, `dt-swarm settings set NAME VALUE...`. */
export function addSettings(program: Command, io: Io): void {
  const settings = program
    .command('settings')
    .description('what this peer is set to; limits, quota and rules of files among it')
    .argument('[name]', 'only this one')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText(
      'after',
      `\nSettings:\n${namesHelp}\n${example(
        'dt-swarm settings',
        'dt-swarm settings set files.quotaBytes 50GB',
        'dt-swarm settings set files.bandwidth.upBytesPerS 500kB/s',
        "dt-swarm settings set files.ignore '*.tmp' 'cache/'",
      )}`,
    )
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const { showSettings } = await import('./settings-command.ts')
      await showSettings(name, endpointOf(given(command)), given(command), io)
    })
  settings
    .command('set')
    .description('change one; it is saved. A value that begins with a dash stands after --')
    .argument('<name>', 'as "dt-swarm settings" names it')
    .argument('<value...>', 'of lists several; "none" empties one, or takes a limit away')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .action(async (name: string, values: readonly string[], _: unknown, command: Command) => {
      const { setSetting } = await import('./settings-command.ts')
      await setSetting(name, values, endpointOf(given(command)), given(command), io)
    })
}
