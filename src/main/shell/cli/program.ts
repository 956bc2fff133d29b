import { Command, Option } from 'commander'
import { resolve } from 'node:path'
import type { LogLevel } from '../../base/log.ts'
import type { Role, Settings } from '../../../shared/views.ts'
import { channelsOf } from '../../net/channels/channel-config.ts'
import { defaultWebAddress, type WebAddress } from '../web/listen.ts'
import { addArchive } from './archive-program.ts'
import { addCheckpoints } from './checkpoint-program.ts'
import { addCourier } from './courier-program.ts'
import { endpointOf } from './endpoint.ts'
import { addFetching } from './fetch-program.ts'
import { addFiles } from './files-program.ts'
import { homeOf } from './home.ts'
import type { Io } from './io.ts'
import { addNetwork } from './network-program.ts'
import { collect, example, homeOption, jsonOption, logLevelOption, webAddress, whole, type Common } from './options.ts'
import { addPins } from './pin-program.ts'
import { addRecorder } from './recorder-program.ts'
import { addRecords } from './records-program.ts'
import { runCommands } from './run-commands.ts'
import { addSettings } from './settings-program.ts'
import { addTrust } from './trust-program.ts'
import { programVersion } from './version.ts'

const exitHelp = 'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon.'

/** `dt-swarm …`: parses, runs, and resolves with the exit code. What a command needs is loaded when it runs. */
export function runSwarm(argv: readonly string[], io: Io): Promise<number> {
  return runCommands(
    io,
    (done) => {
      const program = new Command('dt-swarm')
        .description('One swarm of robots, laptops and servers: live health, shared logs, no server that must be up.')
        .version(programVersion())
        .showHelpAfterError('(see --help)')
        .addHelpText('after', `${example('dt-swarm daemon --name lab-server --role server')}\n${exitHelp}`)
      addDaemon(program, io)
      addLab(program, io)
      addFiles(program, io, done)
      addFetching(program, io, done)
      addArchive(program, io, done)
      addPins(program, io)
      addCourier(program, io, done)
      addRecorder(program, io)
      addLists(program, io)
      addSettings(program, io)
      addTrust(program, io)
      addRecords(program, io)
      addCheckpoints(program, io, done)
      addNetwork(program, io, done)
      return program
    },
    argv,
  )
}

interface DaemonArguments {
  readonly home?: string
  readonly name?: string
  readonly role?: Role
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly share?: string
  readonly downloads?: string
  readonly kubo?: string
  readonly archive?: boolean
  readonly web?: WebAddress | null
  readonly mdns: boolean
  readonly channel?: readonly string[]
  readonly gossip: boolean
  readonly join?: string
  readonly logLevel: LogLevel
}

function addDaemon(program: Command, io: Io): void {
  program
    .command('daemon')
    .description('run a peer and its web console until SIGINT or SIGTERM; prints one line of JSON when it is ready')
    .addOption(homeOption())
    .option('--name <name>', 'what others see (default: the host name)')
    .addOption(new Option('--role <role>', 'what this machine is').choices(['robot', 'operator', 'server']))
    .option('--listen <multiaddr>', 'listen there; may be repeated (default: every interface)', collect)
    .option('--bootstrap <multiaddr>', 'stay connected to this peer; may be repeated', collect)
    .option('--share <dir>', 'share what lies in this folder (default: ~/shared-logs)')
    .option('--downloads <dir>', 'put fetched files there (default: ~/Downloads)')
    .option('--kubo <url>', 'keep files in this Kubo daemon, for this run, e.g. http://127.0.0.1:5001 (its RPC)')
    .option('--archive', 'keep a copy of all that is shared, for this run; see "dt-swarm archive"')
    .option(
      '--web <host:port|off>',
      'where the web console listens (default: 127.0.0.1:4180, or the next free port)',
      webAddress,
    )
    .option('--no-mdns', 'do not look for peers by mDNS')
    .option(
      '--channel <address>',
      'another way for messages, e.g. /ip4/255.255.255.255/udp/4181/dswarm-line, /ip4/HOST/tcp/4181/dswarm-line (listen: before it to be the one that others come to) or /dns4/HOST/tcp/6667/irc/lab/dswarm-line; may be repeated; for this run, instead of those of the settings',
      collect,
    )
    .option('--no-gossip', 'do not use gossip, for this run')
    .addOption(
      // A link is a password: arguments are seen by every user of a machine, the environment is not.
      new Option(
        '--join <link>',
        'an invite: begin in its swarm, where the home has none yet (default: a new swarm is founded, with this peer as its root)',
      ).env('DT_SWARM_JOIN'),
    )
    .addOption(logLevelOption())
    .addHelpText('after', example('dt-swarm daemon --name duckie01 --role robot --share /data/logs'))
    .action(async (given: DaemonArguments) => {
      const { runDaemon } = await import('./daemon-command.ts')
      await runDaemon(
        {
          home: homeOf(given.home),
          settings: settingsOf(given),
          kubo: given.kubo,
          archive: given.archive,
          web: given.web === undefined ? defaultWebAddress : given.web,
          logLevel: given.logLevel,
          // An empty variable is how scripts say that there is none.
          join: given.join === '' ? undefined : given.join,
        },
        io,
      )
    })
}

/** Only what was given: the rest is as saved. */
function settingsOf(given: DaemonArguments): Partial<Settings> {
  return {
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.role === undefined ? {} : { role: given.role }),
    ...(given.listen === undefined ? {} : { listen: [...given.listen] }),
    ...(given.bootstrap === undefined ? {} : { bootstrap: [...given.bootstrap] }),
    ...(given.share === undefined ? {} : { shareDir: resolve(given.share) }),
    ...(given.downloads === undefined ? {} : { downloadDir: resolve(given.downloads) }),
    ...(given.mdns ? {} : { mdns: false }),
    ...(given.channel === undefined && given.gossip ? {} : { channels: channelsOf(given.channel ?? [], given.gossip) }),
  }
}

interface LabArguments {
  readonly robots: number
  readonly seed: number
  readonly home?: string
  readonly bootstrap?: readonly string[]
  readonly logLevel: LogLevel
}

function addLab(program: Command, io: Io): void {
  program
    .command('lab')
    .description('run simulated Duckiebots, each a real peer, until SIGINT or SIGTERM')
    .addOption(new Option('--robots <n>', 'how many, 1 to 50').argParser(whole(1, 50)).default(4))
    .addOption(new Option('--seed <n>', 'decides what their bodies do').argParser(whole(0, 2 ** 31 - 1)).default(1))
    .addOption(homeOption())
    .option('--bootstrap <multiaddr>', 'join this peer; may be repeated (default: the daemon of the home)', collect)
    .addOption(logLevelOption())
    .addHelpText('after', example('dt-swarm lab --robots 4'))
    .action(async ({ robots, seed, home, bootstrap = [], logLevel }: LabArguments) => {
      const { runLab } = await import('./lab-command.ts')
      await runLab({ robots, seed, home: homeOf(home), bootstrap, logLevel }, io)
    })
}

function addLists(program: Command, io: Io): void {
  program
    .command('peers')
    .description('list the machines of the swarm')
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm peers --json'))
    .action(async (options: Common) => {
      const { listPeers } = await import('./list-commands.ts')
      await listPeers(endpointOf(options), options, io)
    })
}
