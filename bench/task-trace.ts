import type { Browser, CDPSession, Page } from 'playwright-core'

/** One task of a page's main thread: how long it took, and how much of that the thread had a core. */
export interface PageTask {
  readonly tookMs: number
  readonly ranMs: number
}

/** Of what Chromium traces, in its trace event format; times in microseconds. */
interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  /** The time of the thread's own clock, which stands still while it waits for a core. */
  readonly tdur?: number
}

const mark = 'dt-swarm: the page that is watched'

/**
 * What a page's main thread did, by Chromium's trace, at the lightest: tasks and marks, no profile. The page's own observer
 * tells how long a task took, not whether the page worked or the machine did not let it. A browser has one at a time.
 */
export class TaskTrace {
  readonly #session: CDPSession
  readonly #events: TraceEvent[] = []

  private constructor(session: CDPSession) {
    this.#session = session
    session.on('Tracing.dataCollected', ({ value }) => {
      // A minute brings 150,000 of them; all but these are about other threads, or parts of a task.
      for (const event of value as unknown as TraceEvent[]) {
        if (event.name === mark || event.name === 'ThreadControllerImpl::RunTask') this.#events.push(event)
      }
    })
  }

  static async begin(browser: Browser, page: Page): Promise<TaskTrace> {
    const trace = new TaskTrace(await browser.newBrowserCDPSession())
    await trace.#session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        recordMode: 'recordAsMuchAsPossible',
        includedCategories: ['toplevel', 'blink.user_timing'],
        excludedCategories: ['*'],
      },
    })
    await page.evaluate(`performance.mark('${mark}')`)
    return trace
  }

  /** The tasks of the page, in no order. @throws when nothing of it was recorded */
  async end(): Promise<readonly PageTask[]> {
    const complete = new Promise<{ readonly dataLossOccurred: boolean }>((done) =>
      this.#session.once('Tracing.tracingComplete', done),
    )
    await this.#session.send('Tracing.end')
    const { dataLossOccurred } = await complete
    await this.#session.detach()
    if (dataLossOccurred) console.warn('Chromium lost some of its trace: a long task may be missing in it')
    const main = this.#events.find(({ name }) => name === mark)
    const tasks = this.#events.flatMap(({ name, pid, tid, dur, tdur }) =>
      name === mark || pid !== main?.pid || tid !== main.tid || dur === undefined || tdur === undefined
        ? []
        : [{ tookMs: dur / 1e3, ranMs: tdur / 1e3 }],
    )
    if (tasks.length === 0) throw new Error('Chromium traced no task of the page')
    return tasks
  }
}
