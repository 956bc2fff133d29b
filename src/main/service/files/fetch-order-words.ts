import { SwarmError } from '../../../shared/errors.ts'
import type { FetchOrderState } from './fetch-order-state.ts'

/** How far it has come, for a person. */
export function stepOf({ files, done, failed, paused }: FetchOrderState): string {
  const step = `${done} of ${files} files fetched${failed === 0 ? '' : `, ${failed} failed`}`
  return paused ? `held: ${step}` : step
}

/** What has come in the end. */
export function lastStepOf({ files, done, off }: FetchOrderState): string {
  if (off === 0) return `${done} files fetched`
  return `${done} of ${files} files fetched; the others were called off, are shared no more, or are no longer what was asked for`
}

/** Null: none has failed. @param why of one of them, where it is known */
export function failureOf({ files, failed }: FetchOrderState, why: string | undefined): SwarmError | null {
  if (failed === 0) return null
  const remedy = why ?? 'Try it again: all that is missing is looked for anew.'
  return new SwarmError('FETCH_FAILED', `${failed} of ${files} files could not be fetched. ${remedy}`)
}
