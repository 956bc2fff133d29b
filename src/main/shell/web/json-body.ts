import type { IncomingMessage } from 'node:http'
import { SwarmError } from '../../../shared/errors.ts'
import { bodyOf } from './linger.ts'

/** The largest call is a change of settings: some kilobytes. */
const maxBodyBytes = 256 * 1024

/** A body that trickles in longer than this is not an honest call. */
const bodyDeadlineMs = 10_000

/**
 * Reads the JSON body of a call, bounded in size and time; undefined when there is none.
 * @throws SwarmError INVALID_INPUT, TOO_LARGE, TIMEOUT
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { 'content-length': length, 'content-type': type, 'transfer-encoding': coding } = request.headers
  if (Number(length ?? 0) > maxBodyBytes) throw tooLarge()
  if (coding === undefined && Number(length ?? 0) === 0) return undefined
  if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    throw new SwarmError('INVALID_INPUT', 'the body of a call is JSON: send "Content-Type: application/json"')
  }
  const timer = setTimeout(() => {
    request.destroy(new SwarmError('TIMEOUT', 'the body of the call did not come within 10 s'))
  }, bodyDeadlineMs)
  try {
    const chunks: Buffer[] = []
    let total = 0
    for await (const chunk of bodyOf(request)) {
      total += chunk.length
      if (total > maxBodyBytes) throw tooLarge()
      chunks.push(chunk)
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return text.trim() === '' ? undefined : (JSON.parse(text) as unknown)
  } catch (error) {
    if (error instanceof SwarmError) throw error
    if (error instanceof SyntaxError || error instanceof TypeError) {
      throw new SwarmError('INVALID_INPUT', `the body of the call is not JSON: ${error.message.slice(0, 120)}`)
    }
    throw new SwarmError('INVALID_INPUT', 'the body of the call was cut off', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function tooLarge(): SwarmError {
  return new SwarmError(
    'TOO_LARGE',
    `the body of a call has at most ${maxBodyBytes} bytes; files go to /api/files/upload`,
  )
}
