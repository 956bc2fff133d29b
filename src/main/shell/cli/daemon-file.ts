import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../store/atomic-file.ts'

const daemonSchema = z.object({
  pid: z.number().int().positive(),
  peerId: z.string(),
  /** Where the API listens, without its token; null with `--web off`. */
  web: z.string().nullable(),
  tokenFile: z.string(),
  addresses: z.array(z.string()),
  startedAtMs: z.number(),
})

/** How the commands of a home find its running daemon. */
export type DaemonFile = z.infer<typeof daemonSchema>

const fileOf = (home: string) => join(home, 'daemon.json')

/** Written when the daemon is ready; whole or not at all. */
export function writeDaemonFile(home: string, daemon: DaemonFile): void {
  writeFileAtomic(fileOf(home), `${JSON.stringify(daemon)}\n`)
}

/** Takes the file away, if it is this process's. */
export function removeDaemonFile(home: string): void {
  if (parse(home)?.pid === process.pid) rmSync(fileOf(home), { force: true })
}

/** The daemon that runs in a home; null when there is none, or the file is what a killed one left behind. */
export function findDaemon(home: string): DaemonFile | null {
  const daemon = parse(home)
  return daemon !== null && isRunning(daemon.pid) ? daemon : null
}

function parse(home: string): DaemonFile | null {
  try {
    const parsed = daemonSchema.safeParse(JSON.parse(readFileSync(fileOf(home), 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, but another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
