import { SwarmError } from '../../../shared/errors.ts'

export interface KuboAddress {
  /** Without name and password; ends with no slash. */
  readonly url: string
  /** The value of the `Authorization` header; null when the address has no name and password. */
  readonly authorization: string | null
}

/** `/ip4/127.0.0.1/tcp/5001`, as Kubo writes it into the file `api` of its folder; `/https` makes it TLS. */
const multiaddress = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})(?:\/(http|https|tls\/http))?\/?$/

/**
 * Where a Kubo daemon's RPC listens: an URL, a multiaddress, or `host:port`. `name:password@` before the host is sent as
 * basic authentication (Kubo's `API.Authorizations`).
 * @throws SwarmError INVALID_INPUT
 */
export function kuboAddress(text: string): KuboAddress {
  const asked = text.trim()
  const [, host = '', port = '', secure] = multiaddress.exec(asked) ?? []
  const written =
    host !== ''
      ? `${secure === undefined || secure === 'http' ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
      : /^[a-z]+:\/\//i.test(asked)
        ? asked
        : `http://${asked}`
  const url = URL.canParse(written) ? new URL(written) : null
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.hostname === '' ||
    asked.startsWith('/') !== (host !== '')
  ) {
    throw new SwarmError(
      'INVALID_INPUT',
      `"${asked.slice(0, 120)}" is no address of a Kubo daemon. Write it as http://127.0.0.1:5001 or /ip4/127.0.0.1/tcp/5001.`,
    )
  }
  const authorization =
    url.username === ''
      ? null
      : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`
  return { url: url.origin, authorization }
}
