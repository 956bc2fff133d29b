import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { createRouter } from '../../api/router.ts'
import { bareShell, MemoryPeer } from '../../api/testing/memory-peer.ts'
import { readToken } from '../token.ts'
import { WebServer } from '../web-server.ts'

export type ApiInit = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> }

/** A web side on loopback over a peer in memory, and callers that have its token. */
export class WebRig {
  readonly home = mkdtempSync(join(tmpdir(), 'dt-swarm-web-'))
  readonly root = join(this.home, 'renderer')
  readonly peer = new MemoryPeer()
  web = this.make()

  static async start(): Promise<WebRig> {
    const rig = new WebRig()
    mkdirSync(join(rig.root, 'assets'), { recursive: true })
    writeFileSync(join(rig.root, 'index.html'), '<title>dt-swarm</title>')
    writeFileSync(join(rig.root, 'assets', 'index-1.js'), 'export {}')
    await rig.web.start()
    return rig
  }

  async stop(): Promise<void> {
    await this.web.stop()
    rmSync(this.home, { recursive: true, force: true })
  }

  /** One more of the same home, not started. */
  make(): WebServer {
    const address = { host: '127.0.0.1', port: 0, explicit: true }
    const router = createRouter(this.peer, bareShell)
    return new WebServer({ peer: this.peer, router }, { address, home: this.home, version: '0.1.0', root: this.root })
  }

  get url(): string {
    return this.web.url ?? ''
  }

  get token(): string {
    return readToken(this.home) ?? ''
  }

  api(path: string, init: ApiInit = {}): Promise<Response> {
    return fetch(`${this.url}/api${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...init.headers },
    })
  }

  post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' }
    return this.api(path, { method: 'POST', body: JSON.stringify(body), headers })
  }

  /** A request with headers that fetch would not let us set. */
  raw(path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${this.url}${path}`, { headers }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  /** Opens a socket; resolves with its HTTP status where it is refused. */
  open(headers: Record<string, string>, path = '/api/ws'): Promise<WebSocket | number> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${this.url.replace('http', 'ws')}${path}`, { headers })
      socket.once('open', () => resolve(socket))
      socket.once('unexpected-response', (_, response) => {
        resolve(response.statusCode ?? 0)
        response.resume()
      })
      socket.once('error', reject)
    })
  }

  async openSocket(): Promise<WebSocket> {
    const socket = await this.open({ authorization: `Bearer ${this.token}` })
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
    return socket
  }
}

export const closing = (socket: WebSocket) =>
  new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
