import { SwarmError, swarmErrorCodes, type SwarmErrorCode } from '../../../shared/errors.ts'

/** The error that the body of an HTTP answer tells; null when it tells none of ours. */
export function errorOfAnswer(text: string): SwarmError | null {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown }
    const known = (swarmErrorCodes as readonly unknown[]).includes(code)
    return known && typeof message === 'string' ? new SwarmError(code as SwarmErrorCode, message) : null
  } catch {
    return null
  }
}
