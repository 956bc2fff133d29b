import { isIP } from 'node:net'
import { SwarmError } from '../../../shared/errors.ts'

/**
 * The address of a pinning service, without `/pins` and a slash at its end. A token travels to it with each request, so
 * plain HTTP is taken only where nobody else listens: on this machine and in private networks.
 * @throws SwarmError INVALID_INPUT
 */
export function pinEndpoint(text: string): string {
  const asked = text.trim()
  const url = URL.canParse(asked) ? new URL(asked) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    // It may hold a password: only what was asked for is repeated, not the text.
    throw refused('it is no https:// address', 'write it as https://HOST/PATH')
  }
  if (url.username !== '' || url.password !== '') {
    throw refused('it holds a name or password', 'the token is given apart from it')
  }
  if (url.search !== '' || url.hash !== '')
    throw refused('it has a query or a fragment', 'leave out what follows ? or #')
  if (url.protocol === 'http:' && !isNear(url.hostname)) {
    throw refused('the token would travel over http where others can read it', 'use https://')
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/pins$/, '')}`
}

/** Loopback, private networks (RFC 1918, RFC 4193) and names that only a local network gives. */
function isNear(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 4) return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(host)
  if (isIP(host) === 6) return host === '::1' || /^f[cd]/i.test(host)
  return host === 'localhost' || /\.(?:localhost|local|lan|home\.arpa|internal)$/i.test(host) || !host.includes('.')
}

function refused(why: string, remedy: string): SwarmError {
  return new SwarmError('INVALID_INPUT', `That is no address of a pinning service that can be used: ${why}; ${remedy}.`)
}
