import { Option, type Command } from 'commander'
import { endpointOf } from './endpoint.ts'
import { exitCodes } from './exit-code.ts'
import type { Io } from './io.ts'
import { byteRange, example, forceOption, homeOption, jsonOption, uriHelp, type Common } from './options.ts'
import type { Overwriting } from './whole-file.ts'

interface Scoped extends Common {
  readonly channel?: string
}

const channelOption = () => new Option('--channel <name>', 'for those on this file channel alone')

/** `dt-swarm share | store | link | load | cat | find | info | unshare | keep | storage`. */
export function addFiles(program: Command, io: Io, done: (exitCode: number) => void): void {
  addSharing(program, io, done)
  addReading(program, io, done)
  addKeeping(program, io)
  addStorage(program, io, done)
}

function addSharing(program: Command, io: Io, done: (exitCode: number) => void): void {
  for (const [name, description, line] of [
    [
      'share',
      "share files and folders: they are copied into the daemon's share folder; prints CID and name of each",
      'cid',
    ],
    ['store', 'share files as "share" does; prints the URI by which anybody in the swarm can load each', 'uri'],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument('<file...>')
      .addOption(channelOption())
      .addOption(homeOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        example(`dt-swarm ${name} run-17.mcap`, `dt-swarm ${name} --channel course-2026 run-17.mcap`),
      )
      .action(async (files: readonly string[], options: Scoped) => {
        const endpoint = endpointOf(options)
        const { storeFiles } = await import('./store-command.ts')
        const { channel, json } = options
        if (!(await storeFiles(files, endpoint, { channel, json, line }, io))) done(exitCodes.failed)
      })
  }
  program
    .command('link')
    .description('share files and folders where they lie, without a second copy; prints the URI of each file')
    .argument('<file...>', 'the daemon must be allowed to read it')
    .addOption(channelOption())
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm link /data/bags/run-17.bag'))
    .action(async (files: readonly string[], options: Scoped) => {
      const endpoint = endpointOf(options)
      const { linkFiles } = await import('./store-command.ts')
      const { channel, json } = options
      if (!(await linkFiles(files, endpoint, { channel, json, line: 'uri' }, io))) done(exitCodes.failed)
    })
}

function addReading(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('load')
    .description('bring a file here from whoever has it, verified; prints its path')
    .argument('<uri>', uriHelp)
    .option('--dest <path>', 'a file, a folder, or - for stdout (default: its own name, here)')
    .addOption(forceOption())
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example('dt-swarm load sha1://da39a3ee5e6b4b0d3255bfef95601890afd80709/run-17.mcap --dest /tmp/'),
    )
    .action(async (uri: string, options: Common & Overwriting & { readonly dest?: string }) => {
      const { loadFile } = await import('./load-command.ts')
      const { dest, force, json } = options
      await loadFile(uri, endpointOf(options), { dest, force, json }, io)
    })
  program
    .command('cat')
    .description('write a file to stdout, or a range of its bytes')
    .argument('<uri>', uriHelp)
    .addOption(
      new Option('--range <bytes>', 'A-B (B is the last that comes), A- or -N, as HTTP counts them').argParser(
        byteRange,
      ),
    )
    .addOption(homeOption())
    .addOption(new Option('--json', 'print JSON, with the bytes in base64: 16 MiB at most').default(false))
    .addHelpText('after', example('dt-swarm cat --range 0-1023 ipfs://bafybei…/run-17.mcap | xxd | head'))
    .action(async (uri: string, options: Common & { readonly range?: string }) => {
      const { catFile, catJson } = await import('./load-command.ts')
      const { range } = options
      if (options.json) await catJson(uri, endpointOf(options), { range }, io)
      else await catFile(uri, endpointOf(options), { range }, io)
    })
  program
    .command('find')
    .description('who has a file: by records, and by asking when no record helps; exit code 1 when nobody does')
    .argument('<uri>', uriHelp)
    .option('--channel <name>', 'look among those on this file channel')
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm find sha1://da39a3ee5e6b4b0d3255bfef95601890afd80709'))
    .action(async (uri: string, options: Scoped) => {
      const { findFile } = await import('./find-command.ts')
      const { channel, json } = options
      if (!(await findFile(uri, endpointOf(options), { channel, json }, io))) done(exitCodes.failed)
    })
  program
    .command('info')
    .description('what is known of a file: size, hashes, where it is from, who has it, the topics of a recording')
    .argument('<uri>', uriHelp)
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm info ipfs://bafybei…/run-17.mcap'))
    .action(async (uri: string, options: Common) => {
      const { fileInfo } = await import('./find-command.ts')
      await fileInfo(uri, endpointOf(options), options, io)
    })
}

function addKeeping(program: Command, io: Io): void {
  program
    .command('unshare')
    .description('share files no longer; the files themselves stay; prints the CID of each')
    .argument('<uri...>', uriHelp)
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm unshare ipfs://bafybei…/run-17.mcap'))
    .action(async (uris: readonly string[], options: Common) => {
      const { changeFiles } = await import('./transfers-command.ts')
      await changeFiles('unshare', uris, endpointOf(options), options, io)
    })
  program
    .command('keep')
    .description('keep a copy here for good, fetching it if need be: no quota removes it; prints the CID of each')
    .argument('<uri...>', uriHelp)
    .option('--off', 'keep it no longer', false)
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm keep ipfs://bafybei…/run-17.mcap'))
    .action(async (uris: readonly string[], options: Common & { readonly off: boolean }) => {
      const { changeFiles } = await import('./transfers-command.ts')
      await changeFiles(options.off ? 'keep-no-longer' : 'keep', uris, endpointOf(options), options, io)
    })
}

function addStorage(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('storage')
    .description(
      'how the bytes of files are kept here, and how much room they take; exit code 1 when the store cannot be used',
    )
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm storage', 'dt-swarm storage --json'))
    .action(async (options: Common) => {
      const { showStorage } = await import('./storage-command.ts')
      if (!(await showStorage(endpointOf(options), options, io))) done(exitCodes.failed)
    })
}
