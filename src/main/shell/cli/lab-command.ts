import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLog, type LogLevel } from '../../base/log.ts'
import { Lab } from '../../lab/lab.ts'
import { findDaemon } from './daemon-file.ts'
import type { Io } from './io.ts'
import { logStrayErrors, untilStopped } from './until-stopped.ts'
import { programVersion } from './version.ts'

export interface LabOptions {
  readonly robots: number
  readonly seed: number
  readonly home: string
  readonly bootstrap: readonly string[]
  readonly logLevel: LogLevel
}

/**
 * `dt-swarm lab`: simulated robots until a signal. They join the daemon of the home where one runs. Prints one line
 * of JSON when every robot is up or has failed at its first try.
 */
export async function runLab(options: LabOptions, io: Io): Promise<void> {
  const log = createLog(options.logLevel)
  logStrayErrors(log, () => {})
  const daemon = findDaemon(options.home)
  const home = join(options.home, 'lab')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const lab = new Lab(
    { log },
    {
      robots: options.robots,
      seed: options.seed,
      home,
      version: programVersion(),
      bootstrap: [...options.bootstrap, ...(daemon?.addresses ?? [])],
    },
  )
  const stop = () => lab.stop()
  const settled = new Promise<void>((resolve) => {
    const look = () => {
      if (lab.status().robots.every(({ state }) => state === 'running' || state === 'failed')) resolve()
    }
    lab.events.on('robot:changed', look)
  })
  await lab.start()
  const running = untilStopped(log, stop)
  await Promise.race([settled, running])
  const { running: up, robots } = lab.status()
  if (up) io.out(JSON.stringify({ event: 'ready', robots, addresses: lab.addresses() }))
  await running
}
