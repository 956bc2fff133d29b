/** Work that goes on until it is stopped: at most one at a time, started and stopped as often as one likes. */
export interface Run {
  readonly start: () => void
  readonly stop: () => void
  readonly isRunning: () => boolean
}

/** @param work begins the work; it ends when the signal does */
export function createRun(work: (signal: AbortSignal) => void): Run {
  let controller: AbortController | null = null
  return {
    start: () => {
      if (controller !== null) return
      controller = new AbortController()
      work(controller.signal)
    },
    stop: () => {
      controller?.abort()
      controller = null
    },
    isRunning: () => controller !== null,
  }
}
