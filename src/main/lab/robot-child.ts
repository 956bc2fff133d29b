import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { entryUrl } from '../base/entry.ts'
import type { Log } from '../base/log.ts'
import { robotNewsSchema, type RobotNews, type RobotOrder } from './robot-messages.ts'

/**
 * A robot that has nothing to say for so long does not start any more. Two seconds are usual, twenty with ten programs
 * to a core; to end a start that is only slow would make the next one just as slow, and no robot would ever come up.
 */
const readyWithinMs = 180_000
/** Stopping says goodbye and closes the store: far less than a second where the disk answers. */
const stopWithinMs = 8_000

/** The process of one simulated robot. One start, one end; who wants it again makes another. */
export class RobotChild {
  readonly #child: ChildProcess
  readonly #log: Log
  #failure: string | null = null
  /** Resolves when the process has ended, with why it did in words for people. */
  readonly ended: Promise<string>

  constructor(deps: { readonly log: Log }, order: RobotOrder) {
    this.#log = deps.log
    this.#child = fork(entryUrl('lab/robot-process.ts'), [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [
        // node:sqlite is new enough for Node to say so at each start.
        '--disable-warning=ExperimentalWarning',
        // A robot is small: a smaller young generation keeps its memory near what it uses.
        '--max-semi-space-size=4',
      ],
      // In Electron our own executable is a window's; so it is a plain Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    })
    this.#child.stderr?.setEncoding('utf8')
    this.#child.stderr?.on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) this.#log.warn({ robot: order.name }, line.slice(0, 2_000))
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(`its process could not be started: ${error.message}`))
      this.#child.once('exit', (code, signal) => {
        resolve(this.#failure ?? `its process ended ${signal === null ? `with code ${code}` : `by ${signal}`}`)
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it is once it is up; null when it ended before. */
  async ready(): Promise<Extract<RobotNews, { type: 'ready' }> | null> {
    const timer = setTimeout(() => {
      this.#failure = `it was not ready within ${readyWithinMs / 1_000} s`
      this.#child.kill('SIGKILL')
    }, readyWithinMs)
    try {
      return await new Promise((resolve) => {
        this.#child.on('message', (message) => {
          const news = robotNewsSchema.safeParse(message)
          if (!news.success) return
          if (news.data.type === 'ready') resolve(news.data)
          else this.#failure = news.data.message
        })
        void this.ended.then(() => resolve(null))
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves once the process is gone; one that does not stop is killed. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.send({ type: 'stop' }, () => {})
    else this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs)
    await exited
    clearTimeout(timer)
  }
}
