import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { cookieValue, sameSecret } from './token.ts'

export interface GuardInit {
  /** The address that the server is bound to. */
  readonly host: string
  readonly port: number
  readonly token: string
}

/** Why a request was refused; also the last part of its counter `web.refused:<reason>`. */
export type Refusal = 'bad-host' | 'bad-origin' | 'no-token' | 'bad-token'

export type Credential = 'bearer' | 'cookie'

/**
 * Decides who may speak to the web side. Pure over headers.
 * Host must be a name of this very server, or a page elsewhere could reach it by DNS rebinding. Origin, where a
 * browser sends one, must be ours; with the cookie as the only proof it must be there for whatever changes state.
 */
export class Guard {
  readonly #init: GuardInit
  readonly #hosts: ReadonlySet<string>
  readonly #cookie: string
  readonly cookieName: string

  constructor(init: GuardInit) {
    this.#init = init
    this.#cookie = cookieValue(init.token)
    // Cookies know no ports: two peers on one machine must not overwrite each other's.
    this.cookieName = `dt-swarm-${init.port}`
    const names = ['127.0.0.1', 'localhost', '[::1]', bracketed(init.host)]
    this.#hosts = new Set(names.map((name) => `${name.toLowerCase()}:${init.port}`))
  }

  get setCookie(): string {
    return `${this.cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000`
  }

  hostAllowed(host: string | undefined): boolean {
    if (host === undefined) return false
    const name = host.toLowerCase()
    if (this.#hosts.has(name)) return true
    if (isLoopback(this.#init.host)) return this.#init.port === 80 && this.#hosts.has(`${name}:80`)
    // Bound for the network on purpose: reached by any of the machine's addresses, perhaps through a mapped port.
    // A number cannot be rebound by DNS, so numbers and the machine's own name are fine.
    const bare = name.replace(/:\d+$/, '')
    return isIP(bare.replace(/^\[|\]$/g, '')) !== 0 || bare === 'localhost' || bare === hostname().toLowerCase()
  }

  originAllowed(headers: IncomingHttpHeaders): boolean {
    const { origin, host } = headers
    if (origin === undefined) return true
    return origin.toLowerCase() === `http://${host ?? ''}`.toLowerCase()
  }

  tokenIs(token: string): boolean {
    return sameSecret(token, this.#init.token)
  }

  /** How the request proves that it may call; a refusal when it does not. */
  credential(headers: IncomingHttpHeaders): Credential | Refusal {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
    if (bearer !== undefined) return this.tokenIs(bearer) ? 'bearer' : 'bad-token'
    const cookie = cookieOf(headers.cookie ?? '', this.cookieName)
    if (cookie === undefined) return 'no-token'
    return sameSecret(cookie, this.#cookie) ? 'cookie' : 'bad-token'
  }

  /**
   * Whether a call may go on; null means yes.
   * @param changes it is not a plain GET or HEAD: it changes something, or opens a socket
   */
  refuse(headers: IncomingHttpHeaders, changes: boolean): Refusal | null {
    if (!this.hostAllowed(headers.host)) return 'bad-host'
    const credential = this.credential(headers)
    if (credential !== 'bearer' && credential !== 'cookie') return credential
    if (changes && !this.originAllowed(headers)) return 'bad-origin'
    if (changes && credential === 'cookie' && headers.origin === undefined) return 'bad-origin'
    return null
  }
}

/** Whether only this machine can reach a server that is bound to `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** An IPv6 address as URLs write it. */
export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function cookieOf(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const [key, value] = part.trim().split('=')
    if (key === name) return value
  }
  return undefined
}
