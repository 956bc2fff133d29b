import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isAbort } from '../../../shared/errors.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { makeFolderSync } from '../../base/make-folder.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import type { ApiRouter } from '../api/router.ts'
import { rendererDir, sendAsset } from './assets.ts'
import { Calls } from './calls.ts'
import { receiveCar, sendCar } from './checkpoint-car.ts'
import { sendContent, sendContentOf } from './content.ts'
import { bracketed, Guard, isLoopback } from './guard.ts'
import { listen, type WebAddress } from './listen.ts'
import { sendFrame } from './log-frame.ts'
import { openApiDocument } from './open-api.ts'
import { describe, refusalText, secure, sendError, sendJson } from './reply.ts'
import { Sockets } from './sockets.ts'
import { ensureToken } from './token.ts'
import { Uploads } from './upload.ts'

export interface WebServerInit {
  readonly address: WebAddress
  readonly home: string
  readonly version: string
  /** The built window; default `out/renderer`. */
  readonly root?: string
}

/** Where nothing moves either way for so long, nobody is there. Live streams send a comment every few seconds. */
const idleMs = 120_000
/** Request line and headers must be there by then: a slowloris holds a connection no longer. */
const headersMs = 10_000
const maxConnections = 256

/** A peer and its API. */
export interface ServedPeer {
  readonly peer: ApiPeer
  readonly router: ApiRouter
}

/** What answers for one peer. */
interface Face {
  readonly peer: ApiPeer
  readonly calls: Calls
  readonly sockets: Sockets
  readonly uploads: Uploads
}

const faceOf = ({ peer, router }: ServedPeer): Face => ({
  peer,
  calls: new Calls(router, peer),
  sockets: new Sockets(router, peer),
  uploads: new Uploads(peer),
})

/** The web console and the HTTP and WebSocket API of a peer, on one address. The peer may change while it listens. */
export class WebServer implements Startable {
  readonly #init: WebServerInit
  readonly #root: string
  #face: Face
  /** No peer is served: the one before has stopped, the next is not up yet. */
  #changing = false
  #server: Server | null = null
  #guard: Guard | null = null
  #url: { readonly plain: string; readonly token: string } | null = null
  #document: ReturnType<typeof openApiDocument> | null = null

  constructor(deps: ServedPeer, init: WebServerInit) {
    this.#init = init
    this.#root = init.root ?? rendererDir()
    this.#face = faceOf(deps)
  }

