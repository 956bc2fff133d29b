import { CommanderError } from 'commander'
import { SwarmError } from '../../../shared/errors.ts'

/** Stable: scripts switch on them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, noDaemon: 3 } as const

/** The exit code of a command that ended with `error`. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const code = codeOf(error)
  if (code === 'NO_DAEMON') return exitCodes.noDaemon
  return code === 'INVALID_INPUT' ? exitCodes.usage : exitCodes.failed
}

/** What a person is told about `error`: one sentence, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string | null {
  if (error instanceof SwarmError) return error.code
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
