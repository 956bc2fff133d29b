import { StandardRPCHandler } from '@orpc/server/standard'
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import { ServerPeer } from '@orpc/standard-server-peer'
import {
  MessageChannelMain,
  type IpcMainEvent,
  type MessagePortMain,
  type WebContents,
  type WebFrameMain,
} from 'electron'
import { takenWord } from '../../../shared/port-words.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { createContext, type ApiContext } from '../api/context.ts'
import type { ApiRouter } from '../api/router.ts'
import { readFrame } from '../web/frame.ts'
import { channels } from './channels.ts'
import { isOwnMainFrame } from './origin.ts'
import { PortFlow } from './port-flow.ts'

/** One call is some kilobytes; files travel by path. */
export const longestMessage = 1024 * 1024

type Handle = ReturnType<typeof createServerPeerHandleRequestFn>

/** A call or its end, as the WebSocket's door checks it too; null for anything else. */
function callOf(data: unknown): string | null {
  if (typeof data !== 'string' || data.length > longestMessage) return null
  return readFrame(Buffer.from(data), false).kind === 'ok' ? data : null
}

/**
 * Answers calls that come over a port, until it closes. The window is ours, but what runs in it is not trusted:
 * only what has the form of a call reaches the handler, and nothing that one throws ends the process.
 * The window says of each answer that it has taken it, and a long one goes on when it has.
 * (oRPC's own port handler leaves the promise of a malformed call unhandled.)
 */
function answerCalls(port: MessagePortMain, handle: Handle, refused: (reason: string) => void): void {
  const flow = new PortFlow()
  const rpc = new ServerPeer((message) => {
    port.postMessage(message)
    return flow.sent(typeof message === 'string' ? message.length : message.byteLength)
  })
  port.on('message', ({ data }) => {
    if (data === takenWord && flow.taken()) return
    const call = callOf(data)
    if (call === null) return refused('not-a-call')
    rpc.message(call, handle).catch(() => refused('malformed'))
  })
  port.once('close', () => {
    rpc.close()
    flow.close()
  })
  port.start()
}

/**
 * Hands our window one port at a time, over which the API is served. Only the main frame of a page of our own
 * origin gets one; it is closed when that page goes or asks for another.
 */
export class WindowPort {
  readonly #contents: WebContents
  readonly #log: Log
  readonly #counters: () => Counters | undefined
  #handler: StandardRPCHandler<ApiContext> | null = null
  /** Wished for a port before there was an API. */
  #waiting: WebFrameMain | null = null
  /** Has the port. */
  #served: WebFrameMain | null = null
  #port: MessagePortMain | null = null

  /** @param deps.counters where refusals are counted, once there is a peer */
  constructor(deps: {
    readonly contents: WebContents
    readonly log: Log
    readonly counters: () => Counters | undefined
  }) {
    this.#contents = deps.contents
    this.#log = deps.log
    this.#counters = deps.counters
  }

  /** Listens for the window's wish. Until `serve` was called, the latest wish waits. */
  start(): void {
    this.#contents.ipc.on(channels.connect, this.#onConnect)
    this.#contents.on('did-start-navigation', this.#onNavigation)
    this.#contents.on('render-process-gone', this.close)
    this.#contents.once('destroyed', this.close)
  }

  /** From now on a port answers with this API. */
  serve(router: ApiRouter): void {
    this.#handler = new StandardRPCHandler<ApiContext>(router, {})
    const frame = this.#waiting
    this.#waiting = null
    if (isOwnMainFrame(frame)) this.#handOver(frame)
  }

  /** Takes the port away until `serve` is called again: then whoever had it gets a new one. */
  pause(): void {
    this.#handler = null
    this.#waiting = this.#served
    this.close()
  }

  /** Closes the port; its calls and live data end. */
  readonly close = (): void => {
    this.#port?.close()
    this.#port = null
    this.#served = null
  }

  readonly #onNavigation = (details: { readonly isMainFrame: boolean; readonly isSameDocument: boolean }): void => {
    if (!details.isMainFrame || details.isSameDocument) return
    this.#waiting = null
    this.close()
  }

  readonly #onConnect = (event: IpcMainEvent): void => {
    const frame = event.senderFrame
    if (!isOwnMainFrame(frame)) return this.#refuse('not-our-page')
    if (this.#handler === null) this.#waiting = frame
    else this.#handOver(frame)
  }

  #handOver(frame: WebFrameMain): void {
    if (this.#handler === null) return
    this.close()
    const { port1, port2 } = new MessageChannelMain()
    this.#port = port1
    this.#served = frame
    const handle = createServerPeerHandleRequestFn(this.#handler, { context: createContext() })
    answerCalls(port1, handle, (reason) => this.#refuse(reason))
    frame.postMessage(channels.port, null, [port2])
  }

  #refuse(reason: string): void {
    this.#counters()?.add(`window.refused:${reason}`)
    this.#log.warn({ reason }, 'refused a message of the window')
  }
}
