import type { LogInfo } from '../../../shared/log-views.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { LogFailure, LogThreads, type LogThreadsDeps } from './log-threads.ts'
import { bareInfo, sentence } from './recording-info.ts'

export interface LogInspectorInit {
  /** Default 20 s: the index of a whole log is read in well under one; a cut-off one is walked as far as that goes. */
  readonly deadlineMs?: number
  /** Tests give a program that misbehaves. */
  readonly workerUrl?: URL
}

/** Whoever shares more files at once than this waits for their hashes anyway; only their paths are kept. */
const maxWaiting = 1_000

/** Looks into files that are about to be shared, in a thread of its own. It never fails a share. */
export class LogInspector implements Startable {
  readonly #threads: LogThreads

  constructor(deps: LogThreadsDeps, init: LogInspectorInit = {}) {
    this.#threads = new LogThreads(deps, {
      threads: 1,
      maxWaiting,
      deadlineMs: init.deadlineMs ?? 20_000,
      ...(init.workerUrl === undefined ? {} : { workerUrl: init.workerUrl }),
    })
  }

  async start(): Promise<void> {
    this.#threads.start()
  }

  stop(): Promise<void> {
    return this.#threads.stop()
  }

  /**
   * What kind of file it is, and what is in it. A file that is broken, or takes too long or too much memory, has an info
   * that says so in `problem`. Null when it was not looked into: called off, stopped, or too many wait. Does not throw.
   */
  async inspectFile(
    path: string,
    about: { readonly name: string; readonly mediaType: string; readonly signal?: AbortSignal },
  ): Promise<LogInfo | null> {
    const { name, mediaType, signal } = about
    try {
      return await this.#threads.run({ kind: 'inspect', path, name, mediaType }, signal === undefined ? {} : { signal })
    } catch (error) {
      if (!(error instanceof LogFailure) || error.reason === 'busy' || error.reason === 'stopped') return null
      const problem = sentence(`it could not be looked into: ${error.message}`)
      return bareInfo(formatByName(name), { whole: false, problem })
    }
  }
}

/** When the thread that would have looked at the bytes is gone. */
function formatByName(name: string): LogInfo['format'] {
  if (/\.bag(\.active)?$/i.test(name)) return 'rosbag'
  return /\.mcap$/i.test(name) ? 'mcap' : 'other'
}
