import type { Log } from '../../base/log.ts'

/** Longer than a peer needs to say goodbye and close its store; a service manager kills after 90 s. */
const stopDeadlineMs = 20_000

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The wish to stop, heard from the moment this is made: a signal that comes while a program starts is not lost. */
export class StopSignal {
  readonly #log: Log
  readonly #came: Promise<void>

  constructor(log: Log) {
    this.#log = log
    this.#came = new Promise((resolve) => {
      let heard = false
      for (const name of signals) {
        process.on(name, () => {
          // The second one means: now.
          if (heard) process.exit(130)
          heard = true
          log.info({ signal: name }, 'stopping')
          resolve()
        })
      }
    })
  }

  /** Resolves with the first SIGINT, SIGTERM or SIGHUP. */
  get came(): Promise<void> {
    return this.#came
  }

  /** Waits for the signal, then for `stop`, though not for ever. */
  async stopWith(stop: () => Promise<void>): Promise<void> {
    await this.#came
    const timer = setTimeout(() => {
      this.#log.error('stopping took longer than 20 s: ending now; nothing that was acknowledged is lost')
      process.exit(1)
    }, stopDeadlineMs)
    await stop()
    clearTimeout(timer)
  }
}

/** One rejected promise that nobody awaited must not take a robot's peer down; it is logged, to be mended. */
export function logStrayErrors(log: Log, count: (name: string) => void): void {
  process.on('unhandledRejection', (reason) => {
    count('process.failed:unhandled-rejection')
    log.error({ err: reason }, 'a promise was rejected and nobody waited for it')
  })
}
