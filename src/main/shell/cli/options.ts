import { InvalidArgumentError, Option, type Command } from 'commander'
import { messageOf } from './exit-code.ts'
import { logLevels } from '../../base/log.ts'
import { parseWebAddress, type WebAddress } from '../web/listen.ts'

export const homeOption = () => new Option('--home <dir>', "the peer's folder (default: DT_SWARM_HOME, or ~/.dt-swarm)")

export const jsonOption = () => new Option('--json', 'print JSON').default(false)

/** Of what writes a file where a person says. */
export const forceOption = (help = 'replace a file that is there already') => new Option('--force', help).default(false)

/** Of a group and its commands: without a default, which would hide what stands after a command of it. */
export const groupJsonOption = () => new Option('--json', 'print JSON')

/** What almost every command can be given. */
export interface Common {
  readonly home?: string
  readonly json: boolean
}

/** Options of a group itself may stand before its command: `dt-swarm routes --json add …`. */
export function given(command: Command): Common {
  const { home, json } = command.optsWithGlobals<Partial<Common>>()
  return { json: json ?? false, ...(home === undefined ? {} : { home }) }
}

export const uriHelp = 'ipfs://CID/name, a CID, or sha1://HASH/name'

/** Command lines to be shown under the help of one. */
export const example = (...lines: readonly string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

export const logLevelOption = () =>
  new Option('--log-level <level>', 'what goes to stderr').choices([...logLevels]).default('info')

/** Adds up the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

export function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    throw new InvalidArgumentError(`It is a whole number from ${from} to ${to}.`)
  }
}

/** A range of bytes as HTTP writes it, without its `bytes=`. */
export function byteRange(text: string): string {
  const match = /^(\d{1,15})?-(\d{1,15})?$/.exec(text)
  const [, from, to] = match ?? []
  const isRange =
    from !== undefined ? to === undefined || Number(to) >= Number(from) : to !== undefined && Number(to) > 0
  if (isRange) return text
  throw new InvalidArgumentError('It is A-B (B is the last byte that comes), A- (from there on) or -N (the last N).')
}

export function webAddress(text: string): WebAddress | null {
  try {
    return parseWebAddress(text)
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error))
  }
}
