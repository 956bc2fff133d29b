import { join } from 'node:path'
import { createLog, type LogLevel } from '../../base/log.ts'
import { makeFolderSync } from '../../base/make-folder.ts'
import { Lab } from '../../lab/lab.ts'
import { withApi } from './call.ts'
import { findDaemon } from './daemon-file.ts'
import { localEndpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { logStrayErrors, StopSignal } from './stop-signal.ts'
import { programVersion } from './version.ts'

/** Robots come up one after another, 50 of them within some minutes. */
const inviteMs = 60 * 60_000

export interface LabOptions {
  readonly robots: number
  readonly seed: number
  readonly home: string
  readonly bootstrap: readonly string[]
  readonly logLevel: LogLevel
}

/**
 * `dt-swarm lab`: simulated robots until a signal, in the swarm of the home's daemon where one runs. Prints one line
 * of JSON when every robot is up or has failed at its first try.
 */
export async function runLab(options: LabOptions, io: Io): Promise<void> {
  const log = createLog(options.logLevel)
  const signal = new StopSignal(log)
  io.outliveReaders()
  logStrayErrors(log, () => {})
  const daemon = findDaemon(options.home)
  const link = await linkOfDaemon(options, io)
  const home = join(options.home, 'lab')
  makeFolderSync(home, { mode: 0o700 })
  const lab = new Lab(
    { log },
    {
      robots: options.robots,
      seed: options.seed,
      home,
      version: programVersion(),
      bootstrap: [...options.bootstrap, ...(daemon?.addresses ?? [])],
      ...(link === null ? {} : { join: link }),
    },
  )
  const settled = new Promise<void>((resolve) => {
    lab.events.on('robot:changed', () => {
      if (lab.status().robots.every(({ state }) => state === 'running' || state === 'failed')) resolve()
    })
  })
  await lab.start()
  const up = await Promise.race([settled.then(() => true), signal.came.then(() => false)])
  if (up)
    io.out(
      JSON.stringify({ event: 'ready', robots: lab.status().robots, addresses: lab.addresses(), invite: lab.invite() }),
    )
  await signal.stopWith(() => lab.stop())
}

/** A way into the swarm of the home's daemon; null where none runs: then the robots form a swarm of their own. */
async function linkOfDaemon({ home, robots }: LabOptions, io: Io): Promise<string | null> {
  const daemon = findDaemon(home)
  if (daemon === null) return null
  if (daemon.web === null) {
    io.note(
      'dt-swarm: the daemon runs with --web off, so it cannot be asked to admit robots: they form a swarm of their own',
    )
    return null
  }
  try {
    const invite = { role: 'robot', uses: robots, validForMs: inviteMs } as const
    const { link, self } = await withApi(localEndpoint(home), async (api) => ({
      ...(await api.trust.invite(invite)),
      self: (await api.trust.get()).self,
    }))
    if (!self.roles.includes('operator')) {
      io.note('dt-swarm: the daemon is no operator in its swarm: the robots stay strangers until one admits them')
    }
    return link
  } catch (error) {
    io.note(`dt-swarm: the daemon invites nobody (${messageOf(error)}): the robots form a swarm of their own`)
    return null
  }
}
