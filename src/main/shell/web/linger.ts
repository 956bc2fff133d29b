import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Whoever reads answers while he sends stops at once; one that sends all of it first has this long. A stranger who goes
 * on sending holds a connection no longer than with slow headers.
 */
const lingerMs = 10_000

/**
 * Sends an answer of known length, whose head is written, while the body of the request may still be coming, and goes on
 * reading that, into nothing, for a while. Closed at once, the connection would be reset, and the answer be lost to whoever
 * still sends (RFC 9112, 9.6).
 */
export function endReading(request: IncomingMessage, response: ServerResponse, text: string): void {
  response.write(text)
  const end = (): void => {
    clearTimeout(timer)
    request.off('end', end).off('close', end).off('error', end)
    response.end()
  }
  const timer = setTimeout(end, lingerMs)
  if (request.destroyed || request.complete) return end()
  request.once('end', end).once('close', end).once('error', end)
  // Also when another reader only lets go of it later.
  request.on('data', () => {})
  request.resume()
}

/** The body of a request, bit by bit. Whoever takes no more of it can still be answered. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> }
}
