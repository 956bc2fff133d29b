import type { Stream } from '@libp2p/interface'

/** The other side must take something within this: a Wi-Fi link that roams is back in a few seconds. */
const drainTimeoutMs = 60_000

/**
 * Waits until a stream takes more. Its own `onDrain` waits only the first time: the promise in it stays resolved.
 * @throws when the stream ends, nothing is taken for a minute, or the signal aborts
 */
export function drained(stream: Stream, signal: AbortSignal): Promise<void> {
  if (!stream.writableNeedsDrain) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(drainTimeoutMs)])
    const settle = (end: () => void): void => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      limit.removeEventListener('abort', onAbort)
      end()
    }
    const onDrain = (): void => settle(resolve)
    const onClose = (): void => settle(() => reject(new Error('the stream is closed')))
    const onAbort = (): void => settle(() => reject(limit.reason as Error))
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
    limit.addEventListener('abort', onAbort)
    if (stream.status !== 'open') onClose()
    if (limit.aborted) onAbort()
  })
}
