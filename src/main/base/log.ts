import { destination, pino, type Logger } from 'pino'

export type Log = Logger

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * The process's log: one JSON line an entry on stderr (stdout belongs to the program's answers),
 * or readable lines when stderr is a terminal.
 */
export function createLog(level: LogLevel = 'info'): Log {
  if (process.stderr.isTTY) {
    return pino({ level, transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } } })
  }
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ dest: 2, sync: true }))
}

/** For tests and for parts that were given none. */
export const silentLog: Log = pino({ level: 'silent' })
