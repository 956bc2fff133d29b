import { StandardRPCHandler } from '@orpc/server/standard'
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import { ServerPeer } from '@orpc/standard-server-peer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { ApiPeer } from '../api/api-peer.ts'
import { createContext, type ApiContext } from '../api/context.ts'
import type { ApiRouter } from '../api/router.ts'
import { readFrame } from './frame.ts'

/** A call is some kilobytes; files travel by HTTP. */
const maxFrameBytes = 1024 * 1024

/**
 * What may wait for one slow reader, the longest answer that waits left out: a list of 20,000 files, asked for as one, is 15
 * MB, and whoever takes it may ask for something else meanwhile. Live lists come in parts that wait for each other.
 */
const maxWaitingBytes = 16 * 1024 * 1024

/** Calls of one connection under way at once, live iterators included. */
const maxCalls = 128

const maxSockets = 64

/** A reader that is still there answers a ping; one that is not is let go after two. */
const pingEveryMs = 20_000

type Handle = ReturnType<typeof createServerPeerHandleRequestFn>

/** The contract over WebSocket at `/api/ws`. Whoever comes here has been let in by the guard. */
export class Sockets {
  readonly #peer: Pick<ApiPeer, 'log' | 'counters'>
  readonly #handler: StandardRPCHandler<ApiContext>
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false })
  readonly #heard = new WeakSet<WebSocket>()
  #timer: NodeJS.Timeout | undefined

  constructor(router: ApiRouter, peer: Pick<ApiPeer, 'log' | 'counters'>) {
    this.#peer = peer
    this.#handler = new StandardRPCHandler<ApiContext>(router, {})
  }

  get count(): number {
    return this.#server.clients.size
  }

  get full(): boolean {
    return this.count >= maxSockets
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#pingAll(), pingEveryMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const socket of this.#server.clients) {
      socket.close(1001, 'the peer is stopping')
      socket.terminate()
    }
  }

  accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket))
  }

  #open(socket: WebSocket): void {
    const waiting: number[] = []
    const rpc = new ServerPeer(async (message) => this.#send(socket, waiting, message))
    const handle = createServerPeerHandleRequestFn(this.#handler, { context: createContext() })
    let calls = 0
    this.#heard.add(socket)
    socket.on('pong', () => this.#heard.add(socket))
    socket.on('error', (error: Error & { code?: string }) => {
      this.#refuse(error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'frame-too-large' : 'bad-frame')
    })
    socket.once('close', () => rpc.close())
    socket.on('message', (data, binary) => {
      this.#heard.add(socket)
      const frame = readFrame(data, binary)
      if (frame.kind === 'rejected') return this.#cut(socket, 1008, frame.reason)
      if (frame.type === 'call' && calls >= maxCalls) return this.#cut(socket, 1008, 'too-many-calls')
      calls += 1
      this.#call(rpc, frame.text, handle)
        .catch((error: unknown) => {
          if (socket.readyState !== socket.OPEN) return
          this.#peer.log.debug({ err: error }, 'a WebSocket message could not be handled')
          this.#cut(socket, 1008, 'bad-message')
        })
        .finally(() => (calls -= 1))
    })
  }

  async #call(rpc: ServerPeer, text: string, handle: Handle): Promise<void> {
    await rpc.message(text, handle)
  }

  /** Resolves when the message has left, so that an iterator for a slow reader waits and then sends the latest state. */
  async #send(socket: WebSocket, waiting: number[], message: string | ArrayBufferLike | Uint8Array): Promise<void> {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount - Math.max(0, ...waiting) > maxWaitingBytes) {
      this.#cut(socket, 1013, 'slow-reader')
      socket.terminate()
      return
    }
    const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength
    waiting.push(bytes)
    await new Promise<void>((resolve) => socket.send(message, () => resolve()))
    waiting.splice(waiting.indexOf(bytes), 1)
  }

  #pingAll(): void {
    for (const socket of this.#server.clients) {
      if (this.#heard.delete(socket)) {
        socket.ping()
        continue
      }
      this.#refuse('silent-reader')
      socket.terminate()
    }
  }

  #cut(socket: WebSocket, code: number, reason: string): void {
    if (socket.readyState !== socket.OPEN) return
    this.#refuse(reason)
    socket.close(code, reason)
  }

  #refuse(reason: string): void {
    this.#peer.counters.add(`web.refused:${reason}`)
  }
}
