import { Argument, Command } from 'commander'
import { remoteEndpoint } from './endpoint.ts'
import { homeOf } from './home.ts'
import type { Io } from './io.ts'
import { homeOption, jsonOption } from './options.ts'
import { runCommands } from './run-commands.ts'
import { programVersion } from './version.ts'

interface RemoteArguments {
  readonly home?: string
  readonly token?: string
  readonly json: boolean
}

/** `dt-swarm-cli HOST report|summary`: asks any peer, here or elsewhere. Resolves with the exit code. */
export function runRemote(argv: readonly string[], io: Io): Promise<number> {
  return runCommands(
    io,
    () =>
      new Command('dt-swarm-cli')
        .description("ask a peer: report lists the swarm's shared files, summary all live records")
        .version(programVersion())
        .showHelpAfterError('(see --help)')
        .argument('<host>', 'HOST, HOST:PORT (default 4180; for localhost that of its daemon) or a URL')
        .addArgument(new Argument('<what>', 'what to ask for').choices(['report', 'summary']))
        .option('--token <token>', "the peer's web token (default: DT_SWARM_TOKEN; for this machine that of its home)")
        .addOption(homeOption())
        .addOption(jsonOption())
        .addHelpText(
          'after',
          '\nExample:\n  $ dt-swarm-cli localhost:4180 report --json\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 no peer there.',
        )
        .action(async (host: string, what: string, { home, token, json }: RemoteArguments) => {
          const endpoint = remoteEndpoint(host, { token, home: homeOf(home) })
          const { report, summary } = await import('./report-command.ts')
          await (what === 'report' ? report : summary)(endpoint, { json }, io)
        }),
    argv,
  )
}
