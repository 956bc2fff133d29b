import type { MessagePort } from 'node:worker_threads'
import type { LogInfo } from '../../../shared/log-views.ts'
import type { Look } from './looking.ts'

/** What a thread is asked to look into. */
export type LogJob =
  | { readonly kind: 'inspect'; readonly path: string; readonly name: string; readonly mediaType: string }
  | {
      readonly kind: 'preview'
      readonly name: string
      readonly mediaType: string
      readonly sizeBytes: number
      /** Where pieces of the file are asked for. */
      readonly port: MessagePort
    }
  | {
      readonly kind: 'frame'
      readonly topic: string
      readonly atMs: number
      readonly sizeBytes: number
      readonly port: MessagePort
    }
  | {
      /** Its last minutes are written to a file that is not there yet. */
      readonly kind: 'tail'
      readonly path: string
      readonly name: string
      readonly to: string
      /** How far back from its own end. */
      readonly backMs: number
      /** How much before its own end is of a later time, and left out. */
      readonly skipMs: number
      readonly maxBytes: number
      /** Said in the new file, where its kind has a place for it. */
      readonly about: readonly (readonly [string, string])[]
    }

export interface Frame {
  /** Checked by its first bytes. */
  readonly mediaType: 'image/jpeg' | 'image/png'
  readonly atMs: number
  readonly bytes: Uint8Array
}

/** By the kind of job. */
export interface LogAnswers {
  readonly inspect: LogInfo
  readonly preview: { readonly look: Look; readonly readBytes: number }
  /** Null: there is no picture of that topic there. */
  readonly frame: Frame | null
  readonly tail: {
    /** Of the new file; null: nothing of it was taken, and what was begun of the file is to be removed. */
    readonly bytes: number | null
    readonly startMs: number | null
    readonly endMs: number | null
    /** What is missing, or why it was not taken, as the end of a sentence. */
    readonly problem: string | null
  }
}

export interface LogOrder {
  readonly id: number
  readonly job: LogJob
}

export type LogOutcome =
  | { readonly id: number; readonly answer: LogAnswers[LogJob['kind']] }
  | { readonly id: number; readonly failed: string }
