import { Option, type Command } from 'commander'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { logFormatSchema, type LogFormat } from '../../../shared/log-views.ts'
import { peerOf } from './peer-of.ts'
import { momentMs, todayMs } from './time-option.ts'

/** Which files are meant, as options say it; all that are given must fit. */
export interface FilterArguments {
  readonly robot?: string
  readonly search?: string
  readonly topic?: string
  readonly type?: LogFormat
  readonly channel?: string
  readonly folder?: string
  readonly from?: number
  readonly to?: number
  readonly today?: boolean
  /** `true`: high. */
  readonly atRisk?: true | 'low' | 'high'
}

export interface Filter {
  readonly origin?: PeerId
  readonly search?: string
  readonly topic?: string
  readonly format?: LogFormat
  readonly channel?: string
  readonly folder?: string
  readonly fromMs?: number
  readonly toMs?: number
  readonly risk?: 'low' | 'high'
}

/** The options of `files` and `fetch` that choose files. */
export function addFilter(command: Command): Command {
  return command
    .option('--robot <peer>', 'first shared by this machine: its name, its id, or the end of its id')
    .option('--search <text>', 'in name or machine, or the beginning of a CID')
    .option('--topic <name>', 'recordings with this topic, or with any below a name that ends in a slash')
    .addOption(new Option('--type <format>', 'only files of this kind').choices(logFormatSchema.options))
    .option('--channel <name>', 'only those of a file channel')
    .option('--folder <name>', 'all below a folder that was shared: run-17, or run-17/cameras')
    .addOption(
      new Option('--from <time>', 'recorded or changed since: 2026-11-21, 2026-11-21T15:04, 2h, 3d').argParser(moment),
    )
    .addOption(new Option('--to <time>', 'recorded or changed until').argParser(moment))
    .addOption(
      new Option(
        '--at-risk [level]',
        'only what may be lost: "high" (default), or "low" with what hangs on one machine',
      ).choices(['low', 'high']),
    )
    .addOption(new Option('--today', 'recorded or changed since midnight').conflicts('from'))
}

/** Whether anything was chosen at all. */
export function isFilter(given: FilterArguments): boolean {
  return Object.keys(given).some((name) => filterNames.has(name))
}

const filterNames = new Set(['robot', 'search', 'topic', 'type', 'channel', 'folder', 'from', 'to', 'today', 'atRisk'])

/** @throws SwarmError NOT_FOUND, INVALID_INPUT for a machine that is none or several */
export async function filterOf(api: ApiClient, given: FilterArguments): Promise<Filter> {
  const { robot, search, topic, type, channel, folder, from, to, today, atRisk } = given
  const since = today === true ? todayMs() : from
  return {
    ...(robot === undefined ? {} : { origin: (await peerOf(api, robot)).peer }),
    ...(search === undefined ? {} : { search }),
    ...(topic === undefined ? {} : { topic }),
    ...(type === undefined ? {} : { format: type }),
    ...(channel === undefined ? {} : { channel }),
    ...(folder === undefined ? {} : { folder }),
    ...(since === undefined ? {} : { fromMs: since }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(atRisk === undefined ? {} : { risk: atRisk === true ? 'high' : atRisk }),
  }
}

const moment = (text: string): number => momentMs(text)
