import type { IncomingMessage, ServerResponse } from 'node:http'
import { base } from '../../../shared/contract/errors.ts'
import { SwarmError, type SwarmErrorCode } from '../../../shared/errors.ts'
import type { Refusal } from './guard.ts'
import { endReading } from './linger.ts'

const statuses: Readonly<Record<string, { readonly status?: number }>> = base['~orpc'].errorMap

/** The HTTP status of an error code, as the contract declares it. */
export function statusOf(code: SwarmErrorCode): number {
  return statuses[code]?.status ?? 500
}

/** Headers of every answer: nothing may be framed, sniffed, leaked by referrer or taken from elsewhere. */
export function secure(request: IncomingMessage, response: ServerResponse): void {
  // Safari's 'self' does not cover ws:. The Host header has been checked before anything is answered with content.
  const host = /^[\w.[\]:-]+$/.test(request.headers.host ?? '') ? ` ws://${request.headers.host}` : ''
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
      `connect-src 'self'${host}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  )
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=()')
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, jsonHeaders(text)).end(text)
}

/**
 * Answers with an error in the API's form, and closes the connection when a body may still be on its way, soon: reading
 * what was refused only to keep a connection would let a stranger feed us for as long as he likes.
 */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  code: SwarmErrorCode,
  message: string,
  status = statusOf(code),
): void {
  if (response.headersSent) return void response.destroy()
  if (status === 401) response.setHeader('www-authenticate', 'Bearer realm="dt-swarm"')
  const text = JSON.stringify({ defined: true, code, status, message })
  if (request.complete) {
    response.writeHead(status, jsonHeaders(text)).end(text)
  } else {
    response.writeHead(status, { ...jsonHeaders(text), connection: 'close' })
    endReading(request, response, text)
  }
}

const jsonHeaders = (text: string) => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(text),
  'cache-control': 'no-store',
})

export const refusalText: Readonly<Record<Refusal, { readonly code: SwarmErrorCode; readonly message: string }>> = {
  'bad-host': {
    code: 'PERMISSION_DENIED',
    message: 'the Host header names another server: open the address that dt-swarm printed',
  },
  'bad-origin': {
    code: 'PERMISSION_DENIED',
    message: 'the request comes from another web page: only the page that this server sent may do that',
  },
  'no-token': {
    code: 'UNAUTHORIZED',
    message: 'the token is missing: open the link that dt-swarm printed, or send "Authorization: Bearer TOKEN"',
  },
  'bad-token': {
    code: 'UNAUTHORIZED',
    message: 'the token is not the one of this peer: open the link that dt-swarm printed',
  },
}

/** Any error as the API tells it. */
export function describe(error: unknown): { readonly code: SwarmErrorCode; readonly message: string } | null {
  return error instanceof SwarmError ? { code: error.code, message: error.message } : null
}
