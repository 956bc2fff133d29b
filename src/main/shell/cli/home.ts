import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The peer's folder: what was asked for, else DT_SWARM_HOME, else `~/.dt-swarm`. */
export function homeOf(asked: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const chosen = asked ?? env['DT_SWARM_HOME']
  return chosen === undefined || chosen === '' ? join(homedir(), '.dt-swarm') : resolve(chosen)
}
