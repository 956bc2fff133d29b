import { SwarmError } from '../../../shared/errors.ts'
import type { SystemStatusView } from '../../../shared/views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions, whenChanged } from './live-call.ts'
import { live } from './live.ts'
import type { LabControl, ShellActions } from './shell-actions.ts'

/** How often a watcher's status is compared: counters rise without an event of their own. */
const statusEveryMs = 1_000

export function systemRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const status = (): SystemStatusView => {
    const now = peer.status()
    return { ...now, warnings: [...now.warnings, ...(shell.lab?.warnings() ?? [])] }
  }
  return {
    info: os.system.info.handler(() => ({ ...peer.info(), web: shell.web(), can: { ...shell.can } })),
    status: os.system.status.handler(status),
    watch: os.system.watch.handler((call) => {
      const changed = whenChanged(status, 'atMs')
      return live<SystemStatusView>(
        {
          subscribe: (wake) => {
            const timer = setInterval(wake, statusEveryMs)
            return () => clearInterval(timer)
          },
          first: changed,
          next: changed,
        },
        liveOptions(call, peer),
      )
    }),
  }
}

export function labRouter(os: Builder, shell: ShellActions) {
  const lab = (): LabControl => {
    if (shell.lab !== null) return shell.lab
    throw new SwarmError('UNSUPPORTED', 'this peer cannot run a lab: start one with "dt-swarm lab --robots 4"')
  }
  return {
    status: os.lab.status.handler(() => shell.lab?.status() ?? { running: false, robots: [] }),
    start: os.lab.start.handler(({ input }) => lab().start(input.robots)),
    stop: os.lab.stop.handler(() => lab().stop()),
  }
}
