import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLog, type LogLevel } from '../../base/log.ts'
import { Lab } from '../../lab/lab.ts'
import { findDaemon } from './daemon-file.ts'
import type { Io } from './io.ts'
import { logStrayErrors, StopSignal } from './stop-signal.ts'
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
  const signal = new StopSignal(log)
  io.outliveReaders()
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
  const settled = new Promise<void>((resolve) => {
    lab.events.on('robot:changed', () => {
      if (lab.status().robots.every(({ state }) => state === 'running' || state === 'failed')) resolve()
    })
  })
  await lab.start()
  const up = await Promise.race([settled.then(() => true), signal.came.then(() => false)])
  if (up) io.out(JSON.stringify({ event: 'ready', robots: lab.status().robots, addresses: lab.addresses() }))
  await signal.stopWith(() => lab.stop())
}
