import type { Command } from 'commander'
import { endpointOf } from './endpoint.ts'
import type { Io } from './io.ts'
import { example, homeOption, jsonOption, uriHelp, type Common } from './options.ts'

/** `dt-swarm pin add | remove | list | services | service | forget`. */
export function addPins(program: Command, io: Io): void {
  const pin = program
    .command('pin')
    .description('copies at services that speak the IPFS Pinning Service API; who pins a file may give it to anybody')
    .addHelpText(
      'after',
      example(
        'DT_SWARM_PIN_TOKEN=… dt-swarm pin service pinata https://api.pinata.cloud/psa',
        'dt-swarm pin add --at pinata ipfs://bafybei…/run-17.mcap',
        'dt-swarm pin list',
      ),
    )
  for (const [name, description] of [
    ['add', 'have files that are here pinned at a service; "pin list" tells how it goes on'],
    ['remove', 'take pins back: the service may let go of the files'],
  ] as const) {
    pin
      .command(name)
      .description(description)
      .argument('<uri...>', uriHelp)
      .requiredOption('--at <service>', 'the name of the service')
      .addOption(homeOption())
      .addOption(jsonOption())
      .action(async (uris: readonly string[], options: Common & { readonly at: string }) => {
        const commands = await import('./pin-command.ts')
        await commands[name === 'add' ? 'addPins' : 'removePins'](uris, options.at, endpointOf(options), options, io)
      })
  }
  pin
    .command('list')
    .description('what is pinned elsewhere from here, and how it stands')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { listPins } = await import('./pin-command.ts')
      await listPins(endpointOf(options), options, io)
    })
  pin
    .command('services')
    .description('the pinning services that are known here')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { listServices } = await import('./pin-command.ts')
      await listServices(endpointOf(options), options, io)
    })
  pin
    .command('service')
    .description(
      'add a pinning service, or change it. Its token is taken from the environment (DT_SWARM_PIN_TOKEN), because every user of a machine sees arguments; it is kept by the daemon and never shown again',
    )
    .argument('<name>', 'what you call it: small letters, digits, dots, dashes')
    .argument('<url>', 'its address, e.g. https://api.pinata.cloud/psa')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (name: string, url: string, options: Common) => {
      const { setService } = await import('./pin-command.ts')
      await setService(name, url, endpointOf(options), options, io)
    })
  pin
    .command('forget')
    .description('forget a pinning service, its token and its pins; what it holds stays there')
    .argument('<name>')
    .addOption(homeOption())
    .action(async (name: string, options: { readonly home?: string }) => {
      const { forgetService } = await import('./pin-command.ts')
      await forgetService(name, endpointOf(options))
    })
}
