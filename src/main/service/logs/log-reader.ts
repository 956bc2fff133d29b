import { MessageChannel } from 'node:worker_threads'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { LogPreview } from '../../../shared/log-views.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Frame, LogAnswers, LogJob } from './log-job.ts'
import { LogFailure, LogThreads, type LogThreadsDeps } from './log-threads.ts'
import { bareInfo, sentence } from './recording-info.ts'
import { givePieces } from './source-port.ts'

/** Files by CID, from this peer's store or from the swarm: what the service of files offers. */
export interface LogReaderDeps extends LogThreadsDeps {
  readonly content: (
    cid: Cid,
    options: { readonly offset: number; readonly length: number; readonly signal: AbortSignal },
  ) => AsyncIterable<Uint8Array>
  readonly stat: (cid: Cid) => Promise<{ readonly sizeBytes: number }>
  /** What a record says of it; undefined when none does. */
  readonly share: (cid: Cid) => { readonly name: string; readonly mediaType: string } | undefined
}

export interface LogReaderInit {
  /** Of a preview or a frame, its bytes' way through the swarm included. Default 45 s. */
  readonly deadlineMs?: number
  /** Tests give a program that misbehaves. */
  readonly workerUrl?: URL
}

/** Two people, or one who clicks through a list, are not held up by one slow file. */
const threads = 2
const maxWaiting = 16
/** A preview is at most some 300 KiB. */
const maxKept = 32

type Piece = Extract<LogJob, { kind: 'preview' | 'frame' }>

/** Looks into files by their CID, from as little of them as it takes, in threads of its own. */
export class LogReader implements Startable {
  readonly #deps: LogReaderDeps
  readonly #deadlineMs: number
  readonly #threads: LogThreads
  /** By CID, whose bytes never change; the last used last. */
  readonly #kept = new Map<Cid, LogPreview>()

  constructor(deps: LogReaderDeps, init: LogReaderInit = {}) {
    this.#deps = deps
    this.#deadlineMs = init.deadlineMs ?? 45_000
    this.#threads = new LogThreads(deps, {
      threads,
      maxWaiting,
      deadlineMs: this.#deadlineMs,
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
   * A look into a file; one that is broken, or too much, is a preview of kind "none" that says why.
   * @throws SwarmError what reading the file throws, TIMEOUT, LIMIT_REACHED
   */
  async preview(cid: Cid, options: { readonly signal?: AbortSignal } = {}): Promise<LogPreview> {
    const kept = this.#kept.get(cid)
    if (kept !== undefined) {
      this.#keep(cid, kept)
      return kept
    }
    const { sizeBytes } = await this.#deps.stat(cid)
    const { name, mediaType } = this.#deps.share(cid) ?? { name: '', mediaType: '' }
    try {
      const { answer, broken } = await this.#run<'preview'>(
        cid,
        (port) => ({ kind: 'preview', name, mediaType, sizeBytes, port }),
        options.signal,
      )
      // What could not be had says nothing about the file.
      if (broken !== null && answer.look.kind === 'none') throw broken
      const preview = { ...answer.look, readBytes: answer.readBytes, sizeBytes }
      if (broken === null) this.#keep(cid, preview)
      return preview
    } catch (error) {
      if (!(error instanceof LogFailure) || (error.reason !== 'died' && error.reason !== 'failed'))
        throw told(error, cid)
      const why = sentence(`it could not be looked into: ${error.message}`)
      return { kind: 'none', why, readBytes: 0, sizeBytes, info: bareInfo('other', { whole: false, problem: why }) }
    }
  }

  /**
   * The picture of a topic nearest to a time. @throws SwarmError NOT_FOUND when it has none, what reading the file throws,
   * TIMEOUT, LIMIT_REACHED
   */
  async frame(cid: Cid, topic: string, atMs: number, options: { readonly signal?: AbortSignal } = {}): Promise<Frame> {
    const { sizeBytes } = await this.#deps.stat(cid)
    const { answer, broken } = await this.#run<'frame'>(
      cid,
      (port) => ({ kind: 'frame', topic, atMs, sizeBytes, port }),
      options.signal,
    ).catch((error: unknown) => {
      if (!(error instanceof LogFailure) || (error.reason !== 'died' && error.reason !== 'failed'))
        throw told(error, cid)
      return { answer: null, broken: null }
    })
    if (broken !== null && answer === null) throw broken
    if (answer === null) {
      throw new SwarmError(
        'NOT_FOUND',
        `${cid} has no picture of "${topic.slice(0, 200)}" that can be shown: see its preview`,
      )
    }
    return answer
  }

  async #run<Kind extends Piece['kind']>(
    cid: Cid,
    jobOf: (port: Piece['port']) => Extract<LogJob, { kind: Kind }>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly answer: LogAnswers[Kind]; readonly broken: Error | null }> {
    const { port1, port2 } = new MessageChannel()
    const over = new AbortController()
    let broken: Error | null = null
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const parts: Uint8Array[] = []
      for await (const part of this.#deps.content(cid, { offset, length, signal: over.signal })) parts.push(part)
      return Buffer.concat(parts)
    }
    givePieces(port1, read, (error) => (broken ??= error instanceof Error ? error : new Error(String(error))))
    try {
      const answer = await this.#threads.run<Kind>(jobOf(port2), {
        transfer: [port2],
        ...(signal === undefined ? {} : { signal }),
      })
      return { answer, broken }
    } catch (error) {
      throw broken ?? error
    } finally {
      over.abort()
      port1.close()
    }
  }

  #keep(cid: Cid, preview: LogPreview): void {
    this.#kept.delete(cid)
    this.#kept.set(cid, preview)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break
      this.#kept.delete(oldest)
    }
  }
}

function told(error: unknown, cid: Cid): unknown {
  if (!(error instanceof LogFailure)) return error
  const options = { cause: error, detail: { cid } }
  if (error.reason === 'busy')
    return new SwarmError('LIMIT_REACHED', `${cid}: ${error.message}; try again soon`, options)
  if (error.reason === 'late') {
    return new SwarmError(
      'TIMEOUT',
      `${cid} could not be looked into: ${error.message}; see who has it, and try again`,
      options,
    )
  }
  return new SwarmError('INTERNAL', `${cid} was not looked into: ${error.message}`, options)
}
