import { InvalidArgumentError, Option, type Command } from 'commander'
import { trustRoles, type TrustRole } from '../../../shared/trust-views.ts'
import { endpointOf } from './endpoint.ts'
import { homeOf } from './home.ts'
import type { Io } from './io.ts'
import { collect, example, given, groupJsonOption, homeOption, jsonOption, whole, type Common } from './options.ts'

/** `dt-swarm invite | join | found | trust …`. */
export function addTrust(program: Command, io: Io): void {
  addInvite(program, io)
  addJoin(program, io)
  addFound(program, io)
  const trust = program
    .command('trust')
    .description('who belongs to the swarm and as what; without a command: the state as this peer sees it')
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText('after', example('dt-swarm trust admit duckie03 --role robot'))
    .action(async (_: unknown, command: Command) => {
      const { showTrust } = await import('./trust-command.ts')
      await showTrust(endpointOf(given(command)), given(command), io)
    })
  addAdmit(trust, io)
  addRoot(trust, io)
}

function addInvite(program: Command, io: Io): void {
  program
    .command('invite')
    .description('make an invite: a link that leads into the swarm, to be treated as a password')
    .addOption(
      new Option('--role <role>', 'admit who comes with it as that (default: it only lets ask)').choices(trustRoles),
    )
    .addOption(new Option('--uses <n>', 'how many may come with it').argParser(whole(1, 1_000)).default(1))
    .addOption(
      new Option('--for <time>', 'how long it can be used: 30m, 24h, 7d').argParser(span).default(span('24h'), '24h'),
    )
    .option('--qr', 'print it as a QR code, too', false)
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm invite --role robot --uses 5 --qr'))
    .action(async (options: Common & { role?: TrustRole; uses: number; for: number; qr: boolean }) => {
      const { makeInvite } = await import('./trust-command.ts')
      const { role, uses, qr, json } = options
      await makeInvite(endpointOf(options), { role, uses, validForMs: options.for, qr, json }, io)
    })
}

function addJoin(program: Command, io: Io): void {
  program
    .command('join')
    .description('leave the swarm that this peer is in for that of an invite; also while its daemon runs')
    .argument('<link>', 'dt-swarm://join/…')
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm join dt-swarm://join/…'))
    .action(async (link: string, { home, json }: Common) => {
      const { joinSwarm } = await import('./join-command.ts')
      await joinSwarm(link, { home: homeOf(home), json }, io)
    })
}

function addFound(program: Command, io: Io): void {
  program
    .command('found')
    .description(
      'leave the swarm that this peer is in and found a new one, with this peer as its root; its daemon must not run',
    )
    .argument('<name>', 'what it is called')
    .option('--private', 'only who has its network key, which invites carry, can connect; then QUIC is not used', false)
    .addOption(homeOption())
    .addOption(jsonOption())
    .addHelpText('after', example('dt-swarm found "robotics lab" --private'))
    .action(async (name: string, { home, json, private: isPrivate }: Common & { private: boolean }) => {
      const { foundNewSwarm } = await import('./join-command.ts')
      foundNewSwarm(name, { home: homeOf(home), isPrivate, json }, io)
    })
}

const dropGrants = () =>
  new Option(
    '--drop-grants',
    'let go whom it has admitted; without it this peer signs for them. Revocations are kept all the same',
  ).default(false)

const rolesOption = (flags: string, text: string) => new Option(flags, text).choices(trustRoles)

