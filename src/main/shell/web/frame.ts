import type { RawData } from 'ws'

export type FrameReason = 'binary-frame' | 'bad-json' | 'bad-message'

export type Frame =
  | { readonly kind: 'ok'; readonly type: 'call' | 'abort'; readonly text: string }
  | { readonly kind: 'rejected'; readonly reason: FrameReason }

/** Numbers of oRPC's message types. 3 is an event of a client's own iterator, which no call of ours takes. */
const callType = 1
const abortType = 4

/**
 * Checks the outer form of a WebSocket message before the handler sees it: JSON text `{i, t?, p}` with a short id.
 * Never throws.
 */
export function readFrame(data: RawData, binary: boolean): Frame {
  if (binary) return { kind: 'rejected', reason: 'binary-frame' }
  const text = Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString()
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return { kind: 'rejected', reason: 'bad-json' }
  }
  const type = typeOf(message)
  return type === null ? { kind: 'rejected', reason: 'bad-message' } : { kind: 'ok', type, text }
}

function typeOf(message: unknown): 'call' | 'abort' | null {
  if (!isMap(message)) return null
  const { i: id, t: type = callType, p: payload } = message
  if (typeof id !== 'string' || id.length === 0 || id.length > 64) return null
  if (type === abortType) return 'abort'
  if (type !== callType || !isMap(payload)) return null
  const { u: url, h: headers = {}, m: method = 'POST' } = payload
  if (typeof url !== 'string' || url.length > 2_048 || !url.startsWith('/') || url.startsWith('//')) return null
  if (!isMap(headers) || Object.keys(headers).length > 16) return null
  // A header that names a body of another kind would make the handler build files or streams from it.
  if (Object.keys(headers).some((name) => /^content-/i.test(name))) return null
  if (!Object.values(headers).every((value) => typeof value === 'string')) return null
  return method === 'POST' || method === 'GET' ? 'call' : null
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
