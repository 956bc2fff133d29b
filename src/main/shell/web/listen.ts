import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SwarmError } from '../../../shared/errors.ts'

export interface WebAddress {
  readonly host: string
  readonly port: number
  /** Given by a person: then it is this port or none. */
  readonly explicit: boolean
}

export const defaultWebAddress: WebAddress = { host: '127.0.0.1', port: 4180, explicit: false }

/** How many ports after a default one that is taken are tried: a daemon, a lab and a few tests on one machine. */
const tries = 20

/**
 * Reads `HOST:PORT`, `[::1]:4180` or a bare port; null for `off`.
 * @throws SwarmError INVALID_INPUT
 */
export function parseWebAddress(text: string): WebAddress | null {
  if (text === 'off') return null
  const match = /^(?:(?:\[([\da-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new SwarmError('INVALID_INPUT', `"${text}" is no web address: it is HOST:PORT, e.g. 127.0.0.1:4180, or off`)
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port, explicit: true }
}

/**
 * Binds the server and resolves with the port it has got.
 * @throws SwarmError ADDRESS_IN_USE, PERMISSION_DENIED, INVALID_INPUT
 */
export async function listen(server: Server, address: WebAddress): Promise<number> {
  const last = address.explicit || address.port === 0 ? address.port : Math.min(address.port + tries, 65_535)
  for (let port = address.port; ; port += 1) {
    try {
      await bind(server, address.host, port)
      return (server.address() as AddressInfo).port
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code
      if (code === 'EADDRINUSE' && port < last) continue
      const where = `${address.host}:${port}`
      if (code === 'EADDRINUSE') {
        throw new SwarmError('ADDRESS_IN_USE', `the web console cannot listen on ${where}: another program does`, {
          cause,
        })
      }
      if (code === 'EACCES') {
        throw new SwarmError(
          'PERMISSION_DENIED',
          `the web console may not listen on ${where}: take a port above 1023`,
          {
            cause,
          },
        )
      }
      throw new SwarmError('INVALID_INPUT', `the web console cannot listen on ${where}: ${String(code ?? cause)}`, {
        cause,
      })
    }
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
