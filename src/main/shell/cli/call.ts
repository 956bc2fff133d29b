import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** A peer on the same machine answers at once; one across the world within this. */
const connectDeadlineMs = 10_000

/**
 * Connects to a peer's API, lets `use` call it, and hangs up.
 * @throws SwarmError NO_DAEMON when nobody listens there or it stops meanwhile, UNAUTHORIZED for a wrong token, and what
 *   `use` throws
 */
export async function withApi<T>(endpoint: Endpoint, use: (api: ApiClient) => Promise<T>): Promise<T> {
  const socket = await open(endpoint)
  const hungUp = Promise.withResolvers<never>()
  socket.once('close', () => hungUp.reject(stopped(endpoint.url)))
  socket.on('error', () => {})
  try {
    const api = createORPCClient<ApiClient>(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
    return await Promise.race([use(api), hungUp.promise])
  } catch (error) {
    // A call fails before it is heard that the other side has gone.
    throw socket.readyState === WebSocket.OPEN || error instanceof SwarmError ? error : stopped(endpoint.url)
  } finally {
    // Of our own hanging up nobody is told.
    hungUp.promise.catch(() => {})
    socket.close()
  }
}

/** It was there, and is no more. */
function stopped(url: string): SwarmError {
  return new SwarmError(
    'NO_DAEMON',
    `the peer at ${url} has stopped: start it again with "dt-swarm daemon"; what it was to fetch or share it goes on with by itself then`,
  )
}

/** Why bytes of a peer broke off: because it is there no more, or `error` itself while it is. */
export async function whyBroken(endpoint: Endpoint, error: unknown): Promise<unknown> {
  if (!(error instanceof SwarmError) || error.code !== 'FETCH_FAILED') return error
  return withApi(endpoint, (api) => api.system.info()).then(
    () => error,
    (gone: unknown) => (gone instanceof SwarmError && gone.code === 'NO_DAEMON' ? stopped(endpoint.url) : error),
  )
}

function open({ url, token }: Endpoint): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/ws`, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: connectDeadlineMs,
    })
    socket.once('open', () => resolve(socket))
    socket.once('error', (error) => reject(unreachable(url, error)))
    socket.once('unexpected-response', (request, response) => {
      request.destroy()
      reject(refused(url, response.statusCode ?? 0))
    })
  })
}

/** Nobody listens there, or it is not a peer. */
export function unreachable(url: string, cause: unknown): SwarmError {
  const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
  return new SwarmError('NO_DAEMON', `no peer answers at ${url} (${code}): start one there with "dt-swarm daemon"`, {
    cause,
  })
}

/** It answered, but with a refusal. */
export function refused(url: string, status: number): SwarmError {
  if (status === 401) {
    return new SwarmError(
      'UNAUTHORIZED',
      `${url} refuses the token: the right one is in the file web-token of that peer's home`,
    )
  }
  if (status === 403) {
    return new SwarmError(
      'PERMISSION_DENIED',
      `${url} does not know itself by that name: use the address that it is bound to`,
    )
  }
  return new SwarmError(
    'NO_DAEMON',
    `what answers at ${url} is no dt-swarm peer (status ${status}): check host and port`,
  )
}
