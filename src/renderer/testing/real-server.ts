/// <reference types="node" />
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'
import { WebSocket } from 'ws'

/** The window of this test, whose address can be changed as if it had been opened there. */
declare const jsdom: { reconfigure(settings: { url: string }): void }

/** A real server, with this window opened at it: relative addresses and sockets lead there. */
export interface RealServer {
  readonly http: Server
  readonly port: number
  /** Ends the server and all its connections; the window stays where it is. */
  close(): Promise<void>
}

/** What jsdom believes to be another origin, for its own was set when the window was made. */
const allowed = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'PUT',
  'access-control-allow-headers': 'content-type',
}

export async function openAtServer(answer: RequestListener, port = 0): Promise<RealServer> {
  const http = createServer((request, response) => {
    for (const [name, value] of Object.entries(allowed)) response.setHeader(name, value)
    if (request.method === 'OPTIONS') response.writeHead(204).end()
    else answer(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, '127.0.0.1', resolve)
  })
  const at = (http.address() as AddressInfo).port
  jsdom.reconfigure({ url: `http://127.0.0.1:${at}/` })
  return {
    http,
    port: at,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** A socket on which an error that nobody listens for is no crash, as in a browser. */
class BrowserSocket extends WebSocket {
  constructor(url: string) {
    super(url)
    this.on('error', () => undefined)
  }
}

/**
 * Gives the test Node's own fetch and a socket that works beside it (jsdom's fires events that Node refuses); addresses
 * are read from that of the window, as in a browser. `vi.unstubAllGlobals` undoes it.
 */
export function useRealNetwork(): void {
  const plain = globalThis.fetch
  const fetchHere: typeof fetch = (input, init) =>
    plain(typeof input === 'string' ? new URL(input, window.location.href) : input, init)
  vi.stubGlobal('fetch', fetchHere)
  vi.stubGlobal('WebSocket', BrowserSocket)
}
