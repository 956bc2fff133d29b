import { dialog, type BrowserWindow } from 'electron'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'

/** A page that falls over this often in so short a time will not get better by loading it once more. */
const crashLimit = { count: 3, withinMs: 60_000 } as const

export interface CrashDeps {
  readonly clock: Clock
  readonly log: Log
  readonly counters: () => Counters | undefined
  readonly quit: () => void
}

/** Loads the page again when its process ends unasked; asks a person when that does not help. The peer runs on meanwhile. */
export function reloadAfterCrash(window: BrowserWindow, deps: CrashDeps): void {
  let crashes: number[] = []
  const ask = async (): Promise<void> => {
    const { response } = await dialog.showMessageBox({
      type: 'error',
      message: 'The dt-swarm window keeps crashing',
      detail: `It ended ${crashes.length} times within a minute. The peer itself still runs. Reload the window, or quit?`,
      buttons: ['Reload', 'Quit'],
      defaultId: 0,
      cancelId: 0,
    })
    crashes = []
    if (response === 1) deps.quit()
    else if (!window.isDestroyed()) window.webContents.reload()
  }
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit' || window.isDestroyed()) return
    const nowMs = deps.clock.monotonic()
    crashes = [...crashes.filter((atMs) => nowMs - atMs < crashLimit.withinMs), nowMs]
    deps.counters()?.add(`window.crashed:${details.reason}`)
    deps.log.error(
      { reason: details.reason, exitCode: details.exitCode },
      "the window's process ended; loading it again",
    )
    if (crashes.length < crashLimit.count) window.webContents.reload()
    else ask().catch((error: unknown) => deps.log.error({ err: error }, 'the crash dialog failed'))
  })
  window.on('unresponsive', () => deps.log.warn('the window does not answer'))
}
