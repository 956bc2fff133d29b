import { isLoopback } from '../web/guard.ts'
import { readToken } from '../web/token.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { findDaemon } from './daemon-file.ts'
import { homeOf } from './home.ts'

/** A peer's API and the proof that we may call it. */
export interface Endpoint {
  /** `http://127.0.0.1:4180`, without a slash at the end. */
  readonly url: string
  readonly token: string
}

const defaultPort = 4180

/**
 * The daemon that runs in a home.
 * @throws SwarmError NO_DAEMON that says how to start one
 */
export function localEndpoint(home: string): Endpoint {
  const daemon = findDaemon(home)
  if (daemon === null) {
    throw new SwarmError(
      'NO_DAEMON',
      `no daemon runs in ${home}: start one with "dt-swarm daemon --home ${home}", or name another --home`,
    )
  }
  if (daemon.web === null) {
    throw new SwarmError(
      'NO_DAEMON',
      `the daemon in ${home} (pid ${daemon.pid}) runs with --web off and cannot be asked: start it without that option`,
    )
  }
  const token = readToken(home)
  if (token === null)
    throw new SwarmError('PERMISSION_DENIED', `the web token in ${home} cannot be read: are you its owner?`)
  return { url: daemon.web, token }
}

/** The daemon of the home that a command is given. @throws SwarmError NO_DAEMON */
export const endpointOf = ({ home }: { readonly home?: string }): Endpoint => localEndpoint(homeOf(home))

/**
 * The peer that HOST (`host`, `host:port` or a URL, perhaps with ?token=) names.
 * A HOST of this machine without a port is the daemon of the local home, whatever port that found free.
 * The token: `token`, else the URL's, else DT_SWARM_TOKEN, else for this machine that of the local home.
 * @throws SwarmError INVALID_INPUT, UNAUTHORIZED
 */
export function remoteEndpoint(
  host: string,
  options: { readonly token?: string | undefined; readonly home: string; readonly env?: NodeJS.ProcessEnv },
): Endpoint {
  const { env = process.env } = options
  const url = parseHost(
    /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host) ? (findDaemon(options.home)?.web ?? host) : host,
  )
  const local = isLoopback(url.hostname.replace(/^\[|\]$/g, '')) ? readToken(options.home) : null
  // An empty variable is how scripts say that there is none.
  const token = options.token ?? url.searchParams.get('token') ?? (env['DT_SWARM_TOKEN'] || local)
  if (token === null) {
    throw new SwarmError(
      'UNAUTHORIZED',
      `the token of ${url.host} is missing: give it with --token or DT_SWARM_TOKEN; it is in the file web-token of that peer's home`,
    )
  }
  if (!/^[\w-]{1,200}$/.test(token))
    throw new SwarmError('INVALID_INPUT', 'that is not a token: it has letters, digits, "-" and "_"')
  return { url: url.origin, token }
}

function parseHost(host: string): URL {
  const text = /^https?:\/\//.test(host) ? host : `http://${host}`
  if (URL.canParse(text)) {
    const url = new URL(text)
    const named = /^https?:\/\//.test(host) || url.port !== '' || host.endsWith(':80')
    if (!named) url.port = String(defaultPort)
    if (url.hostname !== '' && url.username === '') return url
  }
  throw new SwarmError('INVALID_INPUT', `"${host}" is no host: it is HOST, HOST:PORT or http://HOST:PORT`)
}
