import type { Log } from '../../base/log.ts'

/** Longer than a peer needs to say goodbye and close its store; a service manager kills after 90 s. */
const stopDeadlineMs = 20_000

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `stop` on the first SIGINT, SIGTERM or SIGHUP and resolves when it is done; the second ends the process at once. */
export async function untilStopped(log: Log, stop: () => Promise<void>): Promise<void> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of signals) process.once(name, resolve)
  })
  log.info({ signal }, 'stopping')
  for (const name of signals) process.on(name, () => process.exit(130))
  const timer = setTimeout(() => {
    log.error('stopping took longer than 20 s: ending now; nothing that was acknowledged is lost')
    process.exit(1)
  }, stopDeadlineMs)
  await stop()
  clearTimeout(timer)
}

/** One rejected promise that nobody awaited must not take a robot's peer down; it is logged, to be mended. */
export function logStrayErrors(log: Log, count: (name: string) => void): void {
  process.on('unhandledRejection', (reason) => {
    count('process.failed:unhandled-rejection')
    log.error({ err: reason }, 'a promise was rejected and nobody waited for it')
  })
}