  /**
   * Serves another peer from now on, or none for a while (null): a peer that joins another swarm is a new one. Sockets are
   * dropped, so that whoever looks on begins anew; consoles come back by themselves.
   */
  setPeer(next: ServedPeer | null): void {
    this.#face.sockets.stop()
    this.#changing = next === null
    // Live streams over plain HTTP would wait for a peer that speaks no more.
    if (next === null) return this.#server?.closeAllConnections()
    this.#face = faceOf(next)
    if (this.#server !== null) this.#face.sockets.start()
  }

  /** `http://127.0.0.1:4180`, without the token; null while it does not listen. */
  get url(): string | null {
    return this.#url?.plain ?? null
  }

  /** The link that opens the console: `url` with the token. Only for whoever owns the peer. */
  get link(): string | null {
    return this.#url === null ? null : `${this.#url.plain}/?token=${this.#url.token}`
  }

  /** @throws SwarmError ADDRESS_IN_USE, PERMISSION_DENIED, INVALID_INPUT */
  async start(): Promise<void> {
    if (this.#server !== null) return
    const { host } = this.#init.address
    makeFolderSync(this.#init.home, { mode: 0o700 })
    const token = ensureToken(this.#init.home)
    const server = createServer({
      maxHeaderSize: 16_384,
      headersTimeout: headersMs,
      requestTimeout: 0,
      connectionsCheckingInterval: 2_000,
    })
    // Checked every 2 s (30 s by default), else a slow header would live three times its deadline.
    server.maxConnections = maxConnections
    server.timeout = idleMs
    server.keepAliveTimeout = 5_000
    this.#server = server
    try {
      const port = await listen(server, this.#init.address)
      this.#guard = new Guard({ host, port, token })
      const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
      this.#url = { plain: `http://${bracketed(shown)}:${port}`, token }
    } catch (error) {
      this.#server = null
      throw error
    }
    this.#attach(server)
    this.#face.sockets.start()
    if (!isLoopback(host)) {
      this.#face.peer.log.warn(
        { host },
        'the web console listens on the network: whoever sees its traffic can read its token, put TLS before it',
      )
    }
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.#url = null
    this.#face.sockets.stop()
    if (server === null) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  #attach(server: Server): void {
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#fail(request, response, error))
    })
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head))
    server.on('drop', () => this.#refuse('too-many-connections'))
    server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
      this.#refuse(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow-request' : 'bad-request')
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
      if (stream.writable) stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      else stream.destroy()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const guard = this.#guard
    secure(request, response)
    if (guard === null) return void response.destroy()
    const method = request.method ?? 'GET'
    if (!guard.hostAllowed(request.headers.host)) return this.#deny(request, response, 'bad-host')
    const url = parseUrl(request.url)
    if (url === null) {
      this.#refuse('bad-request')
      return sendError(request, response, 'INVALID_INPUT', 'the address of the request cannot be read')
    }
    if (!isUtf8(url.search)) {
      this.#refuse('bad-request')
      return sendError(request, response, 'INVALID_INPUT', 'what follows the "?" of the address is no UTF-8: names are')
    }
    const reads = method === 'GET' || method === 'HEAD'
    if (!url.pathname.startsWith('/api/')) {
      if (!reads) return sendError(request, response, 'UNSUPPORTED', `${method} is only for /api`, 405)
      return this.#page(request, response, url, guard)
    }
    const refusal = guard.refuse(request.headers, !reads)
    if (refusal !== null) return this.#deny(request, response, refusal)
    await this.#api(request, response, url, method)
  }

  async #page(request: IncomingMessage, response: ServerResponse, url: URL, guard: Guard): Promise<void> {
    const token = url.searchParams.get('token')
    if (token === null) return sendAsset(request, response, url.pathname, this.#root)
    // The token leaves the address bar, history and referrers at once. Without a right one the page itself says so.
    if (guard.tokenIs(token)) response.setHeader('set-cookie', guard.setCookie)
    else this.#refuse('bad-token')
    response.writeHead(303, { location: '/', 'cache-control': 'no-store', 'content-length': 0 }).end()
  }

  async #api(request: IncomingMessage, response: ServerResponse, url: URL, method: string): Promise<void> {
    if (this.#changing) {
      response.setHeader('retry-after', '1')
      return sendError(request, response, 'NO_DAEMON', 'this peer is joining another swarm: ask again in a moment', 503)
    }
    const path = url.pathname.slice('/api'.length)
    if (path === '/openapi.json' && method === 'GET') {
      this.#document ??= openApiDocument(this.#init.version)
      return sendJson(response, 200, await this.#document)
    }
    if (path === '/files/upload') {
      if (method === 'PUT') return this.#face.uploads.receive(request, response, url)
      return sendError(request, response, 'UNSUPPORTED', 'a file is uploaded with PUT', 405)
    }
    if (path === '/files/content' && (method === 'GET' || method === 'HEAD')) {
      return sendContentOf(request, response, url, this.#face.peer)
    }
    const cid = /^\/files\/([^/]+)\/content$/.exec(path)?.[1]
    if (cid !== undefined && (method === 'GET' || method === 'HEAD')) {
      return sendContent(request, response, url, cid, this.#face.peer)
    }
    const recorded = /^\/files\/([^/]+)\/frame$/.exec(path)?.[1]
    if (recorded !== undefined && (method === 'GET' || method === 'HEAD')) {
      return sendFrame(request, response, url, recorded, this.#face.peer)
    }
    if (path === '/checkpoints/car' && method === 'PUT') return receiveCar(request, response, this.#face.peer)
    const root = /^\/checkpoints\/([^/]+)\/car$/.exec(path)?.[1]
    if (root !== undefined && (method === 'GET' || method === 'HEAD')) {
      return sendCar(request, response, root, this.#face.peer)
    }
    await this.#face.calls.handle(request, response)
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy())
    const refusal = this.#guard?.refuse(request.headers, true) ?? null
    const path = parseUrl(request.url)?.pathname
    const [status, reason] =
      refusal !== null
        ? [refusalText[refusal].code === 'UNAUTHORIZED' ? '401 Unauthorized' : '403 Forbidden', refusal]
        : path !== '/api/ws'
          ? ['404 Not Found', 'bad-path']
          : this.#changing || this.#server === null
            ? ['503 Service Unavailable', 'changing-swarm']
            : this.#face.sockets.full
              ? ['503 Service Unavailable', 'too-many-sockets']
              : ['', '']
    if (reason === '') return this.#face.sockets.accept(request, stream, head)
    this.#refuse(reason)
    stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }

  #deny(request: IncomingMessage, response: ServerResponse, refusal: keyof typeof refusalText): void {
    this.#refuse(refusal)
    const { code, message } = refusalText[refusal]
    sendError(request, response, code, message)
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const known = describe(error)
    if (known !== null) {
      this.#refuse(known.code.toLowerCase())
      return sendError(request, response, known.code, known.message)
    }
    if (isAbort(error) || response.destroyed || request.destroyed) return void response.destroy()
    this.#face.peer.counters.add('web.failed:internal')
    this.#face.peer.log.error({ err: error, method: request.method }, 'a web request failed')
    sendError(request, response, 'INTERNAL', 'the request failed inside this peer; its log has the details')
  }

  #refuse(reason: string): void {
    this.#face.peer.counters.add(`web.refused:${reason}`)
  }
}

function parseUrl(text: string | undefined): URL | null {
  if (text === undefined || !text.startsWith('/')) return null
  try {
    // A base of our own: "//elsewhere/x" must be a path here, not another host.
    return new URL(`http://here${text}`)
  } catch {
    return null
  }
}

/** Whether what is escaped is UTF-8: read as a query, anything else would turn into another name. */
function isUtf8(search: string): boolean {
  try {
    // A lone "%" is one.
    decodeURIComponent(search.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))
    return true
  } catch {
    return false
  }
}