function addAdmit(trust: Command, io: Io): void {
  sub(
    trust,
    'asks',
    'who waits to be admitted: compare the fingerprint with what the machine shows',
    'dt-swarm trust asks',
  ).action(async (_: unknown, command: Command) => {
    const { showAsks } = await import('./trust-command.ts')
    await showAsks(endpointOf(given(command)), given(command), io)
  })
  sub(trust, 'admit', 'grant a role', 'dt-swarm trust admit duckie03 --role robot')
    .argument('<peer>', 'its name or id')
    .addOption(
      rolesOption(
        '--role <role...>',
        'robot, server: one operator is enough; operator, release: the root keys',
      ).makeOptionMandatory(),
    )
    .addOption(dropGrants())
    .action(async (peer: string, options: { role: readonly TrustRole[]; dropGrants: boolean }, command: Command) => {
      const { admitPeer } = await import('./trust-command.ts')
      const { role: roles, ...rest } = options
      await admitPeer(endpointOf(given(command)), { peer, roles, ...rest, json: given(command).json }, io)
    })
  sub(trust, 'revoke', 'nothing that a key signs counts any more', 'dt-swarm trust revoke duckie03 --note stolen')
    .argument('<peer>', 'its name or id')
    .option('--note <text>', 'why, for the others')
    .addOption(dropGrants())
    .action(async (peer: string, options: { note?: string; dropGrants: boolean }, command: Command) => {
      const { revokePeer } = await import('./trust-command.ts')
      const { note, dropGrants: drop } = options
      await revokePeer(endpointOf(given(command)), { peer, note, dropGrants: drop, json: given(command).json }, io)
    })
  sub(trust, 'sign', 'sign a change that waits for signatures', 'dt-swarm trust sign bafyrei…')
    .argument('<record>', 'its id, as "dt-swarm trust" lists it')
    .action(async (record: string, _: unknown, command: Command) => {
      const { signChange } = await import('./trust-command.ts')
      await signChange(endpointOf(given(command)), { record, json: given(command).json }, io)
    })
  sub(trust, 'invites', 'the invites made here that can still be used', 'dt-swarm trust invites').action(
    async (_: unknown, command: Command) => {
      const { showInvites } = await import('./trust-command.ts')
      await showInvites(endpointOf(given(command)), given(command), io)
    },
  )
  sub(trust, 'withdraw', 'make an invite useless', 'dt-swarm trust withdraw Zx81…')
    .argument('<invite>', 'its id, as "dt-swarm trust invites" lists it')
    .action(async (id: string, _: unknown, command: Command) => {
      const { withdrawInvite } = await import('./trust-command.ts')
      await withdrawInvite(endpointOf(given(command)), { id, json: given(command).json }, io)
    })
}

function addRoot(trust: Command, io: Io): void {
  sub(
    trust,
    'root',
    'change the root keys: enough of the old and of the new must sign',
    'dt-swarm trust root --key desk --key server --key laptop --threshold 2',
  )
    .addOption(
      new Option('--key <peer>', 'a root key from now on, by name or id; repeat for each')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--threshold <k>', 'how many of them must sign').argParser(whole(1, 16)).makeOptionMandatory(),
    )
    .option('--name <name>', "the swarm's name")
    .action(async (options: { key: readonly string[]; threshold: number; name?: string }, command: Command) => {
      const { setRoot } = await import('./trust-command.ts')
      const { key: keys, threshold, name } = options
      await setRoot(endpointOf(given(command)), { keys, threshold, name, json: given(command).json }, io)
    })
  sub(
    trust,
    'policy',
    'the rules of the buckets; with options: change one',
    'dt-swarm trust policy files --author robot operator --endorse operator --count 1',
  )
    .argument('[bucket]')
    .addOption(rolesOption('--author <role...>', 'who may author'))
    .option('--anybody', 'anybody may author, strangers too', false)
    .addOption(rolesOption('--endorse <role...>', 'whose signatures are counted'))
    .addOption(new Option('--count <n>', 'how many of them must have signed').argParser(whole(0, 16)))
    .option('--default', 'the built-in rule again', false)
    .action(async (bucket: string | undefined, options: PolicyOptions, command: Command) => {
      const { setPolicy, showPolicies } = await import('./trust-command.ts')
      const { json } = given(command)
      if (bucket === undefined) return showPolicies(endpointOf(given(command)), { json }, io)
      await setPolicy(endpointOf(given(command)), { bucket, rule: ruleOf(options), json }, io)
    })
}

interface PolicyOptions {
  readonly author?: readonly TrustRole[]
  readonly anybody: boolean
  readonly endorse?: readonly TrustRole[]
  readonly count?: number
  readonly default: boolean
}

function ruleOf({ author, anybody, endorse, count, default: builtIn }: PolicyOptions) {
  if (builtIn) return null
  const authors = anybody ? [] : author
  if (authors === undefined) {
    throw new InvalidArgumentError('Say who may author: --author ROLE, --anybody, or --default for the built-in rule.')
  }
  const counted = endorse ?? author ?? trustRoles
  return { authors: [...authors], endorse: { roles: [...counted], count: count ?? (endorse === undefined ? 0 : 1) } }
}

function sub(parent: Command, name: string, description: string, text: string): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(homeOption())
    .addOption(groupJsonOption())
    .addHelpText('after', example(text))
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function span(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? []
  const ms = Number(number) * (units[unit] ?? Number.NaN)
  if (ms >= 60_000 && ms <= 366 * 86_400_000) return ms
  throw new InvalidArgumentError('It is a time from 1m to 366d, like 30m, 24h or 7d.')
}
