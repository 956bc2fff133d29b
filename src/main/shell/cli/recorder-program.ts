import { Option, type Command } from 'commander'
import { faultKinds, type FaultKind } from '../../../shared/recorder-views.ts'
import { endpointOf } from './endpoint.ts'
import type { Io } from './io.ts'
import { collect, example, homeOption, jsonOption, whole, type Common } from './options.ts'

interface OnArguments extends Common {
  readonly path?: readonly string[]
  readonly minutes?: number
  readonly fault?: readonly FaultKind[]
}

/** `dt-swarm recorder status | on | off | mark`. */
export function addRecorder(program: Command, io: Io): void {
  const recorder = program
    .command('recorder')
    .description(
      'the flight recorder: on a fault the last minutes of the logs, records and health are saved and shared',
    )
    .addHelpText(
      'after',
      example(
        "dt-swarm recorder on --path ~/.ros/log --path '/data/bags/*.mcap' --minutes 5",
        'dt-swarm recorder mark "it hit the wall"',
        'dt-swarm recorder mark --on duckie07 "look at this"',
      ),
    )
  recorder
    .command('status')
    .description('whether it is on, what it looks at, and what it saved')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { showRecorder } = await import('./recorder-command.ts')
      await showRecorder(endpointOf(options), options, io)
    })
  recorder
    .command('on')
    .description('turn it on, or change it; what is not given stays as it was')
    .option(
      '--path <path>',
      'logs that are being written: a file, a folder, or a pattern in quotes; may be repeated, and stands for all before',
      collect,
    )
    .addOption(new Option('--minutes <n>', 'how far back, 1 to 60').argParser(whole(1, 60)))
    .addOption(
      new Option('--fault <kind...>', 'these faults and no others; a mark by hand always counts').choices(faultKinds),
    )
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async ({ path, minutes, fault, ...options }: OnArguments) => {
      const { turnOn } = await import('./recorder-command.ts')
      await turnOn({ paths: path, minutes, faults: fault }, endpointOf(options), options, io)
    })
  recorder
    .command('off')
    .description('turn it off; what it saved stays')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (options: Common) => {
      const { turnOff } = await import('./recorder-command.ts')
      await turnOff(endpointOf(options), options, io)
    })
  recorder
    .command('mark')
    .description('save the last minutes now')
    .argument('[text]', 'what happened, for whoever looks at it later', '')
    .option('--on <peer>', 'on another machine, by its name or id (of an operator; default: on this one)')
    .addOption(homeOption())
    .addOption(jsonOption())
    .action(async (text: string, { on, ...options }: Common & { readonly on?: string }) => {
      const { mark } = await import('./recorder-command.ts')
      await mark(text, on, endpointOf(options), options, io)
    })
}
