import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SwarmError } from '../../../shared/errors.ts'
import { roleSchema, type Settings } from '../../../shared/views.ts'
import { logLevels, type LogLevel } from '../../base/log.ts'
import { channelsOf } from '../../net/channels/channel-config.ts'
import { homeOf } from '../cli/home.ts'

export interface DesktopOptions {
  readonly home: string
  /** Simulated Duckiebots to bring along; 0: none. */
  readonly lab: number
  /** HOST:PORT of the web console; null: the desktop app serves none. */
  readonly web: string | null
  readonly logLevel: LogLevel
  /** An invite: where a home without a swarm begins; null: it founds one. */
  readonly join: string | null
  /** In force for this run, never saved. */
  readonly settings: Partial<Settings>
}

/** As many robots as the contract's `lab.start` allows. */
const mostRobots = 50

function wrong(option: string, value: string, want: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `--${option} ${value}: ${want}`, { detail: { option } })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function texts(value: unknown): string[] | undefined {
  const list = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  return list.length > 0 ? list : undefined
}

function robots(value: string | undefined): number {
  if (value === undefined) return 0
  const count = Number(value)
  if (Number.isInteger(count) && count >= 0 && count <= mostRobots) return count
  throw wrong('lab', value, `wants a number of robots from 0 to ${mostRobots}`)
}

/**
 * The desktop app's command line: the daemon's options and `--lab N`. Options that it does not know are Chromium's
 * and Electron's own (`--no-sandbox`, `--lang`, …) and pass unseen.
 * @param args without the executable and the script
 * @throws SwarmError INVALID_INPUT naming the option
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DesktopOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    options: {
      home: { type: 'string' },
      lab: { type: 'string' },
      web: { type: 'string' },
      name: { type: 'string' },
      role: { type: 'string' },
      share: { type: 'string' },
      downloads: { type: 'string' },
      listen: { type: 'string', multiple: true },
      bootstrap: { type: 'string', multiple: true },
      mdns: { type: 'boolean' },
      channel: { type: 'string', multiple: true },
      gossip: { type: 'boolean' },
      join: { type: 'string' },
      'log-level': { type: 'string' },
    },
  })
  const role = roleSchema.optional().safeParse(text(values.role))
  if (!role.success) throw wrong('role', String(values.role), 'wants robot, operator or server')
  const level = text(values['log-level']) ?? 'info'
  const logLevel = logLevels.find((known) => known === level)
  if (logLevel === undefined) throw wrong('log-level', level, `wants one of ${logLevels.join(', ')}`)
  const [name, web] = [text(values.name), text(values.web)]
  const [share, downloads] = [text(values.share), text(values.downloads)]
  const [listen, bootstrap, channels] = [texts(values.listen), texts(values.bootstrap), texts(values.channel)]
  return {
    home: homeOf(text(values.home), env),
    lab: robots(text(values.lab)),
    web: web === undefined || web === 'off' ? null : web,
    logLevel,
    join: text(values.join) ?? null,
    settings: {
      ...(name === undefined ? {} : { name }),
      ...(role.data === undefined ? {} : { role: role.data }),
      ...(share === undefined ? {} : { shareDir: resolve(share) }),
      ...(downloads === undefined ? {} : { downloadDir: resolve(downloads) }),
      ...(listen === undefined ? {} : { listen }),
      ...(bootstrap === undefined ? {} : { bootstrap }),
      ...(values.mdns === false ? { mdns: false } : {}),
      ...(channels === undefined && values.gossip !== false
        ? {}
        : { channels: channelsOf(channels ?? [], values.gossip !== false) }),
    },
  }
}
