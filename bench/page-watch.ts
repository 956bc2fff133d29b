import type { CDPSession, Page } from 'playwright-core'

/** What a page's main thread did over a while. */
export interface PageFigures {
  /** Tasks over 50 ms. */
  readonly longTasks: number
  readonly longestTaskMs: number
  /** Share of the time in which the main thread ran script, style and layout. */
  readonly busyPercent: number
  readonly framesPerS: number
  /** Frames that came more than 50 ms after the one before. */
  readonly lateFrames: number
}

/** What the page runs to watch itself; a text, for it is compiled for Node here and not for a page. */
const watchScript = `
  window.watched = { tasks: [], frames: [] }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.watched.tasks.push(duration)
  }).observe({ entryTypes: ['longtask'] })
  const frame = (at) => { window.watched.frames.push(at); requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
`

/** Counts the long tasks and the late frames of a page, by the browser's own observer. Made before the page is opened. */
export class PageWatch {
  readonly #page: Page
  readonly #session: CDPSession
  #beganMs = 0
  #busyBeforeS = 0

  private constructor(page: Page, session: CDPSession) {
    this.#page = page
    this.#session = session
  }

  static async of(page: Page): Promise<PageWatch> {
    await page.addInitScript(watchScript)
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    return new PageWatch(page, session)
  }

  async begin(): Promise<void> {
    await this.#page.evaluate('window.watched.tasks.length = window.watched.frames.length = 0')
    this.#busyBeforeS = await this.#busyS()
    this.#beganMs = Date.now()
  }

  async end(): Promise<PageFigures> {
    const [busyS, ms] = [(await this.#busyS()) - this.#busyBeforeS, Date.now() - this.#beganMs]
    const watched: { tasks: number[]; frames: number[] } = await this.#page.evaluate('window.watched')
    const gaps = watched.frames.slice(1).map((at, i) => at - (watched.frames[i] ?? at))
    return {
      longTasks: watched.tasks.length,
      longestTaskMs: Math.max(0, ...watched.tasks),
      busyPercent: (busyS * 100_000) / ms,
      framesPerS: (watched.frames.length * 1_000) / ms,
      lateFrames: gaps.filter((gap) => gap > 50).length,
    }
  }

  async #busyS(): Promise<number> {
    const { metrics } = await this.#session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
}
